// Progress of a training run: one line that is redrawn on a terminal, and plain lines where nobody watches.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <string>

namespace weft::bench {

class Progress {
 public:
  // Writes to out; examples is the number of examples in an epoch, `done` that of the epochs before this run.
  Progress(std::FILE* out, std::int64_t epochs, std::int64_t examples, std::int64_t done = 0)
      : out_(out),
        terminal_(isatty(fileno(out)) != 0),
        epochs_(epochs),
        examples_(examples),
        start_(Clock::now()),
        epoch_(done) {}

  void begin_epoch() {
    ++epoch_;
    seen_ = correct_ = 0;
    loss_ = 0;
  }

  // A batch is through: its mean loss, how many of its examples were classified correctly, and its size.
  void add(double loss, std::int64_t correct, std::int64_t size) {
    loss_ += loss * static_cast<double>(size);
    correct_ += correct;
    seen_ += size;
    total_ += size;
    const Clock::time_point now = Clock::now();
    if (now < next_) return;
    next_ = now + (terminal_ ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000));
    if (total_ == size) return;  // the first batch says nothing about speed
    std::fprintf(out_, terminal_ ? "\r\033[K%s" : "%s\n", line().c_str());
    std::fflush(out_);
  }

  // The line of a whole epoch stays.
  void end_epoch() {
    std::fprintf(out_, terminal_ ? "\r\033[K%s\n" : "%s\n", line().c_str());
    std::fflush(out_);
  }

  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  double examples_per_second() const { return static_cast<double>(total_) / std::max(seconds(), 1e-9); }

 private:
  using Clock = std::chrono::steady_clock;

  std::string line() const {
    const double seen = static_cast<double>(std::max<std::int64_t>(seen_, 1));
    const double left = static_cast<double>((epochs_ - epoch_ + 1) * examples_ - seen_) / examples_per_second();
    char text[160];
    std::snprintf(text, sizeof text, "epoch %lld/%lld %3.0f%%  loss %.4f  accuracy %.4f  %.0f samples/s  ETA %.0f s",
                  static_cast<long long>(epoch_), static_cast<long long>(epochs_),
                  100 * seen / static_cast<double>(examples_), loss_ / seen, static_cast<double>(correct_) / seen,
                  examples_per_second(), std::max(left, 0.0));
    return text;
  }

  std::FILE* out_;
  bool terminal_;
  std::int64_t epochs_, examples_;
  Clock::time_point start_, next_;
  std::int64_t epoch_;
  std::int64_t seen_ = 0, correct_ = 0, total_ = 0;
  double loss_ = 0;
};

}  // namespace weft::bench
