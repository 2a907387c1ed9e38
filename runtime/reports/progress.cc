#include "weft/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <mutex>
#include <optional>

#include "runtime/reports/progress_line.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

bool is_drawn_on(std::FILE* out) {
  const char* const term = std::getenv("TERM");
  const char* const no_color = std::getenv("NO_COLOR");
  if (no_color && *no_color) return false;
  return term && *term && std::string_view(term) != "dumb" && ::isatty(::fileno(out)) != 0;
}

std::size_t width_of(std::FILE* out) {
  constexpr std::size_t kUsual = 80;
  winsize size{};
  return ::ioctl(::fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : kUsual;
}

}  // namespace

struct Progress::Impl {
  Impl(std::int64_t total_, ProgressOptions options_)
      : options(std::move(options_)),
        out(options.out ? options.out : stderr),
        terminal(is_drawn_on(out)),
        total(total_),
        start(Clock::now()) {}

  double seconds_until(Clock::time_point now) const { return std::chrono::duration<double>(now - start).count(); }

  double rate(Clock::time_point now) const {
    if (done == 0) return 0;
    const bool only_one = done == first_count;
    const double seconds = only_one ? seconds_until(now) : std::chrono::duration<double>(now - first_end).count();
    return static_cast<double>(only_one ? done : done - first_count) / std::max(seconds, 1e-9);
  }

  void draw(Clock::time_point now, bool last) {
    if (failed) return;
    const ProgressState state{options.title, options.unit, total, done, rate(now), seconds_until(now), metrics, last};
    const std::string text =
        terminal ? "\r" + bar_line(state, width_of(out) - 1) + "\033[K" + (last ? "\n" : "") : plain_line(state) + "\n";
    failed = std::fwrite(text.data(), 1, text.size(), out) < text.size() || std::fflush(out) != 0;
  }

  // Constant after construction.
  const ProgressOptions options;
  std::FILE* const out;
  const bool terminal;
  const std::int64_t total;
  const Clock::time_point start;
  mutable std::mutex mutex;  // guards what follows
  std::int64_t done = 0, first_count = 0;
  Clock::time_point first_end, next;
  Metrics metrics;
  bool failed = false;
  std::optional<Clock::time_point> end;
};

Progress::Progress(std::int64_t total, ProgressOptions options, SourceLocation at) {
  if (total < 0) throw Error("[Progress] a total of " + std::to_string(total) + ": must not be negative", at);
  impl_ = std::make_unique<Impl>(total, std::move(options));
}

Progress::~Progress() { finish(); }

void Progress::add(std::int64_t count, const Metrics& metrics, SourceLocation at) {
  if (count < 0) throw Error("[Progress] " + std::to_string(count) + " more: must not be negative", at);
  const std::lock_guard lock(impl_->mutex);
  const Clock::time_point now = Clock::now();
  if (impl_->done == 0) {
    impl_->first_count = count;
    impl_->first_end = now;
    if (!impl_->terminal) impl_->next = impl_->start + std::chrono::seconds(5);
  }
  // No more than the largest number.
  if (__builtin_add_overflow(impl_->done, count, &impl_->done)) impl_->done = INT64_MAX;
  if (!metrics.empty()) impl_->metrics = metrics;
  if (impl_->end || now < impl_->next) return;
  impl_->next = now + (impl_->terminal ? std::chrono::milliseconds(100) : std::chrono::milliseconds(5000));
  impl_->draw(now, false);
}

void Progress::finish() {
  const std::lock_guard lock(impl_->mutex);
  if (impl_->end) return;
  impl_->end = Clock::now();
  impl_->draw(*impl_->end, true);
}

std::int64_t Progress::done() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->done;
}

double Progress::seconds() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->seconds_until(impl_->end.value_or(Clock::now()));
}

double Progress::rate() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->rate(impl_->end.value_or(Clock::now()));
}

}  // namespace weft
