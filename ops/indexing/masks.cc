// Elements by condition, and other results whose shape depends on values: these look at them.
#include <algorithm>
#include <string>
#include <vector>

#include "graph/capture/capture.h"
#include "graph/capture/trace.h"
#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/values.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

void require_values(const char* name, const Operand& x) {
  if (!Trace::current()) return;
  const std::string type = x.is_number()          ? "a number"
                           : x.tensor().defined() ? TensorAccess::impl(x.tensor())->type.str()
                                                  : "undefined tensor";
  throw Error(ErrorKind::state,
              "[" + std::string(name) + "] " + type +
                  ": the shape of the result depends on values, which do not exist inside of compile()",
              x.at(), "use where() or masked_fill(), or call it outside");
}

// The numbers of the elements that are true, in order.
std::vector<std::int64_t> places_of(const Tensor& flags, SourceLocation at) {
  const bool* const flag = flags.data_ptr<bool>(at);
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < flags.numel(at); ++i)
    if (flag[i]) places.push_back(i);
  return places;
}

Tensor vector_of(const std::vector<std::int64_t>& numbers, SourceLocation at) {
  return from_data(std::span<const std::int64_t>(numbers), static_cast<std::int64_t>(numbers.size()), at);
}

void require_mask(const char* name, std::span<const Value> v) {
  if (v[1].dtype() != DType::boolean)
    fail_call(ErrorKind::dtype, name, v, v[0].builder().where, "the mask must be bool");
}

// The elements of a vector that differ from the one before.
Tensor without_repeats(const Tensor& x, SourceLocation at) {
  const std::int64_t n = x.numel(at);
  if (n == 0) return x.detach(at);
  const Tensor differs = ne({x.slice(0, 1, n, 1, at), at}, {x.slice(0, 0, n - 1, 1, at), at});
  std::vector<std::int64_t> places = places_of(differs, at);
  for (std::int64_t& place : places) ++place;
  places.insert(places.begin(), 0);
  return index_select({x.detach(at), at}, 0, vector_of(places, at));
}

}  // namespace

Tensor masked_fill(const Operand& x, const Tensor& mask, const Operand& value) {
  const Operand condition(mask, x.at());
  return capture(
      {&x, &condition, &value},
      [&](std::span<const Value> v) {
        require_mask("masked_fill", v);
        if (v[2].rank() > 0)
          fail_call(ErrorKind::shape, "masked_fill", v, v[0].builder().where, "the value must be a number or a scalar");
        const Value fill =
            value.is_number() ? full(v[0].builder(), {v[0].dtype(), {}}, value) : cast(v[2], v[0].dtype());
        return where(v[1], fill, v[0]);
      },
      "MaskedFillBackward0");
}

Tensor masked_select(const Operand& x, const Tensor& mask) {
  require_values("masked_select", x);
  const Operand condition(mask, x.at());
  Shape shape;
  // What is looked at, of the shape that both broadcast to.
  const Tensor flags = capture({&x, &condition}, [&](std::span<const Value> v) {
    require_mask("masked_select", v);
    const auto both = broadcast(v[0].shape(), v[1].shape());
    if (!both) fail_call(ErrorKind::shape, "masked_select", v, v[0].builder().where, "they do not broadcast");
    shape = *both;
    return expand(v[1], shape);
  });
  const Operand places(vector_of(places_of(flags, x.at()), x.at()), x.at());
  return capture(
      {&x, &places},
      [&](std::span<const Value> v) { return index_select(reshape(expand(v[0], shape), {shape.numel()}), 0, v[1]); },
      "MaskedSelectBackward0");
}

Tensor nonzero(const Operand& x) {
  require_values("nonzero", x);
  const Tensor flags = capture({&x}, [](std::span<const Value> v) { return ne(v[0], zeros_like(v[0])); });
  const Shape& shape = flags.shape(x.at());
  std::vector<std::int64_t> places = places_of(flags, x.at()), coordinates;
  for (const std::int64_t place : places) {
    std::int64_t rest = place;
    coordinates.resize(coordinates.size() + static_cast<std::size_t>(shape.rank()));
    for (int d = shape.rank() - 1, back = 1; d >= 0; --d, ++back) {
      coordinates[coordinates.size() - static_cast<std::size_t>(back)] = rest % shape[d];
      rest /= shape[d];
    }
  }
  return from_data(std::span<const std::int64_t>(coordinates), {static_cast<std::int64_t>(places.size()), shape.rank()},
                   x.at());
}

Tensor one_hot(const Operand& index, std::int64_t classes) {
  if (classes < -1) throw Error(ErrorKind::value, "[one_hot] " + std::to_string(classes) + " classes", index.at());
  if (classes == -1) {
    require_values("one_hot", index);
    const Tensor given = capture({&index}, [](std::span<const Value> v) {
      if (v[0].dtype() != DType::i64) fail_call(ErrorKind::dtype, "one_hot", v[0], "the index must be i64");
      if (v[0].shape().numel() == 0) fail_call(ErrorKind::shape, "one_hot", v[0], "no elements have no classes");
      return max(v[0], {}, false);
    });
    classes = given.item<std::int64_t>(index.at()) + 1;
  }
  return capture({&index}, [&](std::span<const Value> v) {
    if (v[0].dtype() != DType::i64) fail_call(ErrorKind::dtype, "one_hot", v[0], "the index must be i64");
    Dims shape = v[0].shape().vec();
    shape.push_back(std::max<std::int64_t>(classes, 0));
    const Shape whole = checked_shape("one_hot", v, v[0].builder().where, shape);
    return scatter_sum(ones_like(unsqueeze(v[0], -1)), v[0].rank(), unsqueeze(v[0], -1), whole);
  });
}

Tensor unique(const Operand& x) {
  require_values("unique", x);
  return without_repeats(sort(reshape(x, -1)).values, x.at());
}

Tensor unique_consecutive(const Operand& x) {
  require_values("unique_consecutive", x);
  return without_repeats(reshape(x, -1), x.at());
}

Tensor bincount(const Operand& x, std::int64_t minlength) {
  require_values("bincount", x);
  const Tensor numbers = capture({&x}, [&](std::span<const Value> v) {
    if (!is_integer(v[0].dtype()) || v[0].rank() != 1)
      fail_call(ErrorKind::shape, "bincount", v[0], "wants a vector of integers");
    if (minlength < 0) fail_call(ErrorKind::value, "bincount", v[0], "minlength is negative");
    return cast(reshape(v[0], v[0].shape()), DType::i64);
  });
  std::int64_t length = minlength;
  const std::int64_t* const number = numbers.data_ptr<std::int64_t>(x.at());
  for (std::int64_t i = 0; i < numbers.numel(x.at()); ++i)
    length = std::max(length, number[i] < kMaxExtent ? number[i] + 1 : kMaxExtent);
  const Operand index(numbers, x.at());
  return capture({&index}, [&](std::span<const Value> v) {
    return scatter_sum(ones_like(v[0]), 0, v[0], checked_shape("bincount", v, v[0].builder().where, length));
  });
}

Tensor Tensor::masked_select(const Tensor& mask, SourceLocation at) const {
  return weft::masked_select({*this, at}, mask);
}
Tensor Tensor::nonzero(SourceLocation at) const { return weft::nonzero({*this, at}); }
Tensor Tensor::masked_fill(const Tensor& mask, const Operand& value) const {
  return weft::masked_fill({*this, value.at()}, mask, value);
}

}  // namespace weft
