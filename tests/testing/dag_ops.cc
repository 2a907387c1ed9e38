// The ops that random programs are made of.
#include "tests/testing/dag_ops.h"

#include <atomic>
#include <cstring>

#include "tests/testing/random_dag.h"

namespace weft {
namespace {

std::atomic<std::int64_t> g_armed{-1};

std::size_t numel(const TensorType& type) { return static_cast<std::size_t>(type.shape.numel()); }

Types infer_same(const OpCall& call) { return {call.in(0)}; }
Types infer_twice(const OpCall& call) { return {call.in(0), call.in(0)}; }
Types infer_flat(const OpCall& call) { return {{DType::f32, {call.attr<std::int64_t>("size")}}}; }
Types infer_folded(const OpCall& call) { return {{DType::f32, {call.in(0).shape.numel() / 4, 4}}}; }

Kernel compile_next(const OpCall& call) {
  const std::size_t n = numel(call.out());
  return {.run = [n](const KernelArgs& args) {
    for (std::size_t i = 0; i < n; ++i) args.output<float>()[i] = args.input<float>(0)[i] + 1;
  }};
}

Kernel compile_add(const OpCall& call) {
  const std::size_t n = numel(call.out());
  return {.run = [n](const KernelArgs& args) {
    for (std::size_t i = 0; i < n; ++i) args.output<float>()[i] = args.input<float>(0)[i] + args.input<float>(1)[i];
  }};
}

// Element by element; operands of one element are read for each.
Kernel compile_mix(const OpCall& call) {
  std::vector<std::size_t> strides;
  for (const TensorType* type : call.inputs) strides.push_back(numel(*type) == 1 ? 0 : 1);
  return {.run = [strides, n = numel(call.out())](const KernelArgs& args) {
    for (std::size_t i = 0; i < n; ++i) {
      float sum = 0.125F;
      for (std::size_t k = 0; k < strides.size(); ++k) sum = 0.5F * args.input<float>(k)[i * strides[k]] - 0.75F * sum;
      args.output<float>()[i] = sum;
    }
  }};
}

// Each element from many: whoever does this in place reads what it has written.
Kernel compile_gather(const OpCall& call) {
  std::vector<std::size_t> sizes;
  for (const TensorType* type : call.inputs) sizes.push_back(numel(*type));
  return {.run = [sizes, n = numel(call.out())](const KernelArgs& args) {
    for (std::size_t i = 0; i < n; ++i) {
      float sum = 0;
      for (std::size_t k = 0; k < sizes.size(); ++k)
        sum += 0.25F * args.input<float>(k)[(i * 5 + k + 1) % sizes[k]] - 0.125F * args.input<float>(k)[i % sizes[k]];
      args.output<float>()[i] = sum;
    }
  }};
}

Kernel compile_split(const OpCall& call) {
  return {.run = [n = numel(call.out())](const KernelArgs& args) {
    for (std::size_t i = 0; i < n; ++i) {
      const float x = args.input<float>(0)[i];
      const float y = args.input<float>(1)[i];
      args.output<float>(0)[i] = 0.5F * x + 0.25F * y;
      args.output<float>(1)[i] = 0.5F * y - 0.25F * x;
    }
  }};
}

Kernel compile_rows(const OpCall& call) {
  const std::int64_t rows = call.out().shape.numel() / 4;
  return {.run =
              [](const KernelArgs& args) {
                for (std::size_t i = 4 * args.part; i < 4 * (args.part + std::size_t{1}); ++i)
                  args.output<float>()[i] = 0.25F * args.input<float>(0)[i] + 0.5F * args.input<float>(1)[i];
              },
          .parts = static_cast<std::uint32_t>(rows),
          .region =
              [](std::uint32_t part, std::size_t) {
                return Region{4, part, 1, 0, 4};
              }};
}

Kernel compile_columns(const OpCall& call) {
  const std::int64_t rows = call.out().shape.numel() / 4;
  return {.run =
              [rows](const KernelArgs& args) {
                float sum = 0;
                for (std::int64_t r = 0; r < rows; ++r) {
                  sum = 0.5F * sum + args.input<float>(0)[4 * r + args.part];
                  args.output<float>()[4 * r + args.part] = sum - args.input<float>(1)[(4 * r + 3) % (4 * rows)];
                }
              },
          .parts = 4,
          .region =
              [rows](std::uint32_t part, std::size_t slot) {
                return slot == 1 ? Region{} : Region{4, 0, rows, part, 1};
              }};
}

Kernel compile_reversed(const OpCall& call) {
  const std::size_t n = numel(call.out());
  const auto run = [n](const KernelArgs& args) {
    auto* scratch = static_cast<float*>(args.scratch);
    for (std::size_t i = 0; i < n; ++i) scratch[i] = args.input<float>(0)[n - 1 - i];
    for (std::size_t i = 0; i < n; ++i) args.output<float>()[i] = scratch[i] * 0.5F;
  };
  return {.run = run, .scratch_bytes = n * sizeof(float)};
}

Kernel compile_value(const OpCall& call) {
  const auto value = static_cast<float>(call.attr<double>("value"));
  return {.run = [value, n = numel(call.out())](const KernelArgs& args) {
    for (std::size_t i = 0; i < n; ++i) args.output<float>()[i] = value + static_cast<float>(i);
  }};
}

Kernel compile_check(const OpCall& call) {
  const auto id = call.attr<std::int64_t>("id");
  return {.run = [id, bytes = call.out().bytes()](const KernelArgs& args) {
    if (g_armed.load(std::memory_order_relaxed) == id) throw Error("check " + std::to_string(id) + " failed");
    if (bytes > 0) std::memcpy(args.out[0], args.in[0], bytes);
  }};
}

}  // namespace

void arm_check(std::int64_t id) { g_armed.store(id, std::memory_order_relaxed); }

constexpr OpDef kTestNext{.name = "test_next",
                          .min_inputs = 1,
                          .max_inputs = 1,
                          .infer = infer_same,
                          .compile = compile_next,
                          .in_place = elementwise_in_place};
constexpr OpDef kTestNextApart{
    .name = "test_next_apart", .min_inputs = 1, .max_inputs = 1, .infer = infer_same, .compile = compile_next};
constexpr OpDef kTestAdd{.name = "test_add",
                         .min_inputs = 2,
                         .max_inputs = 2,
                         .infer = infer_same,
                         .compile = compile_add,
                         .in_place = elementwise_in_place};
constexpr OpDef kTestMix{.name = "test_mix",
                         .min_inputs = 1,
                         .max_inputs = -1,
                         .infer = infer_same,
                         .compile = compile_mix,
                         .in_place = elementwise_in_place};
constexpr OpDef kTestGather{
    .name = "test_gather", .min_inputs = 1, .max_inputs = -1, .infer = infer_flat, .compile = compile_gather};
constexpr OpDef kTestSplit{.name = "test_split",
                           .min_inputs = 2,
                           .max_inputs = 2,
                           .infer = infer_twice,
                           .compile = compile_split,
                           .in_place = elementwise_in_place};
constexpr OpDef kTestRows{.name = "test_rows",
                          .min_inputs = 2,
                          .max_inputs = 2,
                          .infer = infer_folded,
                          .compile = compile_rows,
                          .in_place = elementwise_in_place};
constexpr OpDef kTestColumns{
    .name = "test_columns", .min_inputs = 2, .max_inputs = 2, .infer = infer_folded, .compile = compile_columns};
constexpr OpDef kTestReversed{
    .name = "test_reversed", .min_inputs = 1, .max_inputs = 1, .infer = infer_same, .compile = compile_reversed};
constexpr OpDef kTestValue{.name = "test_value", .infer = infer_flat, .compile = compile_value};
constexpr OpDef kTestFold{.name = "test_fold", .min_inputs = 1, .max_inputs = 1, .infer = infer_folded, .alias = true};
constexpr OpDef kTestFlat{.name = "test_flat", .min_inputs = 1, .max_inputs = 1, .infer = infer_flat, .alias = true};
constexpr OpDef kTestCheck{.name = "test_check",
                           .min_inputs = 1,
                           .max_inputs = 1,
                           .infer = infer_same,
                           .compile = compile_check,
                           .may_throw = true};

}  // namespace weft
