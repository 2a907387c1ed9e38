// Images are channels-last, as oneDNN computes them without a layout of its own; weights are packed as it wants them,
// which is little beside the images.
#include <algorithm>
#include <optional>
#include <string>
#include <tuple>

#include "graph/alignment.h"
#include "ops/kernels/onednn/onednn.h"
#include "ops/kernels/onednn/primitive_cache.h"

namespace weft {
namespace {

using Dims = dnnl::memory::dims;
using Tag = dnnl::memory::format_tag;
using Desc = dnnl::memory::desc;
constexpr auto kF32 = dnnl::memory::data_type::f32;

Dims extents(const ConvShape& s, const ConvShape::Extents& e) { return {e.end() - s.rank, e.end()}; }

Desc images_of(const ConvShape& s, std::int64_t channels, const ConvShape::Extents& e) {
  Dims dims{s.images, channels};
  for (const std::int64_t extent : extents(s, e)) dims.push_back(extent);
  return {dims, kF32, s.rank == 1 ? Tag::nwc : s.rank == 2 ? Tag::nhwc : Tag::ndhwc};
}

Desc weights_of(const ConvShape& s, Tag one, Tag two, Tag three) {
  Dims dims;
  if (s.groups > 1) dims.push_back(s.groups);
  dims.insert(dims.end(), {s.out_channels / s.groups, s.in_channels / s.groups});
  for (const std::int64_t extent : extents(s, s.kernel)) dims.push_back(extent);
  return {dims, kF32, s.rank == 1 ? one : s.rank == 2 ? two : three};
}

// With packing: before the product, or after it where the weights are the result.
struct Convolution {
  std::shared_ptr<const Primitive> product, pack;  // null: the weights are in place
  std::size_t packed = 0;                          // which argument of the packing has its layout

  std::size_t packed_bytes() const { return pack ? aligned(pack->bytes(packed)) : 0; }
  std::size_t scratch_bytes() const {
    return packed_bytes() + std::max(product->bytes(3), pack ? pack->bytes(2) : std::size_t{0});
  }
};

template <class Op, class Hint, class... A>
typename Op::primitive_desc describe(const Hint* hint, A... arguments) {
#if DNNL_VERSION_MAJOR >= 3
  if constexpr (std::is_same_v<Hint, void>)
    return {onednn_engine(), arguments..., user_scratchpad()};
  else
    return {onednn_engine(), arguments..., *hint, user_scratchpad()};
#else
  if constexpr (std::is_same_v<Hint, void>)
    return {typename Op::desc(arguments...), user_scratchpad(), onednn_engine()};
  else
    return {typename Op::desc(arguments...), user_scratchpad(), onednn_engine(), *hint};
#endif
}

std::shared_ptr<const Primitive> packing(const Desc& from, const Desc& to) {
  if (from == to) return nullptr;
  const dnnl::reorder::primitive_desc pd(onednn_engine(), from, onednn_engine(), to, user_scratchpad());
  return std::make_shared<const Primitive>(
      noted({"conv",
             dnnl::reorder(pd),
             {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}, {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc()}}}));
}

Convolution make(ConvProduct product, const ConvShape& s) {
  const Desc x = images_of(s, s.in_channels, s.in), y = images_of(s, s.out_channels, s.out);
  const Desc plain =
      s.groups > 1 ? weights_of(s, Tag::goiw, Tag::goihw, Tag::goidhw) : weights_of(s, Tag::oiw, Tag::oihw, Tag::oidhw);
  const Desc any = weights_of(s, Tag::any, Tag::any, Tag::any);
  Dims dilation = extents(s, s.dilation);
  for (std::int64_t& d : dilation) --d;
  const Dims stride = extents(s, s.stride), before = extents(s, s.before), after = extents(s, s.after);
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const auto forward =
      describe<dnnl::convolution_forward>(static_cast<const void*>(nullptr), dnnl::prop_kind::forward_training, kDirect,
                                          x, any, y, stride, dilation, before, after);
  const auto primitive = [](const auto& pd, auto op, std::pair<int, Desc> a, std::pair<int, Desc> b,
                            std::pair<int, Desc> to) {
    return std::make_shared<const Primitive>(
        noted({"conv", std::move(op), {a, b, to, {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc()}}}));
  };
  switch (product) {
    case ConvProduct::forward:
      return {primitive(forward, dnnl::convolution_forward(forward), {DNNL_ARG_SRC, x},
                        {DNNL_ARG_WEIGHTS, forward.weights_desc()}, {DNNL_ARG_DST, y}),
              packing(plain, forward.weights_desc()), 1};
    case ConvProduct::data: {
      const auto pd =
          describe<dnnl::convolution_backward_data>(&forward, kDirect, x, any, y, stride, dilation, before, after);
      return {primitive(pd, dnnl::convolution_backward_data(pd), {DNNL_ARG_DIFF_DST, y},
                        {DNNL_ARG_WEIGHTS, pd.weights_desc()}, {DNNL_ARG_DIFF_SRC, x}),
              packing(plain, pd.weights_desc()), 1};
    }
    default: {
      const auto pd =
          describe<dnnl::convolution_backward_weights>(&forward, kDirect, x, any, y, stride, dilation, before, after);
      return {primitive(pd, dnnl::convolution_backward_weights(pd), {DNNL_ARG_SRC, x}, {DNNL_ARG_DIFF_DST, y},
                        {DNNL_ARG_DIFF_WEIGHTS, pd.diff_weights_desc()}),
              packing(pd.diff_weights_desc(), plain), 0};
    }
  }
}

std::shared_ptr<const Convolution> convolution_of(ConvProduct product, const ConvShape& shape) {
  using Key = std::tuple<ConvProduct, ConvShape>;
  static auto& cache = *new PrimitiveCache<Key, Convolution>;
  return cache.get({product, shape}, [&] { return make(product, shape); });
}

// The parts of `step` images, and the last one of what is left.
struct Parts {
  ConvProduct product;
  ConvShape shape;
  std::int64_t step;
  std::shared_ptr<const Convolution> whole, rest;

  std::int64_t count() const { return (shape.images + step - 1) / step; }
  const std::shared_ptr<const Convolution>& of(std::uint32_t part) const {
    return rest && part + 1 == count() ? rest : whole;
  }
};

class ConvolutionExecution {
 public:
  explicit ConvolutionExecution(const Convolution& convolution) : product_(convolution.product) {
    if (convolution.pack) pack_.emplace(convolution.pack);
  }

  void operator()(const Parts& parts, const KernelArgs& args) {
    const ConvShape& s = parts.shape;
    const std::int64_t first = args.part * parts.step;
    const float* const a = args.input<float>(0);
    const float* const b = args.input<float>(1);
    float* const to = args.output<float>();
    const Convolution& convolution = *parts.of(args.part);
    auto* const packed = static_cast<char*>(args.scratch);
    char* const scratch = packed + convolution.packed_bytes();
    if (parts.product == ConvProduct::weights) {
      float* const own = to + args.part * s.weights();
      product_({a + first * s.in_elements(), b + first * s.out_elements(), pack_ ? static_cast<void*>(packed) : own,
                scratch});
      if (pack_) (*pack_)({packed, own, scratch});
      return;
    }
    if (pack_) (*pack_)({b, packed, scratch});
    const void* const weights = pack_ ? static_cast<const void*>(packed) : b;
    const bool is_forward = parts.product == ConvProduct::forward;
    const std::int64_t from = is_forward ? s.in_elements() : s.out_elements();
    const std::int64_t result = is_forward ? s.out_elements() : s.in_elements();
    product_({a + first * from, weights, to + first * result, scratch});
  }

 private:
  PrimitiveExecution product_;
  std::optional<PrimitiveExecution> pack_;
};

}  // namespace

Kernel onednn_convolution(ConvProduct product, const ConvShape& shape, std::int64_t step) {
  const auto parts = std::make_shared<Parts>(Parts{product, shape, step, nullptr, nullptr});
  ConvShape part = shape;
  part.images = std::min(step, shape.images);
  parts->whole = convolution_of(product, part);
  if (shape.images > step && shape.images % step != 0) {
    part.images = shape.images % step;
    parts->rest = convolution_of(product, part);
  }
  const auto instance = [parts] {
    // Of one part: it comes to know which when it is run.
    return KernelFn(
        [parts, execution = std::make_shared<std::optional<ConvolutionExecution>>()](const KernelArgs& args) {
          if (!*execution) execution->emplace(*parts->of(args.part));
          (**execution)(*parts, args);
        });
  };
  const auto region = [parts](std::uint32_t p, std::size_t slot) -> Region {
    const ConvShape& s = parts->shape;
    const std::int64_t first = p * parts->step, count = std::min(parts->step, s.images - first);
    const auto of_images = [&](std::int64_t width) { return Region{width, first, count, 0, width}; };
    switch (parts->product) {
      case ConvProduct::forward:
        return slot == 1 ? Region{} : of_images(slot == 0 ? s.in_elements() : s.out_elements());
      case ConvProduct::data:
        return slot == 1 ? Region{} : of_images(slot == 0 ? s.out_elements() : s.in_elements());
      default:
        return slot == 2 ? Region{s.weights(), p, 1, 0, s.weights()}
                         : of_images(slot == 0 ? s.in_elements() : s.out_elements());
    }
  };
  return {.run =
              [parts](const KernelArgs& args) {
                ConvolutionExecution execution(*parts->of(args.part));
                execution(*parts, args);
              },
          .scratch_bytes =
              std::max(parts->whole->scratch_bytes(), parts->rest ? parts->rest->scratch_bytes() : std::size_t{0}),
          .instance = instance,
          .parts = static_cast<std::uint32_t>(parts->count()),
          .region = region,
          .flops = shape.flops()};
}

}  // namespace weft
