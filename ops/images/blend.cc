// blend and blend_transposed: linear maps of the rows of a dim. Each is the derivative of the other.
#include "ops/images/blend.h"

#include <cmath>
#include <memory>
#include <new>
#include <string>

#include "ops/call_checks.h"
#include "ops/indexing/index.h"
#include "ops/kernels/elements.h"
#include "ops/reduce/reduce.h"

namespace weft {
namespace {

constexpr auto kLastRule = static_cast<std::int64_t>(BlendRule::cubic_average);

bool has_weights(BlendRule rule) { return rule >= BlendRule::linear; }

void check_places(const OpCall& call, const BlendMap& m) {
  const std::int64_t after = m.to - m.from - m.before;
  const std::int64_t taps = m.window[0], stride = m.window[1], dilation = m.window[2];
  switch (m.rule) {
    case BlendRule::reflect:
      call.require(ErrorKind::value, m.before < m.from && after >= 0 && after < m.from,
                   "a border is not smaller than the extent that it reflects");
      return;
    case BlendRule::windows:
      call.require(ErrorKind::value, taps >= 1 && stride >= 1 && dilation >= 1 && taps <= kMaxExtent,
                   "a window is out of range");
      call.require(ErrorKind::value, m.to % taps == 0, "the windows have different numbers of rows");
      call.require(ErrorKind::value, taps - 1 <= kMaxExtent / dilation && m.to / taps - 1 <= kMaxExtent / stride,
                   "a window reaches too far");
      return;
    default:
      return;
  }
}

// `at_result`: operand 0 has the rows of the result of blend.
BlendMap checked_map(const OpCall& call, bool at_result) {
  BlendMap m;
  const Shape& x = call.in(0).shape;
  m.dim = checked_attr_in(call, "dim", 0, x.rank() - 1);
  m.rule = static_cast<BlendRule>(checked_attr_in(call, "rule", 0, kLastRule));
  m.from = checked_attr_in(call, "from", 1, kMaxExtent);
  m.to = checked_attr_in(call, "to", 1, kMaxExtent);
  m.before = checked_attr_in(call, "before", 0, kMaxExtent);
  m.window = checked_attr<Dims>(call, "window");
  m.scale = checked_attr<double>(call, "scale");
  m.align_corners = checked_attr<bool>(call, "align_corners");
  call.require(ErrorKind::value, m.window.size() == 3, "a window has 3 numbers");
  call.require(ErrorKind::value, m.scale >= 0 && std::isfinite(m.scale), "the scale is no positive number");
  call.require(x[static_cast<int>(m.dim)] == (at_result ? m.to : m.from), "the operand has not the rows of the map");
  call.require(ErrorKind::dtype, is_floating(call.in(0).dtype) || (!at_result && !has_weights(m.rule)),
               "needs a floating tensor");
  check_places(call, m);
  return m;
}

Types infer_map(const OpCall& call, bool at_result) {
  const BlendMap m = checked_map(call, at_result);
  Dims shape = call.in(0).shape.vec();
  shape[static_cast<std::size_t>(m.dim)] = at_result ? m.from : m.to;
  return {{call.in(0).dtype, Shape(shape)}};
}
Types infer_blend(const OpCall& call) { return infer_map(call, false); }
Types infer_transposed(const OpCall& call) { return infer_map(call, true); }

// Parts own rows of the result.
template <class T>
Kernel rows_kernel(const OpCall& call, std::int64_t dim, WeightedRows table) {
  const ReducePass from = axis_pass(call.in(0).shape, dim), to = axis_pass(call.out().shape, dim);
  const auto terms = static_cast<std::int64_t>(table.row.size());
  const RowParts parts(to.outer * to.count, to.inner * (1 + terms / to.count));
  return {.run =
              [=, w = std::make_shared<const WeightedRows>(std::move(table))](const KernelArgs& args) {
                sum_weighted_rows(*w, args.input<T>(0), from.count, to.inner, args.output<T>(), parts.begin(args.part),
                                  parts.end(args.part));
              },
          .parts = parts.count(),
          .region = [=](std::uint32_t part,
                        std::size_t slot) { return slot == 1 ? parts.region(part, to.inner) : Region{}; },
          .flops = 2.0 * static_cast<double>(terms * to.outer * to.inner)};
}

Kernel compile_map(const OpCall& call, bool at_result) {
  if (call.out().shape.numel() == 0) return {.run = [](const KernelArgs&) {}};
  const BlendMap m = checked_map(call, at_result);
  WeightedRows table;
  try {
    table = blend_table(m, call.out().dtype == DType::f64);
    if (at_result) table = table.transposed(m.from);
  } catch (const std::bad_alloc&) {
    call.fail(ErrorKind::memory, "no memory for the table of " + std::to_string(m.to) + " rows");
  }
  if (!is_floating(call.out().dtype))
    return with_element_size(call.out().dtype, [&]<class T>(T) { return rows_kernel<T>(call, m.dim, table); });
  return with_float_type(call.out().dtype, [&]<class T>(T) { return rows_kernel<T>(call, m.dim, table); });
}
Kernel compile_blend(const OpCall& call) { return compile_map(call, false); }
Kernel compile_transposed(const OpCall& call) { return compile_map(call, true); }

BlendMap map_of(const GradCall& g) {
  return {static_cast<BlendRule>(g.attr<std::int64_t>("rule")),
          g.attr<std::int64_t>("dim"),
          g.attr<std::int64_t>("from"),
          g.attr<std::int64_t>("to"),
          g.attr<std::int64_t>("before"),
          g.attr<Dims>("window"),
          g.attr<double>("scale"),
          g.attr<bool>("align_corners")};
}
void grad_blend(GradCall& g) { g.set(0, blend_transposed(g.dout(), map_of(g))); }
void grad_transposed(GradCall& g) { g.set(0, blend(g.dout(), map_of(g))); }

constexpr OpDef kBlend{.name = "blend",
                       .min_inputs = 1,
                       .max_inputs = 1,
                       .infer = infer_blend,
                       .grad = grad_blend,
                       .compile = compile_blend,
                       .grad_name = "BlendBackward0",
                       .follows_dims = true};
WEFT_REGISTER_OP(kBlend);
constexpr OpDef kBlendTransposed{.name = "blend_transposed",
                                 .min_inputs = 1,
                                 .max_inputs = 1,
                                 .infer = infer_transposed,
                                 .grad = grad_transposed,
                                 .compile = compile_transposed,
                                 .grad_name = "BlendBackwardBackward0",
                                 .follows_dims = true};
WEFT_REGISTER_OP(kBlendTransposed);

Value record_map(const OpDef& op, const Value& x, const BlendMap& m) {
  return x.builder().record(op, {x},
                            {{"rule", static_cast<std::int64_t>(m.rule)},
                             {"dim", m.dim},
                             {"from", m.from},
                             {"to", m.to},
                             {"before", m.before},
                             {"window", m.window},
                             {"scale", m.scale},
                             {"align_corners", m.align_corners}});
}

}  // namespace

Value blend(const Value& x, const BlendMap& map) { return record_map(kBlend, x, map); }
Value blend_transposed(const Value& dy, const BlendMap& map) { return record_map(kBlendTransposed, dy, map); }

}  // namespace weft
