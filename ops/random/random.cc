// Random tensors: rand, randn, randint. Philox 4x32-10 (Salmon et al., SC 2011) makes each element a function of the
// seed, the number of the draw and the element's index.
#include "ops/random/random.h"

#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

TensorType infer_draw(const OpCall& call) {
  call.require(call.in(0) == TensorType{DType::i64, {2}}, "wants the generator's state, i64[2]");
  checked_attr_in(call, "offset", 0, kMaxExtent);
  return {checked_attr<DType>(call, "dtype"), Shape(checked_attr<Dims>(call, "shape"))};
}

Types infer_floating(const OpCall& call) {
  const TensorType type = infer_draw(call);
  call.require(ErrorKind::dtype, is_floating(type.dtype), "wants a floating dtype");
  return {type};
}

Types infer_randint(const OpCall& call) {
  const TensorType type = infer_draw(call);
  const auto low = checked_attr<std::int64_t>(call, "low"), high = checked_attr<std::int64_t>(call, "high");
  if (low >= high)
    call.fail(ErrorKind::value, "no integer lies in [" + std::to_string(low) + ", " + std::to_string(high) + ")");
  call.require(ErrorKind::dtype, type.dtype != DType::boolean, "wants a dtype of numbers");
  call.require(
      ErrorKind::value,
      !is_integer(type.dtype) || (wrapped(low, type.dtype) == low && wrapped(high - 1, type.dtype) == high - 1),
      "the dtype does not hold each integer of the range");
  const std::int64_t exact = std::int64_t{1} << (type.dtype == DType::f32 ? 24 : 53);
  if (is_floating(type.dtype) && (low < -exact || high > exact))
    call.fail(ErrorKind::value, std::string(name_of(type.dtype)) + " does not hold each integer of the range");
  return {type};
}

// One draw: 128 random bits for each block of elements.
class Draw {
 public:
  using Bits = r123::Philox4x32::ctr_type;

  Draw(const std::int64_t* state, std::int64_t offset)
      : number_(static_cast<std::uint64_t>(state[1]) + static_cast<std::uint64_t>(offset)) {
    const auto seed = static_cast<std::uint64_t>(state[0]);
    key_ = {{low(seed), high(seed)}};
  }
  Bits operator()(std::int64_t block) const {
    const auto index = static_cast<std::uint64_t>(block);
    return r123::Philox4x32()({{low(index), high(index), low(number_), high(number_)}}, key_);
  }

  static std::uint32_t low(std::uint64_t x) { return static_cast<std::uint32_t>(x); }
  static std::uint32_t high(std::uint64_t x) { return static_cast<std::uint32_t>(x >> 32); }

 private:
  std::uint64_t number_;
  r123::Philox4x32::key_type key_;
};

std::uint64_t word(const Draw::Bits& bits, std::size_t i) {
  return bits[2 * i] | static_cast<std::uint64_t>(bits[2 * i + 1]) << 32;
}

// Uniform in [0, 1): the bits that the mantissa holds, 4 floats or 2 doubles a block.
std::array<float, 4> uniform(const Draw::Bits& bits, float) {
  std::array<float, 4> u;
  for (std::size_t i = 0; i < 4; ++i) u[i] = static_cast<float>(bits[i] >> 8) * 0x1p-24f;
  return u;
}
std::array<double, 2> uniform(const Draw::Bits& bits, double) {
  return {static_cast<double>(word(bits, 0) >> 11) * 0x1p-53, static_cast<double>(word(bits, 1) >> 11) * 0x1p-53};
}

// Box and Muller 1958: pairs of uniforms become pairs of normals. 1 - u lies in (0, 1], so the logarithm is finite.
template <class T>
auto normal(const Draw::Bits& bits, T) {
  auto u = uniform(bits, T{});
  for (std::size_t i = 0; i < u.size(); i += 2) {
    const T radius = std::sqrt(T{-2} * std::log(T{1} - u[i])), angle = 2 * std::numbers::pi_v<T> * u[i + 1];
    u[i] = radius * std::cos(angle);
    u[i + 1] = radius * std::sin(angle);
  }
  return u;
}

// Block after block through `elements`, which turns 128 bits into an array of elements.
template <class T, class F>
Kernel kernel_of(const OpCall& call, F elements) {
  return {.run = [n = call.out().shape.numel(), offset = call.attr<std::int64_t>("offset"),
                  elements](const KernelArgs& args) {
    const Draw draw(args.input<std::int64_t>(0), offset);
    T* out = args.output<T>();
    constexpr auto kWidth = static_cast<std::int64_t>(std::tuple_size_v<decltype(elements(Draw::Bits{}))>);
    for (std::int64_t i = 0; i < n; i += kWidth) {
      const auto block = elements(draw(i / kWidth));
      if (n - i >= kWidth)
        std::copy_n(block.begin(), kWidth, out + i);
      else
        std::copy_n(block.begin(), n - i, out + i);
    }
  }};
}

Kernel compile_rand(const OpCall& call) {
  return with_float_type(call.out().dtype, [&]<class T>(T) {
    return kernel_of<T>(call, [](const Draw::Bits& bits) { return uniform(bits, T{}); });
  });
}

Kernel compile_randn(const OpCall& call) {
  return with_float_type(call.out().dtype, [&]<class T>(T) {
    return kernel_of<T>(call, [](const Draw::Bits& bits) { return normal(bits, T{}); });
  });
}

// The high half of word * range: as even as 64 bits over `range` numbers can be.
std::uint64_t below(std::uint64_t word, std::uint64_t range) {
  return static_cast<std::uint64_t>(static_cast<unsigned __int128>(word) * range >> 64);
}

Kernel compile_randint(const OpCall& call) {
  const auto low = static_cast<std::uint64_t>(call.attr<std::int64_t>("low"));
  const std::uint64_t range = static_cast<std::uint64_t>(call.attr<std::int64_t>("high")) - low;
  return with_element_type(call.out().dtype, [&]<class T>(T) {
    return kernel_of<T>(call, [low, range](const Draw::Bits& bits) {
      const auto pick = [&](std::size_t i) {
        return static_cast<T>(std::bit_cast<std::int64_t>(low + below(word(bits, i), range)));
      };
      return std::array<T, 2>{pick(0), pick(1)};
    });
  });
}

constexpr OpDef kRand{
    .name = "rand", .min_inputs = 1, .max_inputs = 1, .infer = infer_floating, .compile = compile_rand};
WEFT_REGISTER_OP(kRand);
constexpr OpDef kRandn{
    .name = "randn", .min_inputs = 1, .max_inputs = 1, .infer = infer_floating, .compile = compile_randn};
WEFT_REGISTER_OP(kRandn);
constexpr OpDef kRandint{
    .name = "randint", .min_inputs = 1, .max_inputs = 1, .infer = infer_randint, .compile = compile_randint};
WEFT_REGISTER_OP(kRandint);

// A call that is refused takes no draw.
Tensor draw(const OpDef& op, DType dtype, DimsRef dims, Attrs attrs, SourceLocation at) {
  const TensorType type{dtype, checked_shape(op.name, {}, at, dims)};
  CaptureScope scope(at);
  const RandomState random = next_random(scope);
  attrs.set("dtype", type.dtype);
  attrs.set("shape", type.shape.vec());
  attrs.set("offset", random.offset);
  return scope.made(scope.builder().record(op, {random.state}, std::move(attrs)));
}

}  // namespace

Value rand(const RandomState& random, const TensorType& type) {
  return random.state.builder().record(
      kRand, {random.state}, Attrs{{"dtype", type.dtype}, {"offset", random.offset}, {"shape", type.shape.vec()}});
}

Tensor rand(DimsRef shape, DType dtype, SourceLocation at) { return draw(kRand, dtype, shape, {}, at); }
Tensor randn(DimsRef shape, DType dtype, SourceLocation at) { return draw(kRandn, dtype, shape, {}, at); }

Tensor randint(std::int64_t low, std::int64_t high, DimsRef shape, DType dtype, SourceLocation at) {
  return draw(kRandint, dtype, shape, Attrs{{"high", high}, {"low", low}}, at);
}

Tensor rand_like(const Tensor& like, SourceLocation at) {
  if (!like.defined()) fail_call(ErrorKind::state, "rand_like", {}, at, "undefined tensor");
  return draw(kRand, like.dtype(), like.shape(), {}, at);
}

Tensor randn_like(const Tensor& like, SourceLocation at) {
  if (!like.defined()) fail_call(ErrorKind::state, "randn_like", {}, at, "undefined tensor");
  return draw(kRandn, like.dtype(), like.shape(), {}, at);
}

}  // namespace weft
