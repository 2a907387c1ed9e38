// Every function of the public headers with arguments that it must refuse: the Error has its kind, names the function,
// the shapes and the rule, and stands in the line of the call. A function that is missing here fails the last test.
#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <iostream>
#include <map>
#include <set>
#include <sstream>

#include "tests/testing/public_functions.h"
#include "tests/testing/refusals.h"
#include "weft/weft.h"

namespace weft {

std::ostream& operator<<(std::ostream& out, ErrorKind kind) {
  static constexpr const char* kNames[] = {"shape", "dtype", "value", "state", "memory", "io"};
  return out << kNames[static_cast<std::size_t>(kind)];
}

namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

const Tensor kUndefined;
Tensor matrix() { return zeros({2, 3}); }
Tensor square_matrix() { return zeros({2, 2}); }
Tensor ints() { return zeros({2}, kInt64); }
Tensor flags() { return zeros({2}, kBool); }
Tensor leaf() { return zeros({2}).requires_grad_(); }

// Runs f while a function is traced.
template <class F>
void in_trace(F f) {
  compile([f](Tensor x) {
    f();
    return x;
  })(matrix());
}

template <class T>
T moved_from(T value) {
  const T other = std::move(value);
  return value;
}

void add_tensor_rows(Table& table) {
  const Tensor u, m = matrix(), x = leaf();
  const std::string no = "] undefined tensor";
  REFUSES("Tensor::shape", state, "[shape" + no, u.shape());
  REFUSES("Tensor::sizes", state, "[shape" + no, u.sizes());
  REFUSES("Tensor::size", shape, "[size] a: f32[2,3]: dim 2 is out of range", m.size(2));
  REFUSES("Tensor::dim", state, "[dim" + no, u.dim());
  REFUSES("Tensor::numel", state, "[numel" + no, u.numel());
  REFUSES("Tensor::dtype", state, "[dtype" + no, u.dtype());
  REFUSES("Tensor::item", shape, "[item] f32[2,3]: a tensor of one element is needed", m.item());
  REFUSES("Tensor::item", value, "[item] f32[]: the value ", full({}, 1e30).item<int>());
  REFUSES("Tensor::item", state, "[item" + no, u.item<bool>());
  REFUSES("Tensor::to_vector", dtype, "[to_vector] f32[2,3] read as f64", m.to_vector<double>());
  REFUSES("Tensor::data_ptr", dtype, "[data_ptr] f32[2,3] read as f64", m.data_ptr<double>());
  REFUSES("Tensor::mutable_data_ptr", dtype, "[mutable_data_ptr] f32[2,3] read as", m.mutable_data_ptr<bool>());
  REFUSES("Tensor::mutable_data_ptr", state, "only leaves are written", exp(x).mutable_data_ptr<float>());
  REFUSES("Tensor::requires_grad", state, "[requires_grad" + no, u.requires_grad());
  REFUSES("Tensor::requires_grad_", dtype, "[requires_grad_] i64[2]: only floating", ints().requires_grad_());
  REFUSES("Tensor::requires_grad_", state, "only the flag of a leaf", exp(x).requires_grad_(false));
  REFUSES("Tensor::is_leaf", state, "[is_leaf" + no, u.is_leaf());
  REFUSES("Tensor::grad_fn", state, "[grad_fn" + no, u.grad_fn());
  REFUSES("Tensor::grad", state, "[grad" + no, u.grad());
  REFUSES("Tensor::set_grad", shape, "[set_grad] f32[2], gradient: f32[2,3]: types differ", x.set_grad(m));
  REFUSES("Tensor::set_grad", dtype, "[set_grad] f32[2], gradient: i64[2]: types differ", x.set_grad(ints()));
  REFUSES("Tensor::set_grad", state, "a tensor cannot be its own gradient", x.set_grad(x));
  REFUSES("Tensor::retain_grad", state, "[retain_grad] the tensor does not require", m.retain_grad());
  REFUSES("Tensor::retains_grad", state, "[retains_grad" + no, u.retains_grad());
  REFUSES("Tensor::backward", state, "[backward] f32[2,3]: the tensor does not require", m.backward());
  REFUSES("Tensor::backward", shape, "[backward] f32[2]: only a scalar", exp(x).backward());
  REFUSES("Tensor::backward", shape, "[backward] f32[2], weights: f32[2,3]: the weights", exp(x).backward(m));
  REFUSES("Tensor::detach", state, "[detach" + no, u.detach());
  REFUSES("Tensor::data", state, "[detach" + no, u.data());
  REFUSES("Tensor::zero_", state, "[zero_] f32[2]: a leaf that requires gradients", x.zero_());
  REFUSES("Tensor::fill_", value, "[fill_] the value is no number", m.fill_(m));
  REFUSES("Tensor::copy_", shape, "[copy_] a: f32[2,3], b: f32[2]: the source does not", m.copy_(zeros(2)));
  REFUSES("Tensor::add_", shape, "[add_] a: f32[2], result: f32[2,2]: the operand", zeros(2).add_(square_matrix()));
  REFUSES("Tensor::sub_", dtype, "[sub_] a: i64[2], result: f32[2]: the result", ints().sub_(0.5));
  REFUSES("Tensor::mul_", state, "[mul_] f32[2]: a leaf that requires gradients", x.mul_(2));
  REFUSES("Tensor::div_", dtype, "[div_] a: i64[2], result: f32[2]: the result", ints().div_(2));
  REFUSES("to_string", state, "[compile] f32[2,3]: the value of", in_trace([=] { to_string(m); }));
  REFUSES("set_print_options", value, "[set_print_options] precision -1", set_print_options({.precision = -1}));
  REFUSES("operator<<", state, "[compile] f32[2,3]: the value of", compile([](Tensor a) { std::cerr << a; })(m));
}

void add_method_rows(Table& table) {
  const Tensor u, m = matrix(), v = zeros(2);
  const std::string no = "] undefined tensor", differ = " a: f32[2,3], b: f32[2]: the shapes do not broadcast";
  REFUSES("Tensor::neg", dtype, "[neg] a: bool[2]: ", flags().neg());
  REFUSES("Tensor::abs", state, "[abs" + no, u.abs());
  REFUSES("Tensor::exp", state, "[exp" + no, u.exp());
  REFUSES("Tensor::log", state, "[log" + no, u.log());
  REFUSES("Tensor::sqrt", state, "[sqrt" + no, u.sqrt());
  REFUSES("Tensor::square", state, "[square" + no, u.square());
  REFUSES("Tensor::sin", state, "[sin" + no, u.sin());
  REFUSES("Tensor::cos", state, "[cos" + no, u.cos());
  REFUSES("Tensor::tanh", state, "[tanh" + no, u.tanh());
  REFUSES("Tensor::sigmoid", state, "[sigmoid" + no, u.sigmoid());
  REFUSES("Tensor::relu", state, "[relu" + no, u.relu());
  REFUSES("Tensor::clamp", value, "[clamp] a: f32[2,3]: needs min or max", m.clamp(std::nullopt));
  REFUSES("Tensor::erf", state, "[erf" + no, u.erf());
  REFUSES("Tensor::logical_not", state, "[logical_not" + no, u.logical_not());
  REFUSES("Tensor::add", shape, "[add]" + differ, m.add(v));
  REFUSES("Tensor::sub", shape, "[sub]" + differ, m.sub(v));
  REFUSES("Tensor::mul", shape, "[mul]" + differ, m.mul(v));
  REFUSES("Tensor::div", shape, "[div]" + differ, m.div(v));
  REFUSES("Tensor::pow", value, "[pow_scalar] a: i64[2]: integers have no negative", ints().pow(-1));
  REFUSES("Tensor::maximum", shape, "[maximum]" + differ, m.maximum(v));
  REFUSES("Tensor::minimum", shape, "[minimum]" + differ, m.minimum(v));
  REFUSES("Tensor::eq", shape, "[eq]" + differ, m.eq(v));
  REFUSES("Tensor::ne", shape, "[ne]" + differ, m.ne(v));
  REFUSES("Tensor::lt", shape, "[lt]" + differ, m.lt(v));
  REFUSES("Tensor::le", shape, "[le]" + differ, m.le(v));
  REFUSES("Tensor::gt", shape, "[gt]" + differ, m.gt(v));
  REFUSES("Tensor::ge", shape, "[ge]" + differ, m.ge(v));
  REFUSES("Tensor::logical_and", state, "[logical_and" + no, v.logical_and(u));
  REFUSES("Tensor::logical_or", state, "[logical_or" + no, v.logical_or(u));
  REFUSES("Tensor::logical_xor", state, "[logical_xor" + no, v.logical_xor(u));
  REFUSES("Tensor::where", dtype, "[where] a: f32[2,3], b: f32[2,3], c: f32[2,3]: the condition", m.where(m, m));
  REFUSES("Tensor::sum", shape, "[sum] a: f32[2,3]: dim 5 is outside of", m.sum(5));
  REFUSES("Tensor::sum", shape, "[sum] a: f32[2,3]: dim 0 is given twice", m.sum({0, -2}));
  REFUSES("Tensor::mean", dtype, "[mean] a: i64[2]: needs a floating tensor", ints().mean());
  REFUSES("Tensor::max", shape, "[max] a: f32[0]: no elements", zeros(0).max());
  REFUSES("Tensor::min", shape, "[min] a: f32[0]: no elements", zeros(0).min());
  REFUSES("Tensor::argmax", shape, "[argmax] a: f32[0]: no elements", zeros(0).argmax());
  REFUSES("Tensor::softmax", shape, "[softmax] a: f32[2,3]: dim 2", m.softmax(2));
  REFUSES("Tensor::log_softmax", dtype, "[log_softmax] a: i64[2]: needs", ints().log_softmax(0));
  REFUSES("Tensor::matmul", shape, "[matmul] a: f32[2,3], b: f32[2,3]: the columns", m.matmul(m));
  REFUSES("Tensor::matmul", state, "[matmul" + no, m.matmul(u));
}

void add_shape_rows(Table& table) {
  const Tensor u, m = matrix();
  REFUSES("Tensor::view", shape, "[view] a: f32[2,3]: shape [4,-1] does not fit", m.view({4, -1}));
  REFUSES("Tensor::reshape", shape, "[reshape] a: f32[2,3]: shape [7] does not fit", m.reshape(7));
  REFUSES("Tensor::flatten", shape, "[flatten] a: f32[2,3]: start_dim comes after", m.flatten(1, 0));
  REFUSES("Tensor::transpose", shape, "[transpose] a: f32[2,3]: dim 2", m.transpose(0, 2));
  REFUSES("Tensor::t", shape, "[t] a: f32[1,2,3]: wants at most 2 dims", zeros({1, 2, 3}).t());
  REFUSES("Tensor::permute", shape, "[permute] a: f32[2,3]: dims must name each", m.permute({0, 0}));
  REFUSES("Tensor::expand", shape, "[expand] a: f32[2,3]: ", m.expand({2, 4}));
  REFUSES("Tensor::squeeze", shape, "[squeeze] a: f32[2,3]: dim 4", m.squeeze(4));
  REFUSES("Tensor::unsqueeze", shape, "[unsqueeze] a: f32[2,3]: dim 4", m.unsqueeze(4));
  REFUSES("Tensor::narrow", value, "[narrow] a: f32[2,3]: start 1 and length 9", m.narrow(0, 1, 9));
  REFUSES("Tensor::slice", value, "[slice] a: f32[2,3]: step 0 is below 1", m.slice(0, 0, 1, 0));
  REFUSES("Tensor::select", value, "[select] a: f32[2,3]: index 2 is outside of dim 0", m.select(0, 2));
  REFUSES("Tensor::clone", state, "[clone] undefined tensor", u.clone());
  REFUSES("Tensor::contiguous", state, "[clone] undefined tensor", u.contiguous());
  REFUSES("clone", state, "[clone] undefined tensor", clone(u));
  REFUSES("contiguous", state, "[clone] undefined tensor", contiguous(u));
  REFUSES("Tensor::to", state, "[cast] undefined tensor", u.to(kInt64));
  REFUSES("Tensor::operator[]", value, "[select] a: f32[2,3]: index -3", m[-3]);
  REFUSES("view", shape, "[view] a: f32[2,3]: shape [-2]", view(m, -2));
  REFUSES("reshape", shape, "[reshape] a: f32[2,3]: shape [-1,-1] has more", reshape(m, {-1, -1}));
  REFUSES("flatten", shape, "[flatten] a: f32[2,3]: dim 3", flatten(m, 0, 3));
  REFUSES("transpose", shape, "[transpose] a: f32[2,3]: dim -3", transpose(m, -3, 0));
  REFUSES("permute", shape, "[permute] a: f32[2,3]: ", permute(m, {0, 1, 2}));
  REFUSES("expand", shape, "[expand] a: f32[2,3]: -1 in a new dim", expand(m, {-1, 2, 3}));
  REFUSES("squeeze", shape, "[squeeze] a: f32[2,3]: dim -3", squeeze(m, -3));
  REFUSES("unsqueeze", shape, "[unsqueeze] a: f32[2,3]: dim -4", unsqueeze(m, -4));
  REFUSES("narrow", shape, "[narrow] a: f32[2,3]: dim 2", narrow(m, 2, 0, 1));
  REFUSES("slice", shape, "[slice] a: f32[2,3]: dim 2", slice(m, 2, 0, 1));
  REFUSES("select", shape, "[select] a: f32[2,3]: dim 2", select(m, 2, 0));
  REFUSES("cat", shape, "[cat] a: f32[2,3], b: f32[2]: ranks differ", cat({m, zeros(2)}));
  REFUSES("cat", value, "[cat] wants at least one tensor", cat({}));
  REFUSES("cat", state, "[cat] undefined tensor", cat({m, u}));
  REFUSES("stack", shape, "[stack] a: f32[2,3], b: f32[2]: shapes differ", stack({m, zeros(2)}));
  REFUSES("Shape::Shape", shape, "[shape] shape [2,-1]: negative extent", Shape({2, -1}));
  REFUSES("Shape::Shape", shape, "[1,1,1,1,1,1,1,1,1]: more than 8 dims", Shape(std::vector<std::int64_t>(9, 1)));
  REFUSES_SOMEWHERE("Shape::operator[]", shape, "[shape] shape [2,3]: dim 2 is out of range", Shape({2, 3})[2]);
}

void add_math_method_rows(Table& table) {
  const Tensor u, m = matrix();
  const std::string no = "] undefined tensor";
  REFUSES("Tensor::sign", state, "[sign" + no, u.sign());
  REFUSES("Tensor::exp2", state, "[exp2" + no, u.exp2());
  REFUSES("Tensor::expm1", state, "[expm1" + no, u.expm1());
  REFUSES("Tensor::log1p", state, "[log1p" + no, u.log1p());
  REFUSES("Tensor::log2", state, "[log2" + no, u.log2());
  REFUSES("Tensor::log10", state, "[log10" + no, u.log10());
  REFUSES("Tensor::tan", state, "[tan" + no, u.tan());
  REFUSES("Tensor::asin", state, "[asin" + no, u.asin());
  REFUSES("Tensor::acos", state, "[acos" + no, u.acos());
  REFUSES("Tensor::atan", state, "[atan" + no, u.atan());
  REFUSES("Tensor::sinh", state, "[sinh" + no, u.sinh());
  REFUSES("Tensor::cosh", state, "[cosh" + no, u.cosh());
  REFUSES("Tensor::asinh", state, "[asinh" + no, u.asinh());
  REFUSES("Tensor::acosh", state, "[acosh" + no, u.acosh());
  REFUSES("Tensor::atanh", state, "[atanh" + no, u.atanh());
  REFUSES("Tensor::erfc", state, "[erfc" + no, u.erfc());
  REFUSES("Tensor::erfinv", state, "[erfinv" + no, u.erfinv());
  REFUSES("Tensor::lgamma", state, "[lgamma" + no, u.lgamma());
  REFUSES("Tensor::digamma", state, "[digamma" + no, u.digamma());
  REFUSES("Tensor::reciprocal", state, "[reciprocal" + no, u.reciprocal());
  REFUSES("Tensor::rsqrt", state, "[rsqrt" + no, u.rsqrt());
  REFUSES("Tensor::floor", state, "[floor" + no, u.floor());
  REFUSES("Tensor::ceil", state, "[ceil" + no, u.ceil());
  REFUSES("Tensor::round", state, "[round" + no, u.round());
  REFUSES("Tensor::trunc", state, "[trunc" + no, u.trunc());
  REFUSES("Tensor::frac", state, "[frac" + no, u.frac());
  REFUSES("Tensor::isnan", state, "[isnan" + no, u.isnan());
  REFUSES("Tensor::isinf", state, "[isinf" + no, u.isinf());
  REFUSES("Tensor::isfinite", state, "[isfinite" + no, u.isfinite());
  REFUSES("Tensor::nan_to_num", state, "[nan_to_num" + no, u.nan_to_num());
  REFUSES("Tensor::atan2", shape, "[atan2] a: f32[2,3], b: f32[2,2]", m.atan2(square_matrix()));
  REFUSES("Tensor::hypot", shape, "[hypot] a: f32[2,3], b: f32[2,2]", m.hypot(square_matrix()));
  REFUSES("Tensor::fmod", shape, "[fmod] a: f32[2,3], b: f32[2,2]", m.fmod(square_matrix()));
  REFUSES("Tensor::remainder", shape, "[remainder] a: f32[2,3], b: f32[2,2]", m.remainder(square_matrix()));
  REFUSES("Tensor::floor_divide", shape, "[floor_divide] a: f32[2,3], b: f32[2,2]", m.floor_divide(square_matrix()));
  REFUSES("Tensor::xlogy", shape, "[xlogy] a: f32[2,3], b: f32[2,2]", m.xlogy(square_matrix()));
  REFUSES("Tensor::logaddexp", shape, "[logaddexp] a: f32[2,3], b: f32[2,2]", m.logaddexp(square_matrix()));
  REFUSES("Tensor::lerp", state, "[lerp" + no, m.lerp(u, 1));
  REFUSES("Tensor::addcmul", state, "[addcmul" + no, m.addcmul(u, 1));
  REFUSES("Tensor::addcdiv", state, "[addcdiv" + no, m.addcdiv(u, 1));
}

void add_math_rows(Table& table) {
  const Tensor u;
  const std::string no = "] undefined tensor";
  REFUSES("sign", state, "[sign" + no, sign(u));
  REFUSES("exp2", state, "[exp2" + no, exp2(u));
  REFUSES("expm1", state, "[expm1" + no, expm1(u));
  REFUSES("log1p", state, "[log1p" + no, log1p(u));
  REFUSES("log2", state, "[log2" + no, log2(u));
  REFUSES("log10", state, "[log10" + no, log10(u));
  REFUSES("tan", state, "[tan" + no, tan(u));
  REFUSES("asin", state, "[asin" + no, asin(u));
  REFUSES("acos", state, "[acos" + no, acos(u));
  REFUSES("atan", state, "[atan" + no, atan(u));
  REFUSES("sinh", state, "[sinh" + no, sinh(u));
  REFUSES("cosh", state, "[cosh" + no, cosh(u));
  REFUSES("asinh", state, "[asinh" + no, asinh(u));
  REFUSES("acosh", state, "[acosh" + no, acosh(u));
  REFUSES("atanh", state, "[atanh" + no, atanh(u));
  REFUSES("erfc", state, "[erfc" + no, erfc(u));
  REFUSES("erfinv", state, "[erfinv" + no, erfinv(u));
  REFUSES("lgamma", state, "[lgamma" + no, lgamma(u));
  REFUSES("digamma", state, "[digamma" + no, digamma(u));
  REFUSES("reciprocal", state, "[reciprocal" + no, reciprocal(u));
  REFUSES("rsqrt", state, "[rsqrt" + no, rsqrt(u));
  REFUSES("floor", state, "[floor" + no, floor(u));
  REFUSES("ceil", state, "[ceil" + no, ceil(u));
  REFUSES("round", state, "[round" + no, round(u));
  REFUSES("trunc", state, "[trunc" + no, trunc(u));
  REFUSES("frac", state, "[frac" + no, frac(u));
  REFUSES("isnan", state, "[isnan" + no, isnan(u));
  REFUSES("isinf", state, "[isinf" + no, isinf(u));
  REFUSES("isfinite", state, "[isfinite" + no, isfinite(u));
  REFUSES("nan_to_num", state, "[nan_to_num" + no, nan_to_num(u));
  REFUSES("atan2", state, "[atan2" + no, atan2(1, u));
  REFUSES("hypot", state, "[hypot" + no, hypot(1, u));
  REFUSES("fmod", state, "[fmod" + no, fmod(1, u));
  REFUSES("remainder", state, "[remainder" + no, remainder(1, u));
  REFUSES("floor_divide", state, "[floor_divide" + no, floor_divide(1, u));
  REFUSES("xlogy", state, "[xlogy" + no, xlogy(1, u));
  REFUSES("logaddexp", state, "[logaddexp" + no, logaddexp(1, u));
  REFUSES("lerp", state, "[lerp" + no, lerp(u, 1, 1));
  REFUSES("addcmul", state, "[addcmul" + no, addcmul(u, 1, 1));
  REFUSES("addcdiv", state, "[addcdiv" + no, addcdiv(u, 1, 1));
}

void add_activation_rows(Table& table) {
  const Tensor u, m = matrix();
  REFUSES("leaky_relu", state, "[leaky_relu] undefined tensor", leaky_relu(u));
  REFUSES("elu", state, "[elu] undefined tensor", elu(u));
  REFUSES("selu", state, "[selu] undefined tensor", selu(u));
  REFUSES("celu", state, "[celu] undefined tensor", celu(u));
  REFUSES("silu", state, "[silu] undefined tensor", silu(u));
  REFUSES("mish", state, "[mish] undefined tensor", mish(u));
  REFUSES("softplus", state, "[softplus] undefined tensor", softplus(u));
  REFUSES("hardtanh", state, "[hardtanh] undefined tensor", hardtanh(u));
  REFUSES("relu6", state, "[relu6] undefined tensor", relu6(u));
  REFUSES("hardswish", state, "[hardswish] undefined tensor", hardswish(u));
  REFUSES("hardsigmoid", state, "[hardsigmoid] undefined tensor", hardsigmoid(u));
  REFUSES("hardshrink", state, "[hardshrink] undefined tensor", hardshrink(u));
  REFUSES("softshrink", state, "[softshrink] undefined tensor", softshrink(u));
  REFUSES("tanhshrink", state, "[tanhshrink] undefined tensor", tanhshrink(u));
  REFUSES("threshold", state, "[threshold] undefined tensor", threshold(u, 1, 2));
  REFUSES("softsign", state, "[softsign] undefined tensor", softsign(u));
  REFUSES("logsigmoid", state, "[logsigmoid] undefined tensor", logsigmoid(u));
  REFUSES("prelu", shape, "[prelu] a: f32[2,3], b: f32[2]: the weight is neither", prelu(m, zeros({2})));
  REFUSES("glu", shape, "[glu] a: f32[2,3]: the dim has no two halves", glu(m));
  REFUSES("softmin", shape, "[softmin] a: f32[2,3]: dim 2", softmin(m, 2));
  REFUSES("logit", state, "[logit] undefined tensor", logit(u));
}

void add_image_rows(Table& table) {
  const Tensor u, m = matrix();
  const std::string no = "] undefined tensor";
  REFUSES("conv1d", shape, "[conv1d] a: f32[2,3], b: f32[2,3]: ", conv1d(m, m));
  REFUSES("conv2d", shape, "[conv2d] a: f32[2,3], b: f32[2,3]: ", conv2d(zeros({2, 3}), m));
  REFUSES("conv3d", shape, "[conv3d] a: f32[2,3], b: f32[2,3]: ", conv3d(zeros({2, 3}), m));
  REFUSES("conv_transpose1d", shape, "[conv_transpose1d] a: f32[2,3], b: f32[2,3]: ", conv_transpose1d(m, m));
  REFUSES("conv_transpose2d", shape,
          "[conv_transpose2d] a: f32[2,3], b: f32[2,3]: ", conv_transpose2d(zeros({2, 3}), m));
  REFUSES("conv_transpose3d", shape,
          "[conv_transpose3d] a: f32[2,3], b: f32[2,3]: ", conv_transpose3d(zeros({2, 3}), m));
  REFUSES("max_pool1d", state, "[max_pool1d" + no, max_pool1d(u, 2));
  REFUSES("max_pool2d", state, "[max_pool2d" + no, max_pool2d(u, 2));
  REFUSES("max_pool3d", state, "[max_pool3d" + no, max_pool3d(u, 2));
  REFUSES("avg_pool1d", state, "[avg_pool1d" + no, avg_pool1d(u, 2));
  REFUSES("avg_pool2d", state, "[avg_pool2d" + no, avg_pool2d(u, 2));
  REFUSES("avg_pool3d", state, "[avg_pool3d" + no, avg_pool3d(u, 2));
  REFUSES("adaptive_max_pool1d", state, "[adaptive_max_pool1d" + no, adaptive_max_pool1d(u, 2));
  REFUSES("adaptive_max_pool2d", state, "[adaptive_max_pool2d" + no, adaptive_max_pool2d(u, 2));
  REFUSES("adaptive_max_pool3d", state, "[adaptive_max_pool3d" + no, adaptive_max_pool3d(u, 2));
  REFUSES("adaptive_avg_pool1d", state, "[adaptive_avg_pool1d" + no, adaptive_avg_pool1d(u, 2));
  REFUSES("adaptive_avg_pool2d", state, "[adaptive_avg_pool2d" + no, adaptive_avg_pool2d(u, 2));
  REFUSES("adaptive_avg_pool3d", state, "[adaptive_avg_pool3d" + no, adaptive_avg_pool3d(u, 2));
  REFUSES("batch_norm", value, "[batch_norm] a: f32[2,3]: only one of", batch_norm(m, zeros({3}), u));
  REFUSES("layer_norm", shape, "[layer_norm] a: f32[2,3]: the last extents", layer_norm(m, 2));
  REFUSES("group_norm", value, "[group_norm] a: f32[2,3]: the groups", group_norm(m, 2));
  REFUSES("instance_norm", shape, "[instance_norm] a: f32[2,3]: x must have", instance_norm(m));
  REFUSES("rms_norm", shape, "[rms_norm] a: f32[2,3]: the last extents", rms_norm(m, 2));
  REFUSES("nn::Conv1d::Conv1d", value, "[Conv1d] channels and groups", nn::Conv1d(0, 1, 1));
  REFUSES("nn::Conv2d::Conv2d", value, "[Conv2d] the groups do not", nn::Conv2d(3, 4, 1, {.groups = 2}));
  REFUSES("nn::Conv3d::Conv3d", value, "[Conv3d] the kernel has 2", nn::Conv3d(3, 4, {1, 1}));
  REFUSES("nn::BatchNorm::BatchNorm", value, "[BatchNorm] a negative number", nn::BatchNorm(-1));
  REFUSES("nn::LayerNorm::LayerNorm", shape, "[-1]: negative extent", nn::LayerNorm(-1));
  REFUSES("nn::GroupNorm::GroupNorm", value, "[GroupNorm] the groups do not", nn::GroupNorm(2, 3));
  REFUSES("nn::ConvNd::forward", state, "[conv1d" + no, nn::Conv1d(1, 1, 1)(u));
  REFUSES("nn::ConvNd::forward", state, "[conv2d" + no, nn::Conv2d(1, 1, 1)(u));
  REFUSES("nn::ConvNd::forward", state, "[conv3d" + no, nn::Conv3d(1, 1, 1)(u));
  REFUSES("nn::MaxPool2d::forward", state, "[max_pool2d" + no, nn::MaxPool2d(2)(u));
  REFUSES("nn::AvgPool2d::forward", state, "[avg_pool2d" + no, nn::AvgPool2d(2)(u));
  REFUSES("nn::AdaptiveAvgPool2d::forward", state, "[adaptive_avg_pool2d" + no, nn::AdaptiveAvgPool2d(2)(u));
  REFUSES("nn::BatchNorm::forward", state, "[batch_norm" + no, nn::BatchNorm(2)(u));
  REFUSES("nn::LayerNorm::forward", state, "[layer_norm" + no, nn::LayerNorm(2)(u));
  REFUSES("nn::GroupNorm::forward", state, "[group_norm" + no, nn::GroupNorm(1, 2)(u));
}

void add_creation_rows(Table& table) {
  const Tensor u;
  const std::vector<float> floats(3);
  const std::vector<double> doubles(3);
  const std::string negative = " shape [-1]: negative extent";
  REFUSES("tensor", shape, "[tensor] the braces do not nest evenly", tensor({{1, 2}, {3}}));
  REFUSES("from_data", shape, "[from_data] f32[2]: 3 values given", from_data(floats, 2));
  REFUSES("from_data", shape, "[from_data] f64[2,2]: 3 values given", from_data(doubles, {2, 2}));
  REFUSES("zeros", shape, "[zeros]" + negative, zeros(-1));
  REFUSES("ones", shape, "[ones]" + negative, ones(-1));
  REFUSES("full", shape, "[full]" + negative, full(-1, 2));
  REFUSES("full", value, "[full] the value is no number", full(2, u));
  REFUSES("full", value, "the value is not representable as i64", full(2, NAN, kInt64));
  REFUSES("zeros_like", state, "[zeros_like] undefined tensor", zeros_like(u));
  REFUSES("ones_like", state, "[ones_like] undefined tensor", ones_like(u));
  REFUSES("arange", value, "[arange] step must not be 0", arange(0, 1, 0));
  REFUSES("arange", value, "[arange] start, end and step must be finite", arange(INFINITY));
  REFUSES("arange", dtype, "[arange] bool has no ranges", arange(0, 1, 1, kBool));
  REFUSES("eye", shape, "[eye] shape [-1,-1]: negative extent", eye(-1));
  REFUSES("rand", dtype, "[rand] a: i64[2]: wants a floating dtype", rand(2, kInt64));
  REFUSES("randn", shape, "[randn]" + negative, randn(-1));
  REFUSES("randint", value, "[randint] a: i64[2]: no integer lies in [3, 3)", randint(3, 3, 2));
  REFUSES("manual_seed", state, "[manual_seed] the generator cannot be seeded", in_trace([] { manual_seed(1); }));
}

void add_elementwise_rows(Table& table) {
  const Tensor u, m = matrix(), v = zeros(2);
  const std::string no = "] undefined tensor", differ = " a: f32[2,3], b: f32[2]: the shapes do not broadcast";
  REFUSES("neg", dtype, "[neg] a: bool[2]: ", neg(flags()));
  REFUSES("abs", dtype, "[abs] a: bool[2]: ", abs(flags()));
  REFUSES("exp", state, "[exp" + no, exp(u));
  REFUSES("log", state, "[log" + no, log(u));
  REFUSES("sqrt", state, "[sqrt" + no, sqrt(u));
  REFUSES("square", state, "[square" + no, square(u));
  REFUSES("sin", state, "[sin" + no, sin(u));
  REFUSES("cos", state, "[cos" + no, cos(u));
  REFUSES("tanh", state, "[tanh" + no, tanh(u));
  REFUSES("sigmoid", state, "[sigmoid" + no, sigmoid(u));
  REFUSES("relu", state, "[relu" + no, relu(u));
  REFUSES("gelu", state, "[gelu" + no, gelu(u));
  REFUSES("erf", state, "[erf" + no, erf(u));
  REFUSES("clamp", value, "[clamp] a: f32[2,3]: needs min or max", clamp(m, std::nullopt));
  REFUSES("logical_not", state, "[logical_not" + no, logical_not(u));
  REFUSES("cast", state, "[cast" + no, cast(u, kInt64));
  REFUSES("add", shape, "[add]" + differ, add(m, v));
  REFUSES("sub", shape, "[sub]" + differ, sub(m, v));
  REFUSES("mul", shape, "[mul]" + differ, mul(m, v));
  REFUSES("div", shape, "[div]" + differ, div(m, v));
  REFUSES("pow", shape, "[pow]" + differ, pow(m, v));
  REFUSES("maximum", shape, "[maximum]" + differ, maximum(m, v));
  REFUSES("minimum", shape, "[minimum]" + differ, minimum(m, v));
  REFUSES("eq", shape, "[eq]" + differ, eq(m, v));
  REFUSES("ne", shape, "[ne]" + differ, ne(m, v));
  REFUSES("lt", shape, "[lt]" + differ, lt(m, v));
  REFUSES("le", shape, "[le]" + differ, le(m, v));
  REFUSES("gt", shape, "[gt]" + differ, gt(m, v));
  REFUSES("ge", shape, "[ge]" + differ, ge(m, v));
  REFUSES("logical_and", state, "[logical_and" + no, logical_and(v, u));
  REFUSES("logical_or", state, "[logical_or" + no, logical_or(v, u));
  REFUSES("logical_xor", state, "[logical_xor" + no, logical_xor(v, u));
  REFUSES("where", dtype, "[where] a: f32[2,3], b: f32[2,3], c: f32[2,3]: the condition", where(m, m, m));
  REFUSES("operator+", shape, "[add]" + differ, m + v);
  REFUSES("operator-", shape, "[sub]" + differ, m - v);
  REFUSES("operator-", state, "[neg" + no, -u);
  REFUSES("operator*", shape, "[mul]" + differ, m * v);
  REFUSES("operator/", shape, "[div]" + differ, m / v);
  REFUSES("operator<", shape, "[lt]" + differ, m < v);
  REFUSES("operator<=", shape, "[le]" + differ, m <= v);
  REFUSES("operator>", shape, "[gt]" + differ, m > v);
  REFUSES("operator>=", shape, "[ge]" + differ, m >= v);
  REFUSES("operator==", shape, "[eq]" + differ, m == v);
  REFUSES("operator!=", shape, "[ne]" + differ, m != v);
  REFUSES("operator+=", state, "[add_] f32[2]: a leaf that requires gradients", leaf() += v);
  REFUSES("operator-=", dtype, "[sub_] a: i64[2], result: f32[2]: ", ints() -= 0.5);
  REFUSES("operator*=", shape, "[mul_] a: f32[2], result: f32[2,2]: ", zeros(2) *= square_matrix());
  REFUSES("operator/=", dtype, "[div_] a: i64[2], result: f32[2]: ", ints() /= 2);
}

void add_reduction_rows(Table& table) {
  const Tensor u, m = matrix(), far = full(2, 7, kInt64);
  REFUSES("sum", shape, "[sum] a: f32[2,3]: dim 3 is outside of", sum(m, 3));
  REFUSES("mean", shape, "[mean] a: f32[2,3]: dim 2", mean(m, 2));
  REFUSES("max", shape, "[max] a: f32[2,3]: dim -3", max(m, -3));
  REFUSES("min", shape, "[min] a: f32[2,3]: dim 0 is given twice", min(m, {0, 0}));
  REFUSES("argmax", shape, "[argmax] a: f32[2,3]: dim 2", argmax(m, 2));
  REFUSES("matmul", dtype, "[matmul] a: f32[2,3], b: i64[3]: dtypes differ", matmul(m, zeros(3, kInt64)));
  REFUSES("matmul", shape, "[matmul] a: f32[2,3], b: f32[]: wants operands", matmul(m, zeros({})));
  REFUSES("softmax", dtype, "[softmax] a: i64[2]: needs a floating", softmax(ints(), 0));
  REFUSES("log_softmax", shape, "[log_softmax] a: f32[2,3]: dim 2", log_softmax(m, 2));
  REFUSES("cross_entropy", shape, "[cross_entropy] a: f32[2,3], b: i64[3]: needs", cross_entropy(m, zeros(3, kInt64)));
  REFUSES("cross_entropy", dtype, "[cross_entropy] a: f32[2,3], b: f32[2]: target", cross_entropy(m, zeros(2)));
  REFUSES("cross_entropy", value, "b: i64[2]: target[0] is 7, outside of [0,3)", cross_entropy(m, far).item());
  REFUSES("mse_loss", dtype, "[mse_loss] a: i64[2], b: i64[2]: needs a floating", mse_loss(ints(), ints()));
  REFUSES("linear", shape, "[linear] a: f32[2,3], b: f32[2]: the weight must be", linear(m, zeros(2)));
  REFUSES("linear", dtype, "[linear] a: f32[2,3], b: i64[2,3]: dtypes", linear(m, zeros({2, 3}, kInt64)));
  REFUSES("dropout", value, "[dropout] p = 2.000000 is outside of [0, 1]", dropout(m, 2, true));
  REFUSES("grad", value, "[grad] outputs and inputs must not be empty", grad({}, {}));
  REFUSES("grad", state, "[grad] f32[2,3]: the tensor does not require", grad({m}, {leaf()}));
  REFUSES("grad", state, "[grad] no output depends on input 0", grad({leaf().sum()}, {leaf()}));
}

void add_loss_rows(Table& table) {
  const Tensor u, m = matrix();
  const std::string no = "] undefined tensor";
  const std::string floating = "] a: i64[2], b: i64[2]: needs a floating", unlike = "] a: f32[2,3], b: f32[2]: the ";
  REFUSES("l1_loss", dtype, "[l1_loss" + floating, l1_loss(ints(), ints()));
  REFUSES("smooth_l1_loss", shape, "[smooth_l1_loss" + unlike, smooth_l1_loss(m, zeros(2)));
  REFUSES("smooth_l1_loss", value, "[smooth_l1_loss] beta is negative", smooth_l1_loss(m, m, Reduction::mean, -1));
  REFUSES("huber_loss", value, "[huber_loss] delta is not above 0", huber_loss(m, m, Reduction::mean, 0));
  REFUSES("binary_cross_entropy", shape, "[binary_cross_entropy" + unlike, binary_cross_entropy(m, zeros(2)));
  REFUSES("binary_cross_entropy_with_logits", shape, "the target must have the shape of x",
          binary_cross_entropy_with_logits(m, zeros(3)));
  REFUSES("kl_div", shape, "[kl_div" + unlike, kl_div(m, zeros(2)));
  REFUSES("poisson_nll_loss", shape, "[poisson_nll_loss" + unlike, poisson_nll_loss(m, zeros(2)));
  REFUSES("gaussian_nll_loss", value, "[gaussian_nll_loss] eps is not", gaussian_nll_loss(m, m, m, false, 0));
  REFUSES("soft_margin_loss", dtype, "[soft_margin_loss" + floating, soft_margin_loss(ints(), ints()));
  REFUSES("margin_ranking_loss", shape, "[margin_ranking_loss] a: f32[2,3], b: f32[2], c: f32[2,3]: the",
          margin_ranking_loss(m, zeros(2), m));
  REFUSES("hinge_embedding_loss", shape, "[hinge_embedding_loss" + unlike, hinge_embedding_loss(m, zeros(2)));
  REFUSES("cosine_embedding_loss", shape, "[cosine_embedding_loss] a: f32[2,3], b: f32[2,3], c: f32[2,3]: needs a",
          cosine_embedding_loss(m, m, m));
  REFUSES("triplet_margin_loss", value, "[triplet_margin_loss] margin is", triplet_margin_loss(m, m, m, {.margin = 0}));
  REFUSES("cosine_similarity", shape, "[cosine_similarity] a: f32[2,3]: dim 2", cosine_similarity(m, m, 2));
  REFUSES("pairwise_distance", shape, "[pairwise_distance] a: f32[], b: f32[]: needs vectors",
          pairwise_distance(zeros({}), zeros({})));
  REFUSES("var", shape, "[var] a: f32[2,3]: dim 2", weft::var(m, 2));
  REFUSES("std", dtype, "[std] a: i64[2]: needs a floating", weft::std(ints()));
  REFUSES("norm", value, "[norm] p is nan", norm(m, std::nan("")));
  REFUSES("normalize", shape, "[normalize] a: f32[2,3]: dim 2", normalize(m, 2, 2));
  REFUSES("logsumexp", shape, "[logsumexp] a: f32[2,3]: dim -3", logsumexp(m, -3));
  REFUSES("any", shape, "[any] a: f32[2,3]: dim 2", any(m, 2));
  REFUSES("all", state, "[all" + no, all(u));
  REFUSES("mm", shape, "[mm] a: f32[2,3], b: f32[2]: needs a matrix and a matrix", mm(m, zeros(2)));
  REFUSES("bmm", shape, "[bmm] a: f32[2,3], b: f32[2,3]: needs a batch of matrices and", bmm(m, m));
  REFUSES("mv", shape, "[mv] a: f32[2,3], b: f32[2]: the extents do not fit", mv(m, zeros(2)));
  REFUSES("dot", shape, "[dot] a: f32[2], b: f32[3]: the extents do not fit", dot(zeros(2), zeros(3)));
  REFUSES("outer", shape, "[outer] a: f32[2,3], b: f32[2]: needs a vector and a vector", outer(m, zeros(2)));
  REFUSES("addmm", shape, "[addmm] a: f32[5], b: f32[2,3], c: f32[3,3]: x does", addmm(zeros(5), m, zeros({3, 3})));
  REFUSES("baddbmm", shape, "[baddbmm] a: f32[2,3], b: f32[2,3]: needs a batch", baddbmm(m, m, m));
}

data::DataLoader::Iterator end_of(const data::Dataset& dataset) {
  auto at = data::DataLoader(dataset, {}).begin();
  for (std::int64_t i = 0; i < dataset.inputs.size(0); ++i) ++at;
  return at;
}

void add_data_rows(Table& table) {
  using namespace data;
  const Dataset uneven{matrix(), zeros(3)}, good{matrix(), zeros(2)};
  const std::string types = "[DataLoader] inputs: f32[2,3], targets: f32[";
  REFUSES("data::read_idx", io, "[read_idx] /no/such/file: cannot be opened", read_idx("/no/such/file"));
  REFUSES("data::to_tensor", shape, "[to_tensor] IDX array[]: 0 bytes do not fit", to_tensor(IdxArray{}));
  REFUSES("data::fashion_mnist", io, "[fashion_mnist] /no/such", fashion_mnist("/no/such", true));
  REFUSES("data::DataLoader::DataLoader", shape, types + "3], batch_size: 1: there must", DataLoader(uneven, {}));
  REFUSES("data::DataLoader::DataLoader", value, types + "2], batch_size: 0", DataLoader(good, {.batch_size = 0}));
  REFUSES("data::DataLoader::DataLoader", state, "both tensors must be defined", DataLoader({}, {}));
  REFUSES("data::DataLoader::size", state, "[size] undefined", moved_from(DataLoader(good, {})).size());
  REFUSES("data::DataLoader::num_batches", state, "[size] undefined", moved_from(DataLoader(good, {})).num_batches());
  REFUSES("data::DataLoader::begin", state, "[size] undefined", moved_from(DataLoader(good, {})).begin());
  REFUSES_SOMEWHERE("data::DataLoader::Iterator::operator*", value, "[DataLoader] batch 2 of 2 does not exist",
                    *end_of(good));
}

void add_function_rows(Table& table) {
  const Tensor u, m = matrix();
  const auto same = compile([](Tensor x) { return x; });
  const std::function<Tensor(Tensor)> empty;
  const Function erased([](const std::vector<Tensor>& x) { return x; });
  const std::string moved = "[compile] this function was moved from";
  REFUSES("Function::Function", state, "[compile] the function is empty", Function(Function::Body()));
  REFUSES("Function::call", state, "[compile] undefined argument", erased.call({u}));
  REFUSES("Function::memory", state, moved, moved_from(erased).memory());
  REFUSES("Function::stats", state, moved, moved_from(erased).stats());
  REFUSES("Function::graph_text", state, moved, moved_from(erased).graph_text());
  REFUSES("Function::plan_text", state, moved, moved_from(erased).plan_text());
  REFUSES("Function::write_dot", state, moved, moved_from(erased).write_dot(std::cerr));
  REFUSES("Function::schedule_report", value, "[schedule_report] 0 workers", erased.schedule_report(0));
  REFUSES("Function::schedule_report", state, "[schedule_report] no program yet", erased.schedule_report(1));
  REFUSES("Function::trace_run", state, "[trace_run] no program yet", erased.trace_run("trace.json"));
  REFUSES("Function::explain_nonfinite", state, "[explain_nonfinite] undefined", erased.explain_nonfinite({u}));
  REFUSES("Function::explain_last_run", state, "[explain_last_run] the last run was not", erased.explain_last_run());
  REFUSES("Function::gradient_audit", state, "[gradient_audit] no program yet", erased.gradient_audit());
  REFUSES("Function::gradient_audit", state, "[gradient_audit] w is undefined", erased.gradient_audit({{"w", u}}));
  REFUSES("Compiled::explain_nonfinite", state, "[explain_nonfinite] undefined", same.explain_nonfinite(u));
  REFUSES("Function::report", state, "[report] no program yet", erased.report("report.html"));
  REFUSES("Compiled::Compiled", state, "[compile] the function is empty", Compiled<Tensor(Tensor)>(empty, {}));
  REFUSES("Compiled::operator()", state, "[compile] undefined argument", same(u));
  REFUSES("Function::call", value, "the function takes another number of", same.call({m, m}));
  REFUSES("compile", state, "[compile] the function is empty", compile(empty));
}

// What a module of the user's own may do.
struct Own : nn::Module {
  using Module::register_buffer;
  using Module::register_module;
  using Module::register_normal;
  using Module::register_parameter;
  using Module::register_uniform;
};

void add_module_rows(Table& table) {
  using namespace nn;
  const Tensor u, m = matrix();
  const std::shared_ptr<Module> null;
  REFUSES("nn::Module::forward", state, "[nn] Module: forward is not overridden", Module().forward(m));
  REFUSES("nn::Module::operator()", state, "[nn] Module: forward is not overridden", Module()(m));
  REFUSES("nn::Module::register_parameter", value, "[nn] Module: the name \"a.b\"", Own().register_parameter("a.b", m));
  REFUSES("nn::Module::register_parameter", state, "\"a\" is undefined", Own().register_parameter("a", u));
  REFUSES("nn::Module::register_buffer", state, "\"a\" requires gradients", Own().register_buffer("a", leaf()));
  REFUSES("nn::Module::register_normal", shape, "[zeros] shape [-1]", Own().register_normal("a", -1));
  REFUSES("nn::Module::register_uniform", shape, "[zeros] shape [-1]", Own().register_uniform("a", -1, 1));
  REFUSES("nn::Module::register_module", value, "[nn] Module: a name is empty", Own().register_module("", ReLU()));
  REFUSES("nn::Module::register_module", state, "\"a\" is null", Own().register_module("a", null));
  REFUSES("nn::Linear::Linear", shape, "[Linear] in -1: negative", Linear(-1, 2));
  REFUSES("nn::Linear::Linear", dtype, "[requires_grad_] i64[2,2]: only floating", Linear(2, 2, true, kInt64));
  REFUSES("nn::Linear::forward", shape, "[linear] a: f32[2,3], b: f32[5,4], c: f32[5]: the last", Linear(4, 5)(m));
  REFUSES_SOMEWHERE("nn::Sequential::Sequential", state, "[nn] Sequential(): the module \"0\"", Sequential{null});
  REFUSES("nn::Sequential::push_back", state, "[nn] Sequential(): the module \"0\"", Sequential().push_back(null));
  REFUSES("nn::Sequential::operator[]", value, "[Sequential] part 0 of 0 does not exist", Sequential()[0]);
  REFUSES("nn::Sequential::operator[]", value, "[Sequential] part -1 of 0 does not exist", Sequential()[-1]);
  REFUSES("nn::Sequential::forward", shape, "[linear] a: f32[2,3]", Sequential(ReLU(), Linear(4, 5))(m));
  REFUSES("nn::ReLU::forward", state, "[relu] undefined tensor", ReLU()(u));
  REFUSES("nn::Tanh::forward", state, "[tanh] undefined tensor", Tanh()(u));
  REFUSES("nn::Sigmoid::forward", state, "[sigmoid] undefined tensor", Sigmoid()(u));
  REFUSES("nn::GELU::forward", state, "[gelu] undefined tensor", GELU()(u));
  REFUSES("nn::Dropout::Dropout", value, "[Dropout] p 2.000000: not a probability", Dropout(2));
  REFUSES("nn::Dropout::forward", dtype, "[dropout] a: i64[2]: wants a floating", Dropout()(ints()));
  REFUSES("nn::Flatten::forward", shape, "[flatten] a: f32[2,3]: dim 4", Flatten(4)(m));
  REFUSES("nn::init::uniform_", value, "[uniform_] low 1.000000, high 0.000000: not", init::uniform_(m, 1, 0));
  REFUSES("nn::init::normal_", value, "[normal_] stddev -1.000000: negative", init::normal_(m, 0, -1));
  REFUSES("nn::init::constant_", dtype, "[constant_] i64[2]: not a floating", init::constant_(ints(), 1));
  REFUSES("nn::init::kaiming_uniform_", shape, "[kaiming_uniform_] f32[2]: the rank", init::kaiming_uniform_(zeros(2)));
  REFUSES("nn::init::kaiming_uniform_", value, "[kaiming_uniform_] low", init::kaiming_uniform_(m, NAN));
  REFUSES("nn::init::xavier_uniform_", state, "[xavier_uniform_] the tensor is", init::xavier_uniform_(u));
}

// An optimizer whose parameter has become the result of an operation.
std::shared_ptr<optim::SGD> stale_optimizer() {
  const Tensor x = leaf();
  x.sum().backward();
  auto optimizer = std::make_shared<optim::SGD>(std::vector<Tensor>{x});
  x.requires_grad_(false);
  x.add_(leaf());
  return optimizer;
}

void add_optimizer_rows(Table& table) {
  using namespace optim;
  const Tensor u, x = leaf();
  const auto sgd = std::make_shared<SGD>(std::vector<Tensor>{x});
  const auto stale = stale_optimizer();
  REFUSES("optim::Optimizer::step", state, "[assign] only a leaf can be written", stale->step());
  REFUSES("optim::Optimizer::lr", state, "[compile] f64[]: the value of a tensor", in_trace([=] { sgd->lr(); }));
  REFUSES("optim::Optimizer::set_lr", value, "[SGD] lr -1.000000: negative", sgd->set_lr(-1));
  REFUSES("optim::SGD::SGD", state, "[SGD] there are no parameters", SGD({}));
  REFUSES("optim::SGD::SGD", state, "[SGD] parameter 0 is undefined", SGD({u}));
  REFUSES("optim::SGD::SGD", state, "[SGD] parameter 1 is there twice", SGD({x, x}));
  REFUSES("optim::SGD::SGD", dtype, "[SGD] parameter 0 is not floating", SGD({ints()}));
  REFUSES("optim::SGD::SGD", value, "[SGD] nesterov needs momentum", SGD({x}, {.nesterov = true}));
  REFUSES("optim::Adam::Adam", value, "[Adam] beta1 1.000000: not in [0, 1)", Adam({x}, {.beta1 = 1}));
  REFUSES("optim::AdamW::AdamW", value, "[AdamW] eps -1.000000: negative", AdamW({x}, {.eps = -1}));
}

Table all_rows() {
  Table table;
  for (const auto add : {add_tensor_rows,
                         add_method_rows,
                         add_shape_rows,
                         add_math_method_rows,
                         add_math_rows,
                         add_image_rows,
                         add_activation_rows,
                         add_creation_rows,
                         add_elementwise_rows,
                         add_reduction_rows,
                         add_loss_rows,
                         add_data_rows,
                         add_function_rows,
                         add_module_rows,
                         add_optimizer_rows,
                         add_arrangement_rows,
                         add_indexing_rows,
                         add_several_indices_rows,
                         add_order_rows,
                         add_in_place_rows,
                         add_distribution_rows,
                         add_class_loss_rows,
                         add_sum_rows,
                         add_image_function_rows,
                         add_further_elementwise_rows,
                         add_further_statistics_rows,
                         add_further_arrangement_rows,
                         add_function_in_place_rows,
                         add_binary_in_place_rows,
                         add_distance_rows,
                         add_layer_rows,
                         add_image_module_rows,
                         add_state_rows,
                         add_embedding_rows,
                         add_attention_rows,
                         add_transformer_rows,
                         add_file_rows,
                         add_hook_rows,
                         add_custom_function_rows,
                         add_custom_op_rows,
                         add_vmap_rows,
                         add_functional_rows,
                         add_recurrent_rows})
    add(table);
  return table;
}

void expect_refused(const Row& row) {
  SCOPED_TRACE(row.function + " in line " + std::to_string(row.line));
  try {
    row.call();
    ADD_FAILURE() << "is not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), row.kind) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(row.text));
    EXPECT_EQ(error.where().line, row.line) << error.what();
    EXPECT_THAT(error.where().file, EndsWith(row.line > 0 ? row.file : ""));
  } catch (const std::exception& error) {
    ADD_FAILURE() << "is no weft::Error: " << error.what();
  }
}

TEST(HostilePublicCalls, AreRefusedInTheLineOfTheCall) {
  for (const Row& row : all_rows()) expect_refused(row);
}

// Functions that no argument makes fail, by the reason.
const std::map<std::string, std::set<std::string>> kInfallible = {
    {"accessor",
     {"autograd::AutogradContext::get_saved_variables",
      "is_anomaly_enabled",
      "optim::LBFGS::parameters",
      "Outputs::at",
      "Outputs::tensors",
      "optim::LRScheduler::base_lr",
      "optim::LRScheduler::epoch",
      "optim::LRScheduler::get_last_lr",
      "optim::LRScheduler::last_epoch",
      "optim::LRScheduler::optimizer",
      "optim::Optimizer::has_variable_momentum",
      "optim::Optimizer::momentum_tensor",
      "DimsRef::begin",
      "DimsRef::empty",
      "DimsRef::end",
      "DimsRef::is_list",
      "DimsRef::size",
      "DimsRef::vec",
      "Error::kind",
      "Error::where",
      "Extents::operator[]",
      "Extents::size",
      "GradFn::name",
      "GradFn::operator bool",
      "TensorIndex::TensorIndex",
      "TensorIndex::kind",
      "indexing::Slice::Bound::Bound",
      "indexing::Slice::Bound::place",
      "indexing::Slice::Slice",
      "indexing::Slice::start",
      "indexing::Slice::step",
      "indexing::Slice::stop",
      "Index::at",
      "Index::value",
      "Literal::dtype",
      "Literal::is_list",
      "Literal::items",
      "Literal::number",
      "Literal::whole",
      "Operand::at",
      "Operand::is_number",
      "Operand::number",
      "Operand::number_dtype",
      "Operand::tensor",
      "Operand::whole",
      "Factors::size",
      "Factors::operator[]",
      "Padding::extents",
      "Padding::name",
      "Shape::begin",
      "Shape::dims",
      "Shape::end",
      "Shape::numel",
      "Shape::rank",
      "Shape::vec",
      "Tensor::defined",
      "Tensor::is_same",
      "data::DataLoader::end",
      "data::DataLoader::epoch",
      "eager_stats",
      "grad_enabled",
      "nn::Module::children",
      "nn::Module::is_training",
      "StateDict::begin",
      "StateDict::contains",
      "StateDict::empty",
      "StateDict::end",
      "StateDict::find",
      "StateDict::size",
      "nn::Module::buffers",
      "nn::Module::named_buffers",
      "nn::Module::named_modules",
      "nn::Module::named_parameters",
      "nn::Module::parameters",
      "nn::ModuleDict::contains",
      "nn::ModuleDict::size",
      "nn::ModuleList::begin",
      "nn::ModuleList::end",
      "nn::ModuleList::size",
      "nn::ParameterList::begin",
      "nn::ParameterList::end",
      "nn::ParameterList::size",
      "nn::Sequential::size",
      "optim::Optimizer::group_of",
      "optim::Optimizer::lr_tensor",
      "optim::Optimizer::name",
      "optim::Optimizer::num_groups",
      "optim::Optimizer::parameters",
      "print_options",
      "version",
      "data::DataLoader::Iterator::operator=="}},
    {"holder",
     {"autograd::AutogradContext::set_materialize_grads",
      "autograd::AutogradContext::mark_non_differentiable",
      "HookHandle::HookHandle",
      "Outputs::Outputs",
      "DimsRef::DimsRef",
      "Error::Error",
      "GradFn::GradFn",
      "Index::Index",
      "Literal::Literal",
      "Operand::Operand",
      "Extents::Extents",
      "Padding::Padding",
      "nn::MaxPool2d::MaxPool2d",
      "nn::AvgPool2d::AvgPool2d",
      "nn::AdaptiveAvgPool2d::AdaptiveAvgPool2d",
      "Factors::Factors",
      "nn::Upsample::Upsample",
      "nn::PixelShuffle::PixelShuffle",
      "nn::PixelUnshuffle::PixelUnshuffle",
      "nn::ChannelShuffle::ChannelShuffle",
      "nn::Unfold::Unfold",
      "nn::Fold::Fold",
      "nn::LocalResponseNorm::LocalResponseNorm",
      "nn::LPPool::LPPool",
      "nn::ActivationModule::ActivationModule",
      "nn::LossOfThree::LossOfThree",
      "nn::LossOfTwo::LossOfTwo",
      "nn::ReLU6::ReLU6",
      "nn::LeakyReLU::LeakyReLU",
      "nn::ELU::ELU",
      "nn::SELU::SELU",
      "nn::CELU::CELU",
      "nn::SiLU::SiLU",
      "nn::Mish::Mish",
      "nn::Softplus::Softplus",
      "nn::Softsign::Softsign",
      "nn::LogSigmoid::LogSigmoid",
      "nn::Hardtanh::Hardtanh",
      "nn::Hardswish::Hardswish",
      "nn::Hardsigmoid::Hardsigmoid",
      "nn::Hardshrink::Hardshrink",
      "nn::Softshrink::Softshrink",
      "nn::Tanhshrink::Tanhshrink",
      "nn::Threshold::Threshold",
      "nn::GLU::GLU",
      "nn::Softmax::Softmax",
      "nn::LogSoftmax::LogSoftmax",
      "nn::Softmin::Softmin",
      "nn::Softmax2d::Softmax2d",
      "nn::Identity::Identity",
      "nn::MSELoss::MSELoss",
      "nn::L1Loss::L1Loss",
      "nn::SmoothL1Loss::SmoothL1Loss",
      "nn::HuberLoss::HuberLoss",
      "nn::KLDivLoss::KLDivLoss",
      "nn::PoissonNLLLoss::PoissonNLLLoss",
      "nn::SoftMarginLoss::SoftMarginLoss",
      "nn::HingeEmbeddingLoss::HingeEmbeddingLoss",
      "nn::MultiLabelMarginLoss::MultiLabelMarginLoss",
      "nn::CosineSimilarity::CosineSimilarity",
      "nn::PairwiseDistance::PairwiseDistance",
      "nn::GaussianNLLLoss::GaussianNLLLoss",
      "nn::MarginRankingLoss::MarginRankingLoss",
      "nn::CosineEmbeddingLoss::CosineEmbeddingLoss",
      "nn::TripletMarginLoss::TripletMarginLoss",
      "nn::TripletMarginWithDistanceLoss::TripletMarginWithDistanceLoss",
      "nn::CTCLoss::CTCLoss",
      "SourceLocation::current",
      "Error::at"}},
    {"flag",
     {"set_detect_anomaly", "DetectAnomalyGuard::DetectAnomalyGuard", "GradModeGuard::GradModeGuard",
      "NoGradGuard::NoGradGuard", "set_grad_enabled", "nn::Module::eval", "nn::Module::train"}},
    {"text",
     {"Summary::str",
      "autograd::GradcheckReport::str",
      "nn::AveragedModel::str",
      "nn::ModuleList::str",
      "nn::ModuleDict::str",
      "nn::ParameterList::str",
      "MemoryReport::str",
      "ScheduleReport::str",
      "Shape::str",
      "GradientAudit::str",
      "NonfiniteReport::str",
      "NonfiniteReport::Values::str",
      "op::Type::str",
      "nn::ActivationModule::str",
      "nn::Bilinear::str",
      "nn::CTCLoss::str",
      "nn::LossOfThree::str",
      "nn::LossOfTwo::str",
      "nn::PReLU::str",
      "nn::RReLU::str",
      "nn::Dropout::str",
      "nn::Flatten::str",
      "nn::GELU::str",
      "nn::Linear::str",
      "nn::Module::str",
      "nn::ReLU::str",
      "nn::Sequential::str",
      "nn::Sigmoid::str",
      "nn::Tanh::str",
      "nn::ConvNd::str",
      "nn::MaxPool2d::str",
      "nn::AvgPool2d::str",
      "nn::AdaptiveAvgPool2d::str",
      "nn::BatchNorm::str",
      "nn::LayerNorm::str",
      "nn::GroupNorm::str",
      "nn::PadNd::str",
      "nn::Upsample::str",
      "nn::PixelShuffle::str",
      "nn::PixelUnshuffle::str",
      "nn::ChannelShuffle::str",
      "nn::Unfold::str",
      "nn::Fold::str",
      "nn::LocalResponseNorm::str",
      "nn::LPPoolNd::str",
      "nn::DropoutNd::str",
      "nn::Embedding::str",
      "nn::EmbeddingBag::str",
      "nn::MultiheadAttention::str",
      "nn::TransformerEncoderLayer::str",
      "nn::TransformerDecoderLayer::str",
      "nn::TransformerEncoder::str",
      "nn::TransformerDecoder::str",
      "nn::RecurrentLayers::str",
      "nn::RNNCell::str",
      "nn::LSTMCell::str",
      "nn::GRUCell::str"}},
    {"total",
     {"Progress::finish",
      "Progress::done",
      "Progress::seconds",
      "Progress::rate",
      "Summary::rows",
      "Summary::parameters",
      "Summary::trainable_parameters",
      "Summary::parameter_bytes",
      "Summary::flops",
      "TensorBoard::path",
      "autograd::GradcheckReport::operator bool",
      "autograd::GradcheckReport::ok",
      "autograd::AutogradContext::save_for_backward",
      "HookHandle::remove",
      "optim::LBFGS::zero_grad",
      "optim::LRScheduler::state_dict",
      "optim::ReduceLROnPlateau::state_dict",
      "optim::ExponentialLR::ExponentialLR",
      "optim::MultiStepLR::MultiStepLR",
      "Shape::operator==",
      "GradientAudit::ok",
      "GradientAudit::operator bool",
      "NonfiniteReport::ok",
      "NonfiniteReport::operator bool",
      "NonfiniteReport::Values::finite",
      "op::Call::num_inputs",
      "op::Call::num_results",
      "op::Operation::name",
      "clear_plan_cache",
      "data::DataLoader::Iterator::operator++",
      "data::DataLoader::set_epoch",
      "is_floating",
      "is_integer",
      "name_of",
      "size_of",
      "nn::Module::zero_grad",
      "nn::Module::state_dict",
      "StateDict::erase",
      "optim::Optimizer::zero_grad",
      "optim::Optimizer::state_dict"}},
    {"deferred", {"nn::Flatten::Flatten"}},
    {"unchecked", {"DimsRef::operator[]", "op::Work::input", "op::Work::result"}},
    {"inherited",
     {"op::Call::Call",
      "Function::explain_bundle",
      "Function::call_bundle_into",
      "optim::LRScheduler::LRScheduler",
      "optim::LRScheduler::add_numbers_of",
      "optim::LRScheduler::undo_all",
      "optim::LRScheduler::advance",
      "optim::LRScheduler::add_numbers",
      "optim::LRScheduler::begin_again",
      "optim::LRScheduler::note_rates",
      "optim::LRScheduler::numbers",
      "optim::LRScheduler::require",
      "optim::LRScheduler::set_base_lr",
      "optim::LRScheduler::set_epoch",
      "optim::LRScheduler::set_momentum",
      "optim::LRScheduler::undo",
      "optim::LRScheduler::update",
      "optim::Optimizer::add_group",
      "optim::Optimizer::check_parameters",
      "optim::Optimizer::check_range",
      "optim::Optimizer::state",
      "Function::call_bundle",
      "nn::ConvNd::ConvNd",
      "nn::RecurrentLayers::RecurrentLayers",
      "nn::PadNd::PadNd",
      "nn::LPPoolNd::LPPoolNd",
      "nn::DropoutNd::DropoutNd",
      "optim::Optimizer::Optimizer"}},
    {"abstract",
     {"optim::LRScheduler::next_lr", "nn::ModuleOf::forward", "nn::ModuleOf::operator()",
      "optim::Optimizer::options_of", "optim::Optimizer::check_options_of", "optim::Optimizer::first_state_of",
      "optim::OptimizerOf::check", "optim::OptimizerOf::list", "optim::OptimizerOf::first_state",
      "optim::OptimizerOf::update_parameter", "optim::Optimizer::update"}},
    {"memory",
     {"nn::TransformerDecoderLayer::copy", "nn::TransformerEncoderLayer::copy", "optim::Optimizer::counter",
      "optim::Optimizer::scalar", "optim::Optimizer::zeros_like"}},
};

TEST(HostilePublicCalls, CoverEveryFunctionOfThePublicHeaders) {
  std::set<std::string> covered;
  for (const Row& row : all_rows()) covered.insert(row.function);
  const std::set<std::string> functions = public_functions("include/weft");
  EXPECT_GT(functions.size(), 250u);
  for (const auto& [reason, infallible] : kInfallible)
    for (const std::string& function : infallible)
      EXPECT_TRUE(covered.insert(function).second) << function << " is there twice: " << reason;
  for (const std::string& function : functions) EXPECT_TRUE(covered.contains(function)) << function << " has no row";
  for (const std::string& function : covered) EXPECT_TRUE(functions.contains(function)) << function << " is not public";
}

}  // namespace
}  // namespace weft
