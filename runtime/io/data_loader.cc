#include <algorithm>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>

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

Tensor number_tensor(std::int64_t value) {
  auto buffer = std::make_shared<Buffer>(sizeof value);
  std::memcpy(buffer->data(), &value, sizeof value);
  return make_leaf({DType::i64, {}}, std::move(buffer));
}

std::string describe(const Tensor& tensor) {
  return tensor.defined() ? TensorAccess::impl(tensor)->type.str() : "undefined";
}

}  // namespace

struct DataLoader::Position {
  std::uint64_t epoch;
  std::int64_t batch;  // those before it were looked at
};

struct DataLoader::Pass {
  std::shared_ptr<Position> position;
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
  Pass pass{nullptr, dataset_, options_.batch_size, size(at), num_batches(at), {}};
  if (options_.shuffle) pass.order = shuffled(pass.size, options_.seed, epoch_);
  position_ = pass.position = std::make_shared<Position>(Position{epoch_++, first_batch_});
  return Iterator(std::make_shared<const Pass>(std::move(pass)), std::exchange(first_batch_, 0));
}

StateDict DataLoader::order(SourceLocation at) const {
  const std::pair<const char*, std::int64_t> numbers[] = {{"size", size(at)},
                                                          {"batch_size", options_.batch_size},
                                                          {"shuffle", options_.shuffle},
                                                          {"seed", static_cast<std::int64_t>(options_.seed)},
                                                          {"drop_last", options_.drop_last}};
  StateDict found;
  for (const auto& [name, value] : numbers) found.insert(name, number_tensor(value), at);
  return found;
}

StateDict DataLoader::state_dict(SourceLocation at) const {
  Position now{epoch_, first_batch_};
  if (position_) now = *position_;
  if (now.batch >= num_batches(at)) now = {now.epoch + 1, 0};
  StateDict state = order(at);
  state.insert("epoch", number_tensor(static_cast<std::int64_t>(now.epoch)), at);
  state.insert("batch", number_tensor(now.batch), at);
  return state;
}

void DataLoader::load_state_dict(const StateDict& state, SourceLocation at) {
  const auto number = [&](const std::string& name) {
    const Tensor* const found = state.find(name);
    if (!found || TensorAccess::impl(*found)->type != TensorType{DType::i64, {}})
      throw Error(ErrorKind::value, "[DataLoader] the state has no i64[] \"" + name + "\"", at);
    return found->item<std::int64_t>(at);
  };
  for (const auto& [name, here] : order(at)) {
    const auto mine = here.item<std::int64_t>(at), given = number(name);
    if (mine != given)
      throw Error(ErrorKind::value,
                  "[DataLoader] the state is of another order: its " + name + " is " + std::to_string(given) +
                      ", and here " + std::to_string(mine),
                  at);
  }
  const std::int64_t epoch = number("epoch"), batch = number("batch");
  if (epoch < 0 || batch < 0 || batch > num_batches(at))
    throw Error(ErrorKind::value,
                "[DataLoader] the state has no place: epoch " + std::to_string(epoch) + ", batch " +
                    std::to_string(batch) + " of " + std::to_string(num_batches(at)),
                at);
  set_epoch(static_cast<std::uint64_t>(epoch));
  first_batch_ = batch;
}

Batch DataLoader::Iterator::operator*() const {
  if (batch_ >= pass_->batches)
    throw Error("[DataLoader] batch " + std::to_string(batch_) + " of " + std::to_string(pass_->batches) +
                " does not exist");
  pass_->position->batch = batch_ + 1;
  const std::int64_t first = batch_ * pass_->batch_size;
  const Rows rows{pass_->order, first, std::min(pass_->batch_size, pass_->size - first)};
  return {gather(pass_->dataset.inputs, rows), gather(pass_->dataset.targets, rows)};
}

bool DataLoader::Iterator::operator==(std::default_sentinel_t) const { return batch_ >= pass_->batches; }

}  // namespace weft::data
