// max_pool and avg_pool of channels-last images, and their gradients: pool_scatter puts numbers where maxima were,
// pool_gather takes them from there, avg_pool_data spreads averages.
#include "ops/kernels/pool/pool.h"

#include <algorithm>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/pool/pool_values.h"

namespace weft {
namespace {

constexpr int kMostExtents = 3;

// "extents" are those of the results, "in" those of the images. Where "adaptive" is set, result i of n takes the places
// from floor(i * in / n) to ceil((i + 1) * in / n), and the other options are not looked at.
PoolShape checked_shape(const OpCall& call, const Shape& images, const Dims& in) {
  const int rank = images.rank() - 2;
  call.require(rank >= 1 && rank <= kMostExtents, "images have 1 to 3 extents");
  call.require(static_cast<int>(in.size()) == rank, "the extents have another rank than the images");
  const auto option = [&](const char* name, std::int64_t least) {
    const Dims& dims = checked_attr<Dims>(call, name);
    call.require(ErrorKind::value, static_cast<int>(dims.size()) == rank, "an option has another number of extents");
    for (const std::int64_t d : dims)
      call.require(ErrorKind::value, d >= least && d < kMaxExtent, "an option is out of range");
    return dims;
  };
  const Dims kernel = option("kernel", 1), stride = option("stride", 1), padding = option("padding", 0),
             dilation = option("dilation", 1), out = option("extents", 1);
  const bool adaptive = checked_attr<bool>(call, "adaptive");
  PoolShape s;
  s.images = images[0];
  s.channels = images[images.rank() - 1];
  for (int d = 0; d < rank; ++d) {
    const auto i = static_cast<std::size_t>(d);
    call.require(in[i] > 0, "an image has no elements");
    call.require(ErrorKind::value, kernel[i] - 1 <= kMaxExtent / dilation[i] && out[i] - 1 <= kMaxExtent / stride[i],
                 "a window reaches too far");
    s.extents[static_cast<std::size_t>(kMostExtents - rank + d)] = {in[i],      out[i],      kernel[i], stride[i],
                                                                    padding[i], dilation[i], adaptive};
  }
  return s;
}

Dims middle(const Shape& images) {
  Dims dims;
  for (int d = 1; d + 1 < images.rank(); ++d) dims.push_back(images[d]);
  return dims;
}
Shape with_extents(const Shape& images, const Dims& extents) {
  Dims dims{images[0]};
  dims.insert(dims.end(), extents.begin(), extents.end());
  dims.push_back(images[images.rank() - 1]);
  return Shape(dims);
}

void require_floating_images(const OpCall& call) {
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype), "needs floating images");
}

// f(image) for each image: a part each.
template <class F>
Kernel image_kernel(std::int64_t images, F f) {
  if (images == 0) return {.run = [](const KernelArgs&) {}};
  return {.run = [f](const KernelArgs& args) { f(args, static_cast<std::int64_t>(args.part)); },
          .parts = static_cast<std::uint32_t>(images)};
}

// What parts touch: image `part` of operands and results of so many elements an image.
void set_regions(Kernel& kernel, std::vector<std::int64_t> elements) {
  kernel.region = [elements](std::uint32_t part, std::size_t slot) {
    return Region{elements[slot], part, 1, 0, elements[slot]};
  };
}

template <class F>
Kernel for_dtype(DType dtype, F f) {
  return dtype == DType::f64 ? f(double{}) : f(float{});
}

// ---- max_pool

Types infer_max(const OpCall& call) {
  require_floating_images(call);
  const Shape& x = call.in(0).shape;
  checked_shape(call, x, middle(x));
  const Shape result = with_extents(x, checked_attr<Dims>(call, "extents"));
  return {{call.in(0).dtype, result}, {DType::i64, result}};
}
Kernel compile_max(const OpCall& call) {
  const Shape& x = call.in(0).shape;
  const PoolShape s = checked_shape(call, x, middle(x));
  const std::int64_t in = s.in_places() * s.channels, out = s.out_places() * s.channels;
  Kernel kernel = for_dtype(call.in(0).dtype, [&]<class T>(T) {
    return image_kernel(s.images, [=](const KernelArgs& args, std::int64_t i) {
      max_pool(s, args.input<T>(0) + i * in, args.output<T>(0) + i * out, args.output<std::int64_t>(1) + i * out);
    });
  });
  set_regions(kernel, {in, out, out});
  return kernel;
}
void grad_max(GradCall& g) { g.set(0, pool_scatter(g.dout(), g.out(1), middle(g.in(0).shape()))); }
constexpr OpDef kMaxPool{.name = "max_pool",
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .infer = infer_max,
                         .grad = grad_max,
                         .compile = compile_max,
                         .grad_name = "MaxPool2DWithIndicesBackward0"};
WEFT_REGISTER_OP(kMaxPool);

// ---- pool_scatter, pool_gather: operand 1 has places in an image.

Types infer_scatter(const OpCall& call) {
  require_floating_images(call);
  const Shape& dy = call.in(0).shape;
  const Dims& extents = checked_attr<Dims>(call, "extents");
  call.require(dy.rank() >= 3 && dy.rank() <= kMostExtents + 2, "images have 1 to 3 extents");
  call.require(static_cast<int>(extents.size()) == dy.rank() - 2, "the extents have another rank than the images");
  call.require(call.in(1).dtype == DType::i64 && call.in(1).shape == dy, "the places must be i64, one for each number");
  for (const std::int64_t e : extents)
    call.require(ErrorKind::value, e >= 1 && e < kMaxExtent, "an extent is out of range");
  return {{call.in(0).dtype, with_extents(dy, extents)}};
}
Types infer_gather(const OpCall& call) {
  require_floating_images(call);
  const Shape &x = call.in(0).shape, &places = call.in(1).shape;
  call.require(x.rank() >= 3 && x.rank() <= kMostExtents + 2, "images have 1 to 3 extents");
  call.require(call.in(1).dtype == DType::i64 && places.rank() == x.rank() && places[0] == x[0] &&
                   places[places.rank() - 1] == x[x.rank() - 1],
               "the places must be i64, for the same images and channels");
  return {{call.in(0).dtype, places}};
}

// f(numbers of an image, its places, result, number of places, of elements, channels)
template <class F>
Kernel compile_places(const OpCall& call, const Shape& places, const Shape& image, F f) {
  const std::int64_t images = places[0], channels = places[places.rank() - 1];
  const std::int64_t from = images > 0 ? call.in(0).shape.numel() / images : 0;
  const std::int64_t count = images > 0 ? places.numel() / images : 0,
                     to = images > 0 ? call.out().shape.numel() / images : 0;
  const std::int64_t limit = image.numel() / std::max<std::int64_t>(1, images * channels);
  Kernel kernel = for_dtype(call.in(0).dtype, [&]<class T>(T) {
    return image_kernel(images, [=](const KernelArgs& args, std::int64_t i) {
      const std::int64_t* const index = args.input<std::int64_t>(1) + i * count;
      if (std::any_of(index, index + count, [&](std::int64_t at) { return at < kNoPlace || at >= limit; }))
        throw Error(ErrorKind::value, "a place is outside of the image");
      f(args.input<T>(0) + i * from, index, args.output<T>() + i * to, count, to, channels);
    });
  });
  set_regions(kernel, {from, count, to});
  return kernel;
}
Kernel compile_scatter(const OpCall& call) {
  return compile_places(call, call.in(1).shape, call.out().shape,
                        [](const auto* dy, const std::int64_t* index, auto* dx, std::int64_t count,
                           std::int64_t elements, std::int64_t channels) {
                          std::fill_n(dx, elements, std::remove_reference_t<decltype(*dx)>{0});
                          for (std::int64_t j = 0; j < count; ++j)
                            if (index[j] != kNoPlace) dx[index[j] * channels + j % channels] += dy[j];
                        });
}
Kernel compile_gather(const OpCall& call) {
  return compile_places(
      call, call.in(1).shape, call.in(0).shape,
      [](const auto* x, const std::int64_t* index, auto* y, std::int64_t count, std::int64_t, std::int64_t channels) {
        for (std::int64_t j = 0; j < count; ++j) {
          y[j] = 0;
          if (index[j] != kNoPlace) y[j] = x[index[j] * channels + j % channels];
        }
      });
}
void grad_scatter(GradCall& g) { g.set(0, pool_gather(g.dout(), g.in(1))); }
void grad_gather(GradCall& g) { g.set(0, pool_scatter(g.dout(), g.in(1), middle(g.in(0).shape()))); }
constexpr OpDef kPoolScatter{.name = "pool_scatter",
                             .min_inputs = 2,
                             .max_inputs = 2,
                             .infer = infer_scatter,
                             .grad = grad_scatter,
                             .compile = compile_scatter,
                             .may_throw = true};
WEFT_REGISTER_OP(kPoolScatter);
constexpr OpDef kPoolGather{.name = "pool_gather",
                            .min_inputs = 2,
                            .max_inputs = 2,
                            .infer = infer_gather,
                            .grad = grad_gather,
                            .compile = compile_gather,
                            .may_throw = true};
WEFT_REGISTER_OP(kPoolGather);

// ---- avg_pool

PoolDivisor divisor_of(const OpCall& call) {
  return {checked_attr<bool>(call, "count_include_pad"), checked_attr_in(call, "divisor", 0, kMaxExtent)};
}
Types infer_average(const OpCall& call) {
  require_floating_images(call);
  const Shape& x = call.in(0).shape;
  checked_shape(call, x, middle(x));
  divisor_of(call);
  return {{call.in(0).dtype, with_extents(x, checked_attr<Dims>(call, "extents"))}};
}
Types infer_average_data(const OpCall& call) {
  require_floating_images(call);
  const Shape& dy = call.in(0).shape;
  const Dims& in = checked_attr<Dims>(call, "in");
  checked_shape(call, dy, in);
  divisor_of(call);
  call.require(middle(dy) == checked_attr<Dims>(call, "extents"), "the gradient has not the shape of the result");
  return {{call.in(0).dtype, with_extents(dy, in)}};
}
Kernel compile_average(const OpCall& call) {
  const Shape& x = call.in(0).shape;
  const PoolShape s = checked_shape(call, x, middle(x));
  const std::int64_t in = s.in_places() * s.channels, out = s.out_places() * s.channels;
  Kernel kernel = for_dtype(call.in(0).dtype, [&]<class T>(T) {
    return image_kernel(s.images, [=, by = divisor_of(call)](const KernelArgs& args, std::int64_t i) {
      average_pool(s, by, args.input<T>(0) + i * in, args.output<T>() + i * out, static_cast<double*>(args.scratch));
    });
  });
  kernel.scratch_bytes = static_cast<std::size_t>(s.channels) * sizeof(double);
  set_regions(kernel, {in, out});
  return kernel;
}
Kernel compile_average_data(const OpCall& call) {
  const PoolShape s = checked_shape(call, call.in(0).shape, call.attr<Dims>("in"));
  const std::int64_t in = s.in_places() * s.channels, out = s.out_places() * s.channels;
  Kernel kernel = for_dtype(call.in(0).dtype, [&]<class T>(T) {
    return image_kernel(s.images, [=, by = divisor_of(call)](const KernelArgs& args, std::int64_t i) {
      average_pool_gradient(s, by, args.input<T>(0) + i * out, args.output<T>() + i * in);
    });
  });
  set_regions(kernel, {out, in});
  return kernel;
}
AveragePoolRule rule_of(const GradCall& g) {
  return {{g.attr<Dims>("kernel"), g.attr<Dims>("stride"), g.attr<Dims>("padding"), g.attr<Dims>("dilation"),
           g.attr<Dims>("extents"), g.attr<bool>("adaptive")},
          g.attr<bool>("count_include_pad"),
          g.attr<std::int64_t>("divisor")};
}
void grad_average(GradCall& g) { g.set(0, avg_pool_data(g.dout(), rule_of(g), middle(g.in(0).shape()))); }
void grad_average_data(GradCall& g) { g.set(0, avg_pool(g.dout(), rule_of(g))); }
constexpr OpDef kAvgPool{.name = "avg_pool",
                         .min_inputs = 1,
                         .max_inputs = 1,
                         .infer = infer_average,
                         .grad = grad_average,
                         .compile = compile_average,
                         .grad_name = "AvgPool2DBackward0"};
WEFT_REGISTER_OP(kAvgPool);
constexpr OpDef kAvgPoolData{.name = "avg_pool_data",
                             .min_inputs = 1,
                             .max_inputs = 1,
                             .infer = infer_average_data,
                             .grad = grad_average_data,
                             .compile = compile_average_data,
                             .grad_name = "AvgPool2DBackwardBackward0"};
WEFT_REGISTER_OP(kAvgPoolData);

Attrs attributes(const PoolRule& rule) {
  return {{"kernel", rule.kernel},     {"stride", rule.stride},   {"padding", rule.padding},
          {"dilation", rule.dilation}, {"extents", rule.extents}, {"adaptive", rule.adaptive}};
}
Attrs attributes(const AveragePoolRule& rule) {
  Attrs attrs = attributes(rule.windows);
  attrs.set("count_include_pad", rule.count_include_pad);
  attrs.set("divisor", rule.divisor);
  return attrs;
}

}  // namespace

Value max_pool(const Value& x, const PoolRule& rule) { return x.builder().record(kMaxPool, {x}, attributes(rule)); }
Value pool_scatter(const Value& dy, const Value& places, const Dims& extents) {
  return dy.builder().record(kPoolScatter, {dy, places}, {{"extents", extents}});
}
Value pool_gather(const Value& x, const Value& places) { return x.builder().record(kPoolGather, {x, places}); }
Value avg_pool(const Value& x, const AveragePoolRule& rule) {
  return x.builder().record(kAvgPool, {x}, attributes(rule));
}
Value avg_pool_data(const Value& dy, const AveragePoolRule& rule, const Dims& in) {
  Attrs attrs = attributes(rule);
  attrs.set("in", in);
  return dy.builder().record(kAvgPoolData, {dy}, std::move(attrs));
}

}  // namespace weft
