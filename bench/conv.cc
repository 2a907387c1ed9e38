// How fast the convolutions of networks are on one thread: the layers of ResNet-20 and ResNet-50 and of MobileNet-v1,
// forward, and the gradients of images and weights.
//
// conv/<product>/<layer>: as the library computes it, parts, packing of weights and sums of parts included.
// any/<product>/<layer>: a primitive of oneDNN in the layout that it likes best (format_tag::any) for all of its
// operands, already in that layout: what no library reaches that has to move its data there. of_peak is the share of
// what the fused multiply-adds of one core give. A layer is <images>x<channels>x<extent> to <channels>, k<kernel>.
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 makes them comparable on a busy machine.
#include <benchmark/benchmark.h>

#include <cmath>
#include <deque>
#include <string>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/conv.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "bench/peak-inl.h"

#if HWY_ONCE

#include "graph/graph.h"
#include "graph/storage.h"
#include "ops/conv/conv.h"
#include "ops/kernels/conv/direct.h"
#include "ops/kernels/onednn/primitive.h"

namespace weft {
namespace {

struct Layer {
  std::int64_t images, in, out, extent, kernel, stride = 1, groups = 1;

  ConvShape shape() const {
    ConvShape s;
    s.images = images, s.in_channels = in, s.out_channels = out, s.groups = groups;
    const std::int64_t pad = kernel / 2, result = (extent + 2 * pad - kernel) / stride + 1;
    for (std::size_t d : {1, 2}) {
      s.in[d] = extent, s.out[d] = result, s.kernel[d] = kernel, s.stride[d] = stride;
      s.before[d] = s.after[d] = pad;
    }
    return s;
  }
  std::string name() const {
    return std::to_string(images) + "x" + std::to_string(in) + "x" + std::to_string(extent) + "/to" +
           std::to_string(out) + "/k" + std::to_string(kernel) + (stride > 1 ? "/s" + std::to_string(stride) : "") +
           (groups > 1 ? "/depthwise" : "");
  }
};

constexpr Layer kLayers[] = {
    // ResNet-20
    {32, 3, 16, 32, 3},
    {32, 16, 16, 32, 3},
    {32, 16, 32, 32, 3, 2},
    {32, 16, 32, 32, 1, 2},
    {32, 32, 32, 16, 3},
    {32, 32, 64, 16, 3, 2},
    {32, 64, 64, 8, 3},
    // ResNet-50
    {4, 3, 64, 224, 7, 2},
    {4, 64, 64, 56, 1},
    {4, 64, 64, 56, 3},
    {4, 64, 256, 56, 1},
    {4, 256, 64, 56, 1},
    {4, 128, 128, 28, 3},
    {4, 256, 256, 14, 3},
    {4, 512, 512, 7, 3},
    {4, 2048, 512, 7, 1},
    // MobileNet-v1
    {4, 3, 32, 224, 3, 2},
    {4, 32, 32, 112, 3, 1, 32},
    {4, 32, 64, 112, 1},
    {4, 128, 128, 56, 3, 2, 128},
    {4, 256, 256, 28, 1},
    {4, 512, 512, 14, 3, 1, 512},
    {4, 512, 512, 14, 1},
};
constexpr const char* kProducts[] = {"forward", "data", "weights"};

struct Array {
  explicit Array(std::int64_t elements) : buffer(static_cast<std::size_t>(elements) * sizeof(float)) {
    for (std::int64_t i = 0; i < elements; ++i) data()[i] = static_cast<float>(i * 37 % 101) / 101 - 0.5f;
  }
  float* data() { return static_cast<float*>(buffer.data()); }
  Buffer buffer;
};

void report(benchmark::State& state, const ConvShape& s) {
  using benchmark::Counter;
  state.counters["GF/s"] = Counter(s.flops() * 1e-9, Counter::kIsIterationInvariantRate);
  state.counters["of_peak"] = Counter(s.flops() / peak_flops(), Counter::kIsIterationInvariantRate);
}

// One image against the definition: what was measured computed something. The gradient of weights is of all images.
void check(benchmark::State& state, ConvProduct product, ConvShape s, Array& a, Array& b, Array& to,
           std::int64_t sums) {
  if (product == ConvProduct::weights) {
    double total = 0;
    for (std::int64_t i = 0; i < sums * s.weights(); ++i) total += std::abs(static_cast<double>(to.data()[i]));
    if (!(total > 0)) state.SkipWithError("no gradient");
    return;
  }
  s.images = 1;
  const std::int64_t elements = product == ConvProduct::forward ? s.out_elements() : s.in_elements();
  Array expected(elements);
  direct_convolution(product, s, a.data(), b.data(), expected.data());
  for (std::int64_t i = 0; i < elements; ++i)
    if (!(std::abs(expected.data()[i] - to.data()[i]) <= 1e-3f * std::max(1.0f, std::abs(expected.data()[i]))))
      return state.SkipWithError("wrong convolution");
}

// The call of the op that computes the product, in a graph of its own.
struct Call {
  Call(ConvProduct product, const ConvShape& s) : builder(graph) {
    const Dims spatial_in{s.in[1], s.in[2]}, spatial_out{s.out[1], s.out[2]}, taps{s.kernel[1], s.kernel[2]};
    const ConvRule rule{
        {s.stride[1], s.stride[2]}, {s.before[1], s.before[2]}, {s.after[1], s.after[2]}, {1, 1}, s.groups};
    const Value x = input({s.images, s.in[1], s.in[2], s.in_channels});
    const Value w = input({s.out_channels, s.in_channels / s.groups, s.kernel[1], s.kernel[2]});
    const Value y = input({s.images, s.out[1], s.out[2], s.out_channels});
    if (product == ConvProduct::forward)
      node = conv(x, w, rule).id().node;
    else if (product == ConvProduct::data)
      node = conv_data(y, w, rule, spatial_in).id().node;
    else
      node = graph.operand(conv_weights(x, y, rule, taps).id().node, 0).node;  // the sum of the parts comes last
  }
  Value input(const Shape& shape) { return builder.value({graph.add_input({DType::f32, shape}), 0}); }

  Kernel compile() const {
    std::vector<const TensorType*> types;
    for (std::size_t i = 0; i < graph.num_operands(node); ++i) types.push_back(&graph.type(graph.operand(node, i)));
    const Node& n = graph.node(node);
    return n.op->compile({*n.op, types, n.attrs, n.where, n.outputs});
  }

  Graph graph;
  Builder builder;
  NodeId node = 0;
};

void BM_conv(benchmark::State& state, ConvProduct product, const ConvShape& s) {
  const bool weights = product == ConvProduct::weights, data = product == ConvProduct::data;
  const Kernel kernel = Call(product, s).compile();
  std::vector<KernelFn> parts;
  for (std::uint32_t p = 0; p < kernel.parts; ++p) parts.push_back(kernel.instance ? kernel.instance() : kernel.run);
  Array a(s.images * (data ? s.out_elements() : s.in_elements()));
  Array b(weights ? s.images * s.out_elements() : s.weights());
  Array to(weights ? kernel.parts * s.weights() : s.images * (data ? s.in_elements() : s.out_elements()));
  Buffer scratch(kernel.scratch_bytes + 1);
  const void* const in[] = {a.data(), b.data()};
  void* const out[] = {to.data()};
  for (auto _ : state)
    for (std::uint32_t p = 0; p < kernel.parts; ++p) parts[p]({in, out, scratch.data(), p});
  check(state, product, s, a, b, to, kernel.parts);
  report(state, s);
}

using Desc = dnnl::memory::desc;

// The primitive with operands in the layouts that oneDNN chooses.
Primitive any_layout(ConvProduct product, const ConvShape& s) {
  using Tag = dnnl::memory::format_tag;
  constexpr auto kF32 = dnnl::memory::data_type::f32;
  constexpr auto kDirect = dnnl::algorithm::convolution_direct;
  const Desc x({s.images, s.in_channels, s.in[1], s.in[2]}, kF32, Tag::any);
  const Desc y({s.images, s.out_channels, s.out[1], s.out[2]}, kF32, Tag::any);
  dnnl::memory::dims weights{s.out_channels / s.groups, s.in_channels / s.groups, s.kernel[1], s.kernel[2]};
  if (s.groups > 1) weights.insert(weights.begin(), s.groups);
  const Desc w(weights, kF32, Tag::any);
  const dnnl::memory::dims stride{s.stride[1], s.stride[2]}, before{s.before[1], s.before[2]},
      after{s.after[1], s.after[2]};
#if DNNL_VERSION_MAJOR >= 3
  const dnnl::convolution_forward::primitive_desc forward(onednn_engine(), dnnl::prop_kind::forward_training, kDirect,
                                                          x, w, y, stride, before, after, user_scratchpad());
  const auto backward = [&]<class Op>(Op*, const Desc& a, const Desc& b, const Desc& to) {
    return typename Op::primitive_desc(onednn_engine(), kDirect, a, b, to, stride, before, after, forward,
                                       user_scratchpad());
  };
#else
  const dnnl::convolution_forward::primitive_desc forward(
      {dnnl::prop_kind::forward_training, kDirect, x, w, y, stride, before, after}, user_scratchpad(), onednn_engine());
  const auto backward = [&]<class Op>(Op*, const Desc& a, const Desc& b, const Desc& to) {
    return typename Op::primitive_desc({kDirect, a, b, to, stride, before, after}, user_scratchpad(), onednn_engine(),
                                       forward);
  };
#endif
  if (product == ConvProduct::forward)
    return {"conv",
            dnnl::convolution_forward(forward),
            {{DNNL_ARG_SRC, forward.src_desc()},
             {DNNL_ARG_WEIGHTS, forward.weights_desc()},
             {DNNL_ARG_DST, forward.dst_desc()},
             {DNNL_ARG_SCRATCHPAD, forward.scratchpad_desc()}}};
  if (product == ConvProduct::data) {
    const auto pd = backward(static_cast<dnnl::convolution_backward_data*>(nullptr), x, w, y);
    return {"conv",
            dnnl::convolution_backward_data(pd),
            {{DNNL_ARG_DIFF_DST, pd.diff_dst_desc()},
             {DNNL_ARG_WEIGHTS, pd.weights_desc()},
             {DNNL_ARG_DIFF_SRC, pd.diff_src_desc()},
             {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc()}}};
  }
  const auto pd = backward(static_cast<dnnl::convolution_backward_weights*>(nullptr), x, w, y);
  return {"conv",
          dnnl::convolution_backward_weights(pd),
          {{DNNL_ARG_SRC, pd.src_desc()},
           {DNNL_ARG_DIFF_DST, pd.diff_dst_desc()},
           {DNNL_ARG_DIFF_WEIGHTS, pd.diff_weights_desc()},
           {DNNL_ARG_SCRATCHPAD, pd.scratchpad_desc()}}};
}

void BM_any(benchmark::State& state, ConvProduct product, const ConvShape& s) {
  const OneThread guard;
  const auto primitive = std::make_shared<const Primitive>(any_layout(product, s));
  std::deque<Array> arrays;  // an Array stays where it is
  for (std::size_t i = 0; i < primitive->arguments.size(); ++i)
    arrays.emplace_back(static_cast<std::int64_t>(primitive->bytes(i) / sizeof(float)) + 16);
  PrimitiveExecution run(primitive);
  for (auto _ : state) run({arrays[0].data(), arrays[1].data(), arrays[2].data(), arrays[3].data()});
  report(state, s);
}

void register_all() {
  for (const Layer& layer : kLayers)
    for (std::size_t p = 0; p < 3; ++p) {
      const auto product = static_cast<ConvProduct>(p);
      const std::string name = std::string(kProducts[p]) + "/" + layer.name();
      benchmark::RegisterBenchmark(("conv/" + name).c_str(), BM_conv, product, layer.shape());
      benchmark::RegisterBenchmark(("any/" + name).c_str(), BM_any, product, layer.shape());
    }
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  weft::register_all();
  benchmark::RunSpecifiedBenchmarks();
}
#endif  // HWY_ONCE
