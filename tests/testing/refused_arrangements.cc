// Parts, repetitions, orders and elements by number, with arguments that are refused.
#include "tests/testing/refusals.h"

namespace weft {

void add_arrangement_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), s = zeros({});
  const std::vector<std::int64_t> sizes{1, 1};
  REFUSES("split", value, "[split] a: f32[2,3]: parts of size 0 never", split(m, 0));
  REFUSES("split", value, "[split] a: f32[2,3]: the sizes add up to less", split(m, sizes, 1));
  REFUSES("chunk", value, "[chunk] a: f32[2,3]: 0 chunks", chunk(m, 0));
  REFUSES("chunk", value, "[chunk] a: f32[0]: 1099511627776 parts are too many", chunk(zeros(0), 1099511627776));
  REFUSES("unbind", shape, "[unbind] a: f32[]: a scalar has no dims", unbind(s));
  REFUSES("movedim", value, "[movedim] a: f32[2,3]: a dim is given twice", movedim(m, {0, 0}, {0, 1}));
  REFUSES("swapaxes", shape, "a: f32[2,3]: dim 2 is outside", swapaxes(m, 0, 2));
  REFUSES("unflatten", value, "[unflatten] a: f32[2,3]: the sizes do not make up", unflatten(m, 1, {2, -1}));
  REFUSES("broadcast_to", shape, "a: f32[2,3]", broadcast_to(m, {2, 4}));
  REFUSES("diagonal", value, "[diagonal] a: f32[2,3]: dim1 and dim2 are the same", diagonal(m, 0, 1, -1));
  REFUSES("meshgrid", shape, "[meshgrid] a: f32[2,3]: wants vectors", meshgrid({m}));
  REFUSES("meshgrid", value, "[meshgrid] indexing 'ik'", meshgrid({s}, "ik"));
  REFUSES("repeat", shape, "[repeat] a: f32[2,3]: fewer repeats than dims", repeat(m, 2));
  REFUSES("tile", value, "[tile] a: f32[2,3]: -1 repeats", tile(m, -1));
  REFUSES("repeat_interleave", value, "[repeat_interleave] a: f32[2,3]: -1 repeats", repeat_interleave(m, -1));
  REFUSES("flip", shape, "[flip] a: f32[2,3]: dim 2", flip(m, 2));
  REFUSES("roll", value, "[roll] a: f32[2,3]: as many shifts as dims", roll(m, {1, 2}));
  REFUSES("tril", shape, "[tril] a: f32[]: wants matrices", tril(s));
  REFUSES("triu", shape, "[triu] a: f32[]: wants matrices", triu(s));
  REFUSES("diag", shape, "[diag] a: f32[]: wants a vector", diag(s));
  REFUSES("Tensor::split", value, "[split] a: f32[2,3]: size 4 does not fit", m.split(std::vector<std::int64_t>{4}));
  REFUSES("Tensor::chunk", state, "[chunk] undefined tensor", u.chunk(2));
  REFUSES("Tensor::unbind", shape, "[unbind] a: f32[2,3]: dim 2", m.unbind(2));
  REFUSES("Tensor::movedim", shape, "[movedim] a: f32[2,3]: dim 3", m.movedim(3, 0));
  REFUSES("Tensor::swapaxes", shape, "a: f32[2,3]: dim 2", m.swapaxes(0, 2));
  REFUSES("Tensor::unflatten", value, "[unflatten] a: f32[2,3]: sizes must not be empty", m.unflatten(1, {}));
  REFUSES("Tensor::broadcast_to", shape, "a: f32[2,3]", m.broadcast_to({3, 3}));
  REFUSES("Tensor::diagonal", shape, "[diagonal] a: f32[]: a scalar", s.diagonal());
  REFUSES("Tensor::repeat", value, "[repeat] a: f32[2,3]: -1 repeats", m.repeat({2, -1}));
  REFUSES("Tensor::tile", state, "[tile] undefined tensor", u.tile(2));
  REFUSES("Tensor::repeat_interleave", shape, "[repeat_interleave] a: f32[2,3]: dim 2", m.repeat_interleave(2, 2));
  REFUSES("Tensor::flip", shape, "[flip] a: f32[2,3]: dim 0 is given twice", m.flip({0, 0}));
  REFUSES("Tensor::roll", shape, "[roll] a: f32[2,3]: dim 2", m.roll(1, 2));
  REFUSES("Tensor::tril", state, "[tril] undefined tensor", u.tril());
  REFUSES("Tensor::triu", state, "[triu] undefined tensor", u.triu());
  REFUSES("Tensor::diag", shape, "[diag] a: f32[1,1,1]: wants a vector", zeros({1, 1, 1}).diag());
}

void add_indexing_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), i = tensor({0, 7}), f = zeros(2), ij = tensor({{0, 7}, {0, 0}});
  const std::string not_i64 = "the index must be i64";
  REFUSES("index_select", dtype, not_i64, index_select(m, 0, f));
  REFUSES("index_select", value, "index 7 is outside of [0, 2)", (void)index_select(m, 0, i).to_vector<float>());
  REFUSES("index_add", shape, "[index_add] a: f32[2,3], b: i64[2], c: f32[2]: the ranks", index_add(m, 0, i, f));
  REFUSES("index_copy", shape, "needs a row of the tensor for each", index_copy(m, 1, i, m));
  REFUSES("index_fill", dtype, "[index_fill] a: f32[2,3], b: f32[2]", index_fill(m, 0, f, 1));
  REFUSES("gather", shape, "[gather] a: f32[2,3], b: i64[2]: the index must have as many dims", gather(m, 0, i));
  REFUSES("take_along_dim", shape, "does not broadcast in dim 0", take_along_dim(m, zeros({3, 1}, kInt64), 1));
  REFUSES("take", dtype, "[take] a: f32[2,3], b: f32[2]: " + not_i64, take(m, f));
  REFUSES("scatter", shape, "the source is smaller than the index", scatter(m, 0, ij, zeros({1, 2})));
  REFUSES("scatter_add", dtype, "the dtypes differ", scatter_add(m, 0, ij, ij));
  REFUSES("scatter_reduce", value, "reduce 'max': \"sum\"", scatter_reduce(m, 0, ij, m, "max"));
  REFUSES("one_hot", value, "index 7 is outside of [0, 5)", (void)one_hot(i, 5).to_vector<std::int64_t>());
  REFUSES("one_hot", dtype, "[one_hot] a: f32[2]: " + not_i64, one_hot(f));
  REFUSES("masked_fill", dtype, "[masked_fill] a: f32[2,3], b: f32[2,3], c: f32[]: the mask must be bool",
          masked_fill(m, m, 0));
  REFUSES("masked_select", shape, "they do not broadcast", masked_select(m, zeros(2, kBool)));
  REFUSES("nonzero", state, "[nonzero] undefined tensor", nonzero(u));
  REFUSES("unique", state, "undefined tensor", unique(u));
  REFUSES("bincount", shape, "[bincount] a: f32[2]: wants a vector of integers", bincount(f));
  REFUSES("Tensor::index_select", shape, "[index_select] a: f32[2,3]: dim 2", m.index_select(2, i));
  REFUSES("Tensor::index_add", dtype, not_i64, m.index_add(0, f, m));
  REFUSES("Tensor::index_copy", dtype, not_i64, m.index_copy(0, f, m));
  REFUSES("Tensor::index_fill", shape, "must be a number or a scalar", m.index_fill(0, i, f));
  REFUSES("Tensor::gather", dtype, not_i64, m.gather(0, m));
  REFUSES("Tensor::take_along_dim", dtype, not_i64, m.take_along_dim(m));
  REFUSES("Tensor::take", state, "[take] undefined tensor", m.take(u));
  REFUSES("Tensor::scatter", dtype, not_i64, m.scatter(0, m, 1));
  REFUSES("Tensor::scatter_add", dtype, not_i64, m.scatter_add(0, m, m));
  REFUSES("Tensor::masked_fill", shape, "must be a number or a scalar", m.masked_fill(m == 0, f));
  REFUSES("Tensor::masked_select", dtype, "the mask must be bool", m.masked_select(m));
  REFUSES("Tensor::nonzero", state, "[nonzero] undefined tensor", u.nonzero());
}

void add_several_indices_rows(Table& table) {
  using namespace indexing;
  const Tensor u, m = zeros({2, 3}), i = tensor({0, 7}), f = zeros(2);
  REFUSES("Tensor::index", shape, "[index] a: f32[2,3]: 3 indices: more than there are dims", m.index({0, 0, 0}));
  REFUSES("Tensor::index", value, "[index] a: f32[2,3]: more than one Ellipsis", m.index({Ellipsis, Ellipsis}));
  REFUSES("Tensor::index", dtype, "an index is neither i64 nor i32 nor bool", m.index({f}));
  REFUSES("Tensor::index", shape, "a mask has another shape", m.index({zeros(3, kBool)}));
  REFUSES("Tensor::index_put_", shape, "a mask has another shape", m.index_put_({zeros(1, kBool)}, 1));
  REFUSES("Tensor::index_put_", dtype, "[index_put_] a: f32[2,3]: the value is i64", m.index_put_({i}, i));
  REFUSES("Tensor::index", value, "index 7 is outside of [0, 2)", (void)m.index({i}).to_vector<float>());
  REFUSES("Tensor::index", state, "undefined tensor", u.index({0}));
  REFUSES("Tensor::index_put_", shape, "[copy_] a: f32[3], b: f32[2]", m.index_put_({0}, zeros(2)));
  REFUSES("Tensor::index_put_", value, "[select] a: f32[2,3]: index 2 is outside", m.index_put_({2}, 1));
}

void add_order_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), none = zeros({2, 0});
  REFUSES("sort", shape, "[sort] a: f32[2,3]: dim 2", sort(m, 2));
  REFUSES("argsort", shape, "[sort] a: f32[2,3]: dim 2", argsort(m, 2));
  REFUSES("topk", value, "[topk] a: f32[2,3]: 4 elements of a dim of extent 3", topk(m, 4));
  REFUSES("kthvalue", value, "[kthvalue] a: f32[2,3]: element 0 of 3", kthvalue(m, 0));
  REFUSES("median", shape, "[median] a: f32[2,0]: no elements have no order", median(none, 1));
  REFUSES("Tensor::sort", state, "[sort] undefined tensor", u.sort());
  REFUSES("Tensor::argsort", state, "[sort] undefined tensor", u.argsort());
  REFUSES("Tensor::topk", value, "[topk] a: f32[2,3]: -1 elements", m.topk(-1));
  REFUSES("Tensor::kthvalue", value, "[kthvalue] a: f32[2,3]: element 4 of 3", m.kthvalue(4));
  REFUSES("Tensor::median", shape, "[median] a: f32[2,3]: dim 2", m.median(2));
}

}  // namespace weft
