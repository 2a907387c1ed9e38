#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>

#include "graph/capture/evaluate.h"
#include "graph/capture/tensor_impl.h"
#include "weft/data.h"

namespace weft::data {
namespace {

// A generator whose n-th number depends on key and n only: SplitMix64 (Steele, Lea and Flood, OOPSLA 2014).
class Counter {
 public:
  explicit Counter(std::uint64_t key) : state_(key) {}

  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // Uniform below bound, without bias: draws from the incomplete last stretch are thrown away.
  std::uint64_t below(std::uint64_t bound) {
    const std::uint64_t rest = (0 - bound) % bound;  // 2^64 mod bound
    std::uint64_t draw = next();
    while (draw < rest) draw = next();
    return draw % bound;
  }

 private:
  std::uint64_t state_;
};

// Not std::shuffle: what that gives differs between standard libraries.
std::vector<std::int64_t> shuffled(std::int64_t n, std::uint64_t seed, std::uint64_t epoch) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  Counter random(Counter(Counter(seed).next() ^ epoch).next());
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
  return order;
}

// Rows [first, first + count) of the order; an empty order stands for the rows as they lie.
struct Rows {
  std::span<const std::int64_t> order;
  std::int64_t first, count;
};

Tensor gather(const Tensor& from, const Rows& rows) {
  std::vector<std::int64_t> dims = from.shape().vec();
  dims[0] = rows.count;
  const TensorType type{from.dtype(), Shape(dims)};
  auto buffer = std::make_shared<Buffer>(type.bytes());
  if (type.bytes() > 0) {
    const std::shared_ptr<const Buffer> source = value(from, {});
    const std::size_t width = type.bytes() / static_cast<std::size_t>(rows.count);
    const auto row_at = [&](std::int64_t row) {
      return static_cast<const std::byte*>(source->data()) + static_cast<std::size_t>(row) * width;
    };
    auto* to = buffer->as<std::byte>();
    if (rows.order.empty()) {
      std::memcpy(to, row_at(rows.first), type.bytes());
    } else {
      for (std::int64_t i = 0; i < rows.count; ++i, to += width)
        std::memcpy(to, row_at(rows.order[static_cast<std::size_t>(rows.first + i)]), width);
    }
  }
  return make_leaf(type, std::move(buffer));
}

std::string describe(const Tensor& tensor) {
  return tensor.defined() ? TensorAccess::impl(tensor)->type.str() : "undefined";
}

}  // namespace

struct DataLoader::Pass {
  Dataset dataset;
  std::int64_t batch_size, size, batches;
  std::vector<std::int64_t> order;  // empty: as they lie
};

DataLoader::DataLoader(Dataset dataset, DataLoaderOptions options, SourceLocation at)
    : dataset_(std::move(dataset)), options_(options) {
  const auto require = [&](ErrorKind kind, bool ok, const std::string& rule) {
    if (!ok)
      throw Error(kind,
                  "[DataLoader] inputs: " + describe(dataset_.inputs) + ", targets: " + describe(dataset_.targets) +
                      ", batch_size: " + std::to_string(options_.batch_size) + ": " + rule,
                  at);
  };
  require(ErrorKind::state, dataset_.inputs.defined() && dataset_.targets.defined(), "both tensors must be defined");
  require(ErrorKind::shape, dataset_.inputs.dim() > 0 && dataset_.targets.dim() > 0, "a scalar has no rows");
  require(ErrorKind::shape, dataset_.inputs.size(0) == dataset_.targets.size(0),
          "there must be one target for each input");
  require(ErrorKind::value, options_.batch_size > 0, "batch_size must be positive");
}

std::int64_t DataLoader::size(SourceLocation at) const { return dataset_.inputs.size(0, at); }

std::int64_t DataLoader::num_batches(SourceLocation at) const {
  const std::int64_t whole = size(at) / options_.batch_size;
  return whole + (!options_.drop_last && size(at) % options_.batch_size != 0);
}

DataLoader::Iterator DataLoader::begin(SourceLocation at) {
  Pass pass{dataset_, options_.batch_size, size(at), num_batches(at), {}};
  if (options_.shuffle) pass.order = shuffled(pass.size, options_.seed, epoch_);
  ++epoch_;
  return Iterator(std::make_shared<const Pass>(std::move(pass)));
}

Batch DataLoader::Iterator::operator*() const {
  if (batch_ >= pass_->batches)
    throw Error("[DataLoader] batch " + std::to_string(batch_) + " of " + std::to_string(pass_->batches) +
                " does not exist");
  const std::int64_t first = batch_ * pass_->batch_size;
  const Rows rows{pass_->order, first, std::min(pass_->batch_size, pass_->size - first)};
  return {gather(pass_->dataset.inputs, rows), gather(pass_->dataset.targets, rows)};
}

bool DataLoader::Iterator::operator==(std::default_sentinel_t) const { return batch_ >= pass_->batches; }

}  // namespace weft::data
