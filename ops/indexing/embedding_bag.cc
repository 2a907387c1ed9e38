// embedding_bag: sums, means and maxima of the rows of bags. Each row has the number of its bag; one more bag takes the
// rows that do not count.
#include <algorithm>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/embedding_values.h"
#include "ops/indexing/index.h"
#include "ops/kernels/elements.h"
#include "weft/embedding.h"

namespace weft {
namespace {

// ---- The bags of the rows 0, 1, ..., from the first row of each: i64 ["count"].

Types infer_numbers(const OpCall& call) {
  call.require(ErrorKind::dtype, call.in(0).dtype == DType::i64, "offsets must be i64");
  call.require(call.in(0).shape.rank() == 1, "offsets must be a vector");
  const std::int64_t count = checked_attr_in(call, "count", 0, kMaxExtent);
  call.require(call.in(0).shape[0] > 0 || count == 0, "needs an offset");
  return {{DType::i64, {count}}};
}

void check_offsets(const std::int64_t* offsets, std::int64_t bags, std::int64_t count, const std::string& call,
                   SourceLocation where) {
  const auto fail = [&](std::int64_t k, const std::string& rule) {
    throw Error(ErrorKind::value,
                call + ": offsets[" + std::to_string(k) + "] is " + std::to_string(offsets[k]) + ": " + rule, where);
  };
  if (bags > 0 && offsets[0] != 0) fail(0, "the first bag begins at 0");
  for (std::int64_t k = 1; k < bags; ++k)
    if (offsets[k] < offsets[k - 1]) fail(k, "offsets must ascend");
  if (bags > 0 && offsets[bags - 1] > count)
    fail(bags - 1, "more than the " + std::to_string(count) + " indices that there are");
}

Kernel compile_numbers(const OpCall& call) {
  return {.run = [bags = call.in(0).shape[0], count = call.out().shape[0],
                  text = "[embedding_bag] offsets: " + call.in(0).str(), where = call.where](const KernelArgs& args) {
    const auto* const offsets = args.input<std::int64_t>(0);
    check_offsets(offsets, bags, count, text, where);
    for (std::int64_t k = 0; k < bags; ++k) {
      const std::int64_t end = k + 1 < bags ? offsets[k + 1] : count;
      std::fill(args.output<std::int64_t>() + offsets[k], args.output<std::int64_t>() + end, k);
    }
  }};
}

constexpr OpDef kBagNumbers{.name = "bag_numbers",
                            .min_inputs = 1,
                            .max_inputs = 1,
                            .infer = infer_numbers,
                            .compile = compile_numbers,
                            .may_throw = true};
WEFT_REGISTER_OP(kBagNumbers);

// ---- Of each bag and column the first row with the largest element: i64 ["bags", d]; row 0 for a bag without rows.
// An element that is not larger than the one before, nan, too, leaves that in its place.

Types infer_largest(const OpCall& call) {
  const TensorType &rows = call.in(0), &bags = call.in(1);
  call.require(ErrorKind::dtype, is_floating(rows.dtype) && bags.dtype == DType::i64,
               "needs floating rows and i64 bags");
  call.require(rows.shape.rank() == 2 && bags.shape.rank() == 1 && rows.shape[0] == bags.shape[0],
               "needs a bag for each row");
  return {{DType::i64, {checked_attr_in(call, "bags", 0, kMaxExtent), rows.shape[1]}}};
}

Kernel compile_largest(const OpCall& call) {
  const std::int64_t n = call.in(0).shape[0], d = call.in(0).shape[1], bags = call.out().shape[0];
  // Of rows of no elements there may be more bags than memory.
  const std::int64_t seen_bags = d > 0 ? bags : 0;
  return with_float_type(call.in(0).dtype, [&]<class T>(T) {
    return Kernel{.run =
                      [=, checked = CheckedIndex(call, bags)](const KernelArgs& args) {
                        const auto* const bag = args.input<std::int64_t>(1);
                        const T* const rows = args.input<T>(0);
                        auto* const seen = static_cast<bool*>(args.scratch);
                        auto* const best = args.output<std::int64_t>();
                        std::fill(seen, seen + seen_bags, false);
                        std::fill(best, best + bags * d, std::int64_t{0});
                        for (std::int64_t r = 0; r < n; ++r) {
                          std::int64_t* const at = best + checked(bag[r]) * d;
                          if (d == 0) continue;
                          const bool first = !std::exchange(seen[bag[r]], true);
                          for (std::int64_t i = 0; i < d; ++i)
                            if (first || rows[r * d + i] > rows[at[i] * d + i]) at[i] = r;
                        }
                      },
                  .scratch_bytes = static_cast<std::size_t>(seen_bags),
                  .flops = static_cast<double>(n * d)};
  });
}

constexpr OpDef kLargestOfBags{.name = "largest_of_bags",
                               .min_inputs = 2,
                               .max_inputs = 2,
                               .infer = infer_largest,
                               .compile = compile_largest,
                               .may_throw = true};
WEFT_REGISTER_OP(kLargestOfBags);

// ---- The function

class Bags {
 public:
  // bag: the number of the bag of each row, in [0, count], where `count` is none.
  Bags(const Value& rows, const Value& bag, std::int64_t count) : rows_(rows), bag_(bag), count_(count) {}

  Value sum() const { return only_bags(index_sum(rows_, 0, bag_, count_ + 1)); }
  Value mean() const {
    const Value n = sizes();
    return sum() / maximum(n, ones_like(n));
  }
  Value max() const {
    if (rows_.shape()[0] == 0) return sum();
    const Value first = rows_.builder().record(kLargestOfBags, {rows_, bag_}, {{"bags", count_ + 1}});
    const Value largest = gather(rows_, 0, only_bags(first)), n = sizes();
    return where(gt(n, zeros_like(n)), largest, zeros_like(largest));
  }

 private:
  Value only_bags(const Value& all) const { return slice(all, 0, 0, count_, 1); }
  // The number of rows, for each bag.
  Value sizes() const {
    const Value ones = full(rows_.builder(), {rows_.dtype(), {rows_.shape()[0], 1}}, 1);
    return only_bags(index_sum(ones, 0, bag_, count_ + 1));
  }

  Value rows_, bag_;
  std::int64_t count_;
};

class BagCall {
 public:
  BagCall(const Operand& index, const Tensor& weight, const EmbeddingBagOptions& options)
      : table_(weight, index.at()),
        index_(embedding_index(index)),
        scope_(std::array{&table_, &index_}, "embedding_bag"),
        options_(options) {}

  Tensor operator()(const Tensor& offsets, const Tensor& weights) {
    const Value table = scope_.values()[0], index = scope_.values()[1];
    check(offsets, weights);
    const std::int64_t padding =
        checked_padding("embedding_bag", scope_.values(), table, options_.padding_idx, options_.max_norm);
    const std::int64_t count = index.shape().numel();
    const Value flat = reshape(index, {count}), first = first_rows(offsets);
    const std::int64_t bags = first.shape()[0] - (options_.include_last_offset ? 1 : 0);
    Value bag = first.shape()[0] == 0 ? row_numbers(0, count)
                                      : first.builder().record(kBagNumbers, {first}, {{"count", count}});
    Value rows = embedding(table, flat, padding, options_.scale_grad_by_freq);
    if (weights.defined()) rows = rows * reshape(scope_.value_of(weights), {count, 1});
    if (padding >= 0) bag = where(eq(flat, row_number(bag.builder(), padding)), row_numbers(bags, count), bag);
    const Bags result(rows, bag, bags);
    const Value value = options_.mode == BagMode::sum    ? result.sum()
                        : options_.mode == BagMode::mean ? result.mean()
                                                         : result.max();
    return scope_.tensor(value, "EmbeddingBagBackward0");
  }

 private:
  [[noreturn]] void fail(ErrorKind kind, std::string_view rule) {
    fail_call(kind, "embedding_bag", scope_.values(), scope_.builder().where, rule);
  }
  // `count` times the same number.
  Value row_numbers(std::int64_t number, std::int64_t count) {
    return expand(row_number(scope_.builder(), number), {count});
  }
  // Of each bag.
  Value first_rows(const Tensor& offsets) {
    if (offsets.defined()) return scope_.value_of(offsets);
    const Shape& index = scope_.values()[1].shape();
    return arange(scope_.builder(), index[0]) * row_number(scope_.builder(), index[1]);
  }
  void check(const Tensor& offsets, const Tensor& weights) {
    const Value table = scope_.values()[0], index = scope_.values()[1];
    if (!is_floating(table.dtype())) fail(ErrorKind::dtype, "the weight must be floating");
    if (index.dtype() != DType::i64) fail(ErrorKind::dtype, "the index must be i64");
    if (index.rank() != 1 && index.rank() != 2) fail(ErrorKind::shape, "the index must be a vector or a matrix");
    if (index.rank() == 1 && !offsets.defined()) fail(ErrorKind::value, "an index that is a vector needs offsets");
    if (index.rank() == 2 && (offsets.defined() || options_.include_last_offset))
      fail(ErrorKind::value, "an index that is a matrix has no offsets");
    if (offsets.defined()) {
      if (offsets.dtype() != DType::i64) fail(ErrorKind::dtype, "offsets must be i64");
      if (offsets.dim() != 1) fail(ErrorKind::shape, "offsets must be a vector");
      if (options_.include_last_offset && offsets.numel() == 0) fail(ErrorKind::shape, "there is no last offset");
    }
    if (options_.mode == BagMode::max && options_.scale_grad_by_freq)
      fail(ErrorKind::value, "max has no scale_grad_by_freq");
    if (!weights.defined()) return;
    if (options_.mode != BagMode::sum) fail(ErrorKind::value, "per_sample_weights are for sums");
    if (weights.shape() != index.shape()) fail(ErrorKind::shape, "needs a per_sample_weight for each index");
    if (weights.dtype() != table.dtype()) fail(ErrorKind::dtype, "per_sample_weights and weight differ in dtype");
  }

  const Operand table_, index_;
  CaptureScope scope_;
  const EmbeddingBagOptions& options_;
};

}  // namespace

Tensor embedding_bag(const Operand& index, const Tensor& weight, const Tensor& offsets,
                     const EmbeddingBagOptions& options, const Tensor& per_sample_weights) {
  return BagCall(index, weight, options)(as_index(offsets, index.at()).tensor(), per_sample_weights);
}

}  // namespace weft
