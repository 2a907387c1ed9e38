// Files of metrics: CSV, JSON lines, and event files of TensorBoard.
//
// A row is in the file when write() returns, as a whole or not at all. A failure, a full disk included, throws Error.
//
// Threads: any number at once.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "weft/progress.h"
#include "weft/tensor.h"

namespace weft {

enum class IfExists : std::uint8_t { fail, append, replace };

// A row of numbers for each step: CSV where the name of the file ends in ".csv", and JSON objects, one a line, where it
// ends in ".jsonl".
//
//   step,loss,accuracy                {"step":10,"loss":0.25,"accuracy":0.9}
//   10,0.25,0.9
//
// Numbers have as many digits as tell them from all others. What is not finite is nan, inf or -inf in CSV, as Python's
// float() reads it, and a string of that in JSON, which has no such numbers. Names are quoted as RFC 4180 and JSON say.
class MetricsFile {
 public:
  // Throws Error for another ending, where the file is there and must not be, and where it cannot be written; to
  // append, where its last line has no end.
  explicit MetricsFile(const std::string& path, IfExists if_exists = IfExists::fail,
                       SourceLocation at = SourceLocation::current());
  ~MetricsFile();
  MetricsFile(const MetricsFile&) = delete;
  MetricsFile& operator=(const MetricsFile&) = delete;

  // In CSV the first row says which columns there are: others, or another order, throw Error; so do other columns of a
  // file that is appended to. Throws Error for a name that is there twice, and in JSON for one that is no UTF-8.
  void write(std::int64_t step, const Metrics& metrics, SourceLocation at = SourceLocation::current());

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// A new event file in a folder, for TensorBoard: `tensorboard --logdir FOLDER`.
//
//   weft::TensorBoard board("runs/first");
//   board.scalar("loss", loss.item(), step);
//   board.histogram("weights", model.parameters()[0], step);
class TensorBoard {
 public:
  // Makes the folder where it is not there. Throws Error where that or the file cannot be made.
  explicit TensorBoard(const std::string& folder, SourceLocation at = SourceLocation::current());
  ~TensorBoard();
  TensorBoard(const TensorBoard&) = delete;
  TensorBoard& operator=(const TensorBoard&) = delete;

  // As f32, which is what the format has. Throws Error for an empty tag, and one that is no UTF-8.
  void scalar(const std::string& tag, double value, std::int64_t step, SourceLocation at = SourceLocation::current());
  void scalars(const Metrics& metrics, std::int64_t step, SourceLocation at = SourceLocation::current());
  // The elements that are finite, by size: buckets whose limits grow by a tenth. Throws Error where there are none.
  void histogram(const std::string& tag, const Tensor& values, std::int64_t step,
                 SourceLocation at = SourceLocation::current());

  // Of the file.
  const std::string& path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weft
