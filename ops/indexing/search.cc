// searchsorted and bucketize: places in ascending elements, by halving.
#include <algorithm>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/elementwise/elementwise.h"
#include "ops/kernels/elements.h"
#include "weft/indexing.h"

namespace weft {
namespace {

// Operands: ascending rows, one or as many as the values have; values.
Types infer(const OpCall& call) {
  const Shape &rows = call.in(0).shape, &values = call.in(1).shape;
  call.require(ErrorKind::dtype, call.in(0).dtype == call.in(1).dtype, "the dtypes differ");
  call.require(rows.rank() >= 1, "what is searched must have a dim");
  bool fits = rows.rank() == 1 || rows.rank() == values.rank();
  for (int d = 0; fits && d + 1 < rows.rank(); ++d) fits = rows[d] == values[d];
  call.require(fits, "what is searched is neither a vector nor has a row for each row of values");
  checked_attr<bool>(call, "right");
  return {{DType::i64, values}};
}

// The number of elements that lie before x. As in PyTorch, all do where one of both is nan.
template <class T>
std::int64_t place_of(T x, const T* row, std::int64_t n, bool right) {
  const auto is_before = [&](T element) { return right ? !(element > x) : !(element >= x); };
  std::int64_t low = 0;
  while (low < n) {
    const std::int64_t middle = low + (n - low) / 2;
    if (is_before(row[middle]))
      low = middle + 1;
    else
      n = middle;
  }
  return low;
}

Kernel compile(const OpCall& call) {
  const Shape &rows = call.in(0).shape, &values = call.in(1).shape;
  const std::int64_t n = rows[rows.rank() - 1], count = values.numel();
  const std::int64_t each = rows.rank() == 1 ? std::max<std::int64_t>(count, 1) : values[values.rank() - 1];
  return with_element_type(call.in(0).dtype, [&]<class T>(T) {
    return Kernel{.run = [=, right = call.attr<bool>("right")](const KernelArgs& args) {
      for (std::int64_t i = 0; i < count; ++i)
        args.output<std::int64_t>()[i] = place_of(args.input<T>(1)[i], args.input<T>(0) + i / each * n, n, right);
    }};
  });
}

constexpr OpDef kSearch{.name = "searchsorted", .min_inputs = 2, .max_inputs = 2, .infer = infer, .compile = compile};
WEFT_REGISTER_OP(kSearch);

// As one dtype, which promotion gives.
Tensor places(const char* name, const Operand& sorted, const Operand& values, bool out_int32, bool right) {
  return capture(
      {&sorted, &values},
      [&](std::span<const Value> v) {
        const DType dtype = v[0].dtype() == v[1].dtype() ? v[0].dtype() : promote(v);
        if (v[0].rank() < 1) fail_call(ErrorKind::shape, name, v, sorted.at(), "what is searched must have a dim");
        const Value found = v[0].builder().record(kSearch, {cast(v[0], dtype), cast(v[1], dtype)}, {{"right", right}});
        return out_int32 ? cast(found, DType::i32) : found;
      },
      nullptr, name);
}

}  // namespace

Tensor searchsorted(const Tensor& sorted, const Operand& values, bool out_int32, bool right) {
  return places("searchsorted", {sorted, values.at()}, values, out_int32, right);
}

Tensor bucketize(const Operand& x, const Tensor& boundaries, bool out_int32, bool right) {
  if (boundaries.defined() && boundaries.dim(x.at()) != 1)
    throw Error(ErrorKind::shape, "[bucketize] the boundaries must be a vector", x.at());
  return places("bucketize", {boundaries, x.at()}, x, out_int32, right);
}

}  // namespace weft
