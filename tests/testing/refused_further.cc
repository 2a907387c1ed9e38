// Functions of weft/elementwise.h and weft/statistics.h, and further ones by number, with arguments that are refused.
#include <cmath>

#include "tests/testing/refusals.h"

namespace weft {

void add_further_elementwise_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), v = zeros(2), i = zeros({2}, kInt64), f = zeros({2}, kBool);
  const std::string differ = " a: f32[2,3], b: f32[2]: the shapes do not broadcast", no = "] undefined tensor";
  const std::string together = " a: f32[2,3], b: f32[2]: ";
  REFUSES("positive", dtype, "[positive] a: bool[2]: is not defined for bool", positive(f));
  REFUSES("signbit", state, "[signbit" + no, signbit(u));
  REFUSES("copysign", shape, "[copysign]" + together, copysign(m, v));
  REFUSES("heaviside", dtype, "[heaviside] a: f32[2], b: i64[2]: the dtypes differ", heaviside(v, i));
  REFUSES("isposinf", state, "[isposinf" + no, isposinf(u));
  REFUSES("isneginf", state, "[isneginf" + no, isneginf(u));
  REFUSES("rad2deg", state, "[rad2deg" + no, rad2deg(u));
  REFUSES("deg2rad", state, "[deg2rad" + no, deg2rad(u));
  REFUSES("fmax", shape, "[fmax]" + together, fmax(m, v));
  REFUSES("fmin", shape, "[fmin]" + together, fmin(m, v));
  REFUSES("clamp_min", shape, "[maximum]" + differ, clamp_min(m, v));
  REFUSES("clamp_max", shape, "[minimum]" + differ, clamp_max(m, v));
  REFUSES("float_power", shape, "[pow] a: f64[2,3], b: f64[2]: the shapes", float_power(m, v));
  REFUSES("ldexp", shape, "[ldexp]" + together, ldexp(m, v));
  REFUSES("logaddexp2", dtype, "[logaddexp2] a: i64[2]", logaddexp2(i, i));
  REFUSES("sinc", state, "[sinc" + no, sinc(u));
  REFUSES("i0", state, "[i0" + no, i0(u));
  REFUSES("polygamma", value, "[polygamma] a: f32[2]: there is no order -1", polygamma(-1, v));
  REFUSES("div", value, "rounding_mode 'ceil'", div(v, v, "ceil"));
  REFUSES("div", dtype, "[div] a: bool[2], b: bool[2]: bool has no rounded quotients", div(f, f, "floor"));
  REFUSES("div", value, "an integer is divided by 0", div(i, i, "trunc").data_ptr<std::int64_t>());
  REFUSES("bitwise_not", dtype, "floating numbers have no bits", bitwise_not(v));
  REFUSES("bitwise_and", dtype, "[bitwise_and] a: f32[2], b: f32[2]: floating numbers have", bitwise_and(v, v));
  REFUSES("bitwise_or", shape, "[bitwise_or] a: i64[2], b: i64[3]: ", bitwise_or(i, zeros({3}, kInt64)));
  REFUSES("bitwise_xor", dtype, "floating numbers have no bits", bitwise_xor(i, 0.5));
  REFUSES("bitwise_left_shift", dtype, "[bitwise_left_shift] a: bool[2], b: bool[2]: takes", bitwise_left_shift(f, f));
  REFUSES("bitwise_right_shift", dtype, "takes integers", bitwise_right_shift(v, 1));
  REFUSES("operator~", dtype, "floating numbers have no bits", ~v);
  REFUSES("operator&", dtype, "floating numbers have no bits", v & v);
  REFUSES("operator|", dtype, "floating numbers have no bits", v | v);
  REFUSES("operator^", dtype, "floating numbers have no bits", v ^ v);
  REFUSES("where", value, "a number is not representable as u8", where(f, zeros({2}, kUInt8), 300));
  REFUSES("where", value, "a number is not representable as i32", where(f, 1LL << 40, zeros({2}, kInt32)));
  REFUSES("isclose", dtype, "[isclose] a: f32[2], b: i64[2]: the dtypes differ", isclose(v, i));
  REFUSES("isclose", value, "rtol or atol is not 0 or more", isclose(v, v, -1));
  REFUSES("allclose", shape, "[allclose]" + together, allclose(m, v));
  REFUSES("equal", state, "[equal" + no, equal(m, u));
}

void add_further_statistics_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), v = zeros(2), i = zeros({2}, kInt64), f = zeros({2}, kBool), s = zeros({});
  REFUSES("argmin", shape, "[argmin] a: f32[0]: no elements", argmin(zeros(0)));
  REFUSES("argmin", dtype, "[argmin] a: bool[2]: is not defined for bool", argmin(f, 0));
  REFUSES("aminmax", shape, "a: f32[0]: no elements have no extreme", aminmax(zeros(0)));
  REFUSES("cummax", shape, "[cummax] a: f32[2,3]: dim 2", cummax(m, 2));
  REFUSES("cummin", shape, "[cummin] a: f32[2,3]: dim -3", cummin(m, -3));
  REFUSES("logcumsumexp", dtype, "[logcumsumexp] a: i64[2]", logcumsumexp(i, 0));
  REFUSES("nansum", shape, "[nansum] a: f32[2,3]: dim 2", nansum(m, 2));
  REFUSES("nanmean", dtype, "[nanmean] a: i64[2]", nanmean(i));
  REFUSES("count_nonzero", shape, "[count_nonzero] a: f32[2,3]: dim 2", count_nonzero(m, 2));
  REFUSES("trace", shape, "[trace] a: f32[2]: wants a matrix", trace(v));
  REFUSES("diff", shape, "[diff] a: f32[]: a scalar", diff(s));
  REFUSES("diff", value, "[diff] a: f32[2]: n is -1", diff(v, -1));
  REFUSES("diff", shape, "what is put before or after has other dims", diff(v, 1, 0, m));
  REFUSES("quantile", value, "[quantile] a: f32[2]: q = 1.5", quantile(v, 1.5));
  REFUSES("quantile", dtype, "[quantile] a: i64[2]", quantile(i, 0.5));
  REFUSES("quantile", value, "interpolation 'cubic'", quantile(v, {0.1, 0.5}, 0, false, "cubic"));
  REFUSES("nanquantile", shape, "[nanquantile] a: f32[0]: no elements", nanquantile(zeros(0), 0.5));
  REFUSES("nanquantile", value, "[nanquantile] a: f32[2]: there is no q", nanquantile(v, std::vector<double>()));
  REFUSES("mode", shape, "[mode] a: f32[2,0]: no elements have no mode", mode(zeros({2, 0})));
  REFUSES("histc", dtype, "[histc] a: i64[2]: takes f32 or f64", histc(i));
  REFUSES("histc", value, "[histc] a: f32[2]: max is less than min", histc(v, 4, 2, 1));
  REFUSES("histc", value, "min and max must be finite", histc(v, 4, 0, INFINITY));
  REFUSES("histc", value, "the range of the elements is not finite", histc(full({2}, NAN), 4).data_ptr<float>());
  REFUSES("cov", shape, "[cov] a: f32[1,2,2]: wants a matrix", cov(zeros({1, 2, 2})));
  REFUSES("cov", dtype, "fweights must hold integers", cov(m, 1, zeros(3)));
  REFUSES("cov", value, "fweights must not be negative", cov(m, 1, full({3}, -1, kInt64)));
  REFUSES("corrcoef", dtype, "[corrcoef] a: bool[2]", corrcoef(f));
  REFUSES("renorm", value, "[renorm] a: f32[2,3]: p is not above 0", renorm(m, 0, 0, 1));
  REFUSES("renorm", shape, "[renorm] a: f32[2]: wants at least 2 dims", renorm(v, 2, 0, 1));
}

void add_further_arrangement_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), v = zeros(2), i = zeros({2}, kInt64), s = zeros({});
  REFUSES("expand_as", shape, "[expand] a: f32[2,3]: ", expand_as(m, v));
  REFUSES("view_as", state, "[view_as] undefined tensor", view_as(m, u));
  REFUSES("diag_embed", value, "dim1 and dim2 are the same dim", diag_embed(v, 0, 1, 1));
  REFUSES("diag_embed", shape, "[diag_embed] a: f32[]: dim -2 is out of range", diag_embed(s));
  REFUSES("rot90", value, "[rot90] a: f32[2,3]: the dims are the same", rot90(m, 1, {0, 0}));
  REFUSES("rot90", value, "[rot90] a: f32[2,3]: wants two dims", rot90(m, 1, {0}));
  REFUSES("unfold", value, "[unfold] a: f32[2]: windows of size 3 of a dim of extent 2", unfold(v, 0, 3, 1));
  REFUSES("unfold", value, "[unfold] a: f32[2]: step 0 is below 1", unfold(v, 0, 1, 0));
  REFUSES("vander", shape, "[vander] a: f32[2,3]: wants a vector", vander(m));
  REFUSES("vander", value, "[vander] a: f32[2]: -1 columns", vander(v, -1));
  REFUSES("cartesian_prod", shape, "[cartesian_prod] a: f32[2,3]: wants a vector", cartesian_prod({v, m}));
  REFUSES("combinations", value, "[combinations] a: f32[2]: -1 elements", combinations(v, -1));
  REFUSES("combinations", value, "there are too many", combinations(zeros(300), 5));
  REFUSES("index_reduce", value, "reduce 'prod'", index_reduce(m, 0, i, m, "prod"));
  REFUSES("index_reduce", shape, "needs a row of the tensor for each index", index_reduce(m, 1, i, m, "amax"));
  REFUSES("put", shape, "[put] a: f32[2,3], b: i64[2], c: f32[]: needs an index for each element", put(m, i, 1.0));
  REFUSES("put", value, "index 6 is outside of [0, 6)", put(m, full({2}, 6, kInt64), v).data_ptr<float>());
  REFUSES("masked_scatter", dtype, "the mask must be bool", masked_scatter(m, m, m));
  REFUSES("masked_scatter", value, "index 3 is outside", masked_scatter(m, ones_like(m) == 1, v).data_ptr<float>());
  REFUSES("unique_consecutive", state, "do not exist inside of compile()",
          compile([](const Tensor& x) { return unique_consecutive(x); })(v));
  REFUSES("searchsorted", shape, "neither a vector nor has a row for each row", searchsorted(m, v));
  REFUSES("searchsorted", shape, "what is searched must have a dim", searchsorted(s, v));
  REFUSES("bucketize", shape, "[bucketize] the boundaries must be a vector", bucketize(v, m));
}

}  // namespace weft
