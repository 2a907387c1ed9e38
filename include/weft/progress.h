// Progress: how far a loop is, for people who watch.
#pragma once

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/error.h"

namespace weft {

// Numbers with names, in the order in which they are shown and written: {{"loss", 0.25}, {"accuracy", 0.9}}.
using Metrics = std::vector<std::pair<std::string, double>>;

struct ProgressOptions {
  std::string title = {};      // comes first: "epoch 3/10"
  std::string unit = "steps";  // what is counted
  std::FILE* out = nullptr;    // null: stderr. It must outlive the Progress.
};

// On a terminal one line that is redrawn, with a bar, the rate and the time that is left; it never takes more than the
// terminal's width, whatever that is now: what has no room is left out. Elsewhere (no terminal, TERM=dumb, or NO_COLOR
// is set) a plain line every five seconds, and one at the end.
//
//   weft::Progress progress(loader.size(), {.title = "epoch 1", .unit = "samples"});
//   for (auto [images, labels] : loader) progress.add(labels.numel(), {{"loss", step(images, labels).item()}});
//
// What goes wrong with the output stops no training: after a failure nothing more is written.
//
// Threads: any number at once.
class Progress {
 public:
  // total: how many there will be; 0: nobody knows. Throws Error for a negative one.
  explicit Progress(std::int64_t total, ProgressOptions options = {}, SourceLocation at = SourceLocation::current());
  // finish()
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // So many more are done. The metrics are shown until the next ones come. Throws Error for a negative number.
  void add(std::int64_t count = 1, const Metrics& metrics = {}, SourceLocation at = SourceLocation::current());
  // Shows the last state, and ends the line. Later calls of add() show nothing.
  void finish();

  std::int64_t done() const;
  double seconds() const;  // since the construction, up to finish()
  double rate() const;     // a second, the first add() left out where there are others: it may have compiled something

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft
