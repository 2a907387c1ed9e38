// Data sets: reading IDX files, and mini-batches of tensors.
//
//   auto train = weft::data::fashion_mnist("/usr/share/datasets/fashion-mnist", /*train=*/true);
//   weft::data::DataLoader loader(train, {.batch_size = 128, .shuffle = true, .seed = 1});
//   for (auto [images, labels] : loader) step(images, labels);
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "weft/shape.h"
#include "weft/state_dict.h"
#include "weft/tensor.h"

namespace weft::data {

// ---- IDX files (the format of the MNIST family) ------------------------------------------------------------------

// Element types, by their code in the file.
enum class IdxType : std::uint8_t { u8 = 0x08, i8 = 0x09, i16 = 0x0b, i32 = 0x0c, f32 = 0x0d, f64 = 0x0e };

struct IdxArray {
  IdxType type = IdxType::u8;
  Shape shape;
  std::vector<unsigned char> bytes;  // row-major, in the byte order of this machine
};

// Reads an IDX file, plain or compressed by gzip. Throws Error, naming the path, for a file that cannot be read or that
// is not one whole, undamaged array of 1 to Shape::kMaxRank dimensions. Memory stays in proportion to what the file
// really holds, whatever its header says.
IdxArray read_idx(const std::string& path, SourceLocation at = SourceLocation::current());

// The elements as a leaf: f32 and f64 as they are, whole numbers as i64.
Tensor to_tensor(const IdxArray& array, SourceLocation at = SourceLocation::current());

// ---- Data sets ---------------------------------------------------------------------------------------------------

// Row i of inputs belongs to row i of targets.
struct Dataset {
  Tensor inputs;
  Tensor targets;
};

// The training set (60000 examples) or the test set (10000) of Fashion-MNIST, or of another set with MNIST's file
// names, from a folder with {train,t10k}-{images-idx3,labels-idx1}-ubyte, with or without .gz. inputs: f32[n,784],
// pixels divided by 255; targets: i64[n], classes from 0 to 9.
Dataset fashion_mnist(const std::string& folder, bool train, SourceLocation at = SourceLocation::current());

// ---- Mini-batches ------------------------------------------------------------------------------------------------

struct Batch {
  Tensor inputs;
  Tensor targets;
};

struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;
  std::uint64_t seed = 0;  // of the order, when shuffled
  bool drop_last = false;  // leave out the last batch when it is smaller than batch_size
};

// The rows of a data set in batches; one pass is an epoch. Each begin() starts the next epoch, from epoch 0. The order
// of an epoch is a function of the number of examples, the seed and the number of the epoch only, on every machine.
//
// Batches are new leaves that need no gradient. A tensor of the data set that is written to changes the batches made
// from then on. Threads: one at a time for a loader; passes begun before do not depend on it any more.
class DataLoader {
 public:
  class Iterator;

  // Throws Error unless both tensors are defined, have rows, as many in one as in the other, and batch_size > 0.
  DataLoader(Dataset dataset, DataLoaderOptions options, SourceLocation at = SourceLocation::current());

  // The number of examples in the data set.
  std::int64_t size(SourceLocation at = SourceLocation::current()) const;
  // The number of batches in an epoch.
  std::int64_t num_batches(SourceLocation at = SourceLocation::current()) const;

  // The epoch that the next begin() starts.
  std::uint64_t epoch() const { return epoch_; }
  // It starts with the epoch's first batch.
  void set_epoch(std::uint64_t epoch) {
    epoch_ = epoch;
    first_batch_ = 0;
    position_.reset();
  }

  // Where the pass that was begun last stands, and of which order: i64[] "epoch", "batch" (those before it were looked
  // at), "size", "batch_size", "shuffle", "seed" and "drop_last". Behind the last batch that is the next epoch.
  StateDict state_dict(SourceLocation at = SourceLocation::current()) const;
  // The next begin() goes on there. Throws Error for what is no state of this order.
  void load_state_dict(const StateDict& state, SourceLocation at = SourceLocation::current());

  Iterator begin(SourceLocation at = SourceLocation::current());
  std::default_sentinel_t end() const { return {}; }

 private:
  struct Pass;      // the order of one epoch, and what it orders
  struct Position;  // how far a pass is
  StateDict order(SourceLocation at) const;

  Dataset dataset_;
  DataLoaderOptions options_;
  std::uint64_t epoch_ = 0;
  std::int64_t first_batch_ = 0;        // of the next pass
  std::shared_ptr<Position> position_;  // of the last pass; null before it
};

// An input iterator: each look at a batch gathers it.
class DataLoader::Iterator {
 public:
  using value_type = Batch;
  using difference_type = std::ptrdiff_t;

  // Throws Error behind the last batch.
  Batch operator*() const;
  Iterator& operator++() {
    ++batch_;
    return *this;
  }
  void operator++(int) { ++batch_; }
  bool operator==(std::default_sentinel_t) const;

 private:
  friend class DataLoader;
  Iterator(std::shared_ptr<const Pass> pass, std::int64_t batch) : pass_(std::move(pass)), batch_(batch) {}

  std::shared_ptr<const Pass> pass_;
  std::int64_t batch_;
};

}  // namespace weft::data
