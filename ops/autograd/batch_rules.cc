// How changes of shape, reductions and reads and writes by number are done for a batch.
#include <algorithm>
#include <utility>

#include "ops/autograd/batching.h"
#include "ops/indexing/index.h"
#include "ops/values.h"

namespace weft {
namespace {

std::vector<Value> wholes(const BatchCall& call) {
  std::vector<Value> values;
  for (std::size_t i = 0; i < call.operands.size(); ++i) values.push_back(call.whole(i));
  return values;
}

// The attributes with dims one further, and shapes with the batch.
Attrs moved(const BatchCall& call) {
  Attrs attrs = call.attrs;
  if (const AttrValue* dim = attrs.find("dim")) attrs.set("dim", std::get<std::int64_t>(*dim) + 1);
  if (const AttrValue* dims = attrs.find("dims")) {
    Dims further = std::get<Dims>(*dims);
    for (std::int64_t& d : further) ++d;
    attrs.set("dims", std::move(further));
  }
  if (const AttrValue* shape = attrs.find("shape")) attrs.set("shape", call.with_batch(std::get<Dims>(*shape)).vec());
  return attrs;
}

// ---- Along dims, of operands of one rank. A scalar counts as one element along a dim.
Value along_dims(const BatchCall& call) {
  std::vector<Value> values = wholes(call);
  if (call.sample(0).rank() > 0) return call.record(values, moved(call));
  for (Value& v : values) v = reshape(v, {call.size, 1});
  return reshape(call.record(values, moved(call)), {call.size});
}
const BatchRuleRegistration g_along_dims({"sum", "softmax", "log_softmax", "argmax", "argmin", "cumsum", "sort", "flip",
                                          "cat", "slice", "slice_scatter", "slice_write", "blend", "blend_transposed",
                                          "gather", "scatter", "scatter_sum", "scatter_extreme"},
                                         along_dims);

// "whole" says that all dims are reduced, which they are no more: equal elements share a gradient in both forms.
Value extreme(const BatchCall& call) {
  Attrs attrs = call.attrs;
  attrs.set("whole", false);
  return along_dims({call.op, attrs, call.operands, call.size});
}
const BatchRuleRegistration g_extreme({"max", "min"}, extreme);

// ---- Shapes
Value shaped(const BatchCall& call) { return call.record(wholes(call), moved(call)); }
const BatchRuleRegistration g_shaped({"reshape", "detach"}, shaped);

Value permuted(const BatchCall& call) {
  Attrs attrs = moved(call);
  Dims dims = attrs.get<Dims>("dims");
  dims.insert(dims.begin(), 0);
  attrs.set("dims", std::move(dims));
  return call.record(wholes(call), std::move(attrs));
}
const BatchRuleRegistration g_permuted({"permute"}, permuted);

// New dims come after the batch.
Value expanded(const BatchCall& call) {
  const Shape from = call.sample(0);
  Dims aligned(call.attrs.get<Dims>("shape").size() + 1, 1);
  aligned[0] = call.size;
  std::copy(from.begin(), from.end(), aligned.end() - from.rank());
  const Value x = reshape(call.operands[0].value, Shape(aligned));
  return call.record({{x}}, moved(call));
}
const BatchRuleRegistration g_expanded({"expand"}, expanded);

// ---- Rows by number

// An index of each sample for every element of `shape`, which has the batch, along a dim of it.
Value spread(const Value& index, const Shape& shape, std::int64_t dim) {
  Dims place(static_cast<std::size_t>(shape.rank()), 1), all = shape.vec();
  place[0] = all[0];
  place[static_cast<std::size_t>(dim)] = all[static_cast<std::size_t>(dim)] = index.shape()[1];
  return expand(reshape(index, Shape(place)), Shape(all));
}

// The first two dims as one.
Value merged(const Value& x) {
  Dims shape(x.shape().begin() + 1, x.shape().end());
  shape[0] *= x.shape()[0];
  return reshape(x, Shape(shape));
}

// Rows by an index, or by an index for each element of dim 0: then samples are further elements of it.
template <class OtherDims>
Value by_number(const BatchCall& call, OtherDims other_dims) {
  const Value rows = call.whole(0);
  const std::int64_t dim = call.attrs.get<std::int64_t>("dim");
  if (call.sample(1).rank() == 2) {
    const Value result = call.record({{merged(rows), merged(call.whole(1))}}, call.attrs);
    Dims shape = result.shape().vec();
    shape[0] = call.sample(0)[0];
    return reshape(result, call.with_batch(Shape(shape)));
  }
  if (!call.operands[1].has_batch || dim == 0) return call.record({{rows, call.operands[1].value}}, moved(call));
  return other_dims(rows, spread(call.operands[1].value, rows.shape(), dim + 1), dim + 1);
}

Value select_rows(const BatchCall& call) {
  return by_number(call, [](const Value& x, const Value& index, std::int64_t dim) { return gather(x, dim, index); });
}
const BatchRuleRegistration g_select_rows({"index_select"}, select_rows);

Value sum_rows(const BatchCall& call) {
  return by_number(call, [&](const Value& src, const Value& index, std::int64_t dim) {
    Dims shape = src.shape().vec();
    shape[static_cast<std::size_t>(dim)] = call.attrs.get<std::int64_t>("extent");
    return scatter_sum(src, dim, index, Shape(shape));
  });
}
const BatchRuleRegistration g_sum_rows({"index_sum"}, sum_rows);

Value rows_of_table(const BatchCall& call) {
  if (call.operands[0].has_batch) call.refuse("vmap() has no rule for a table of each sample");
  return call.record({{call.operands[0].value, call.operands[1].value}}, call.attrs);
}
const BatchRuleRegistration g_rows_of_table({"embedding"}, rows_of_table);

}  // namespace
}  // namespace weft
