// scaled_dot_product_attention: an op that computes it by tiles, and its gradient, an op of its own. Only the
// logarithms of the sums are kept, so the memory of both is linear in the sequence.
#include "ops/kernels/attention/attention.h"

#include "graph/cost.h"
#include "ops/attention/attention_values.h"
#include "ops/call_checks.h"
#include "ops/kernels/elements.h"

namespace weft {
namespace {

// ---- Shapes

Shape queries_of(const Shape& q) { return {q[0], q[1], q[2]}; }

bool broadcasts(std::int64_t extent, std::int64_t to) { return extent == 1 || extent == to; }

// Operands q, k, v and, with the attribute "masked", mask, before `others` more.
void check(const OpCall& call, std::size_t others) {
  const bool masked = checked_attr<bool>(call, "masked");
  checked_attr<bool>(call, "causal");
  checked_attr<double>(call, "scale");
  call.require(call.inputs.size() == 3 + (masked ? 1 : 0) + others, "the operands do not fit");
  const Shape &q = call.in(0).shape, &k = call.in(1).shape, &v = call.in(2).shape;
  for (std::size_t i = 0; i < 3; ++i) {
    call.require(ErrorKind::dtype, is_floating(call.in(i).dtype) && call.in(i).dtype == call.in(0).dtype,
                 "query, key and value must be floating, of one dtype");
    call.require(call.in(i).shape.rank() == 4, "wants [batch, heads, sequence, width]");
  }
  call.require(q[0] == k[0] && k[0] == v[0], "the batches differ");
  call.require(k[1] == v[1] && k[1] > 0 && q[1] % k[1] == 0, "the heads of key and value do not divide those of query");
  call.require(k[2] == v[2], "key and value differ in length");
  call.require(q[3] == k[3], "query and key differ in width");
  if (!masked) return;
  const TensorType& mask = call.in(3);
  call.require(ErrorKind::dtype, mask.dtype == DType::boolean || mask.dtype == call.in(0).dtype,
               "the mask must be bool or of the dtype of query");
  const Shape& m = mask.shape;
  call.require(
      m.rank() == 4 && broadcasts(m[0], q[0]) && broadcasts(m[1], q[1]) && broadcasts(m[2], q[2]) && m[3] == k[2],
      "the mask does not fit the scores");
}

AttentionShape shape_of(const OpCall& call) {
  const Shape &q = call.in(0).shape, &k = call.in(1).shape, &v = call.in(2).shape;
  AttentionShape shape{.batch = q[0],
                       .heads = q[1],
                       .key_heads = k[1],
                       .queries = q[2],
                       .keys = k[2],
                       .depth = q[3],
                       .width = v[3],
                       .factor = call.attr<double>("scale"),
                       .causal = call.attr<bool>("causal")};
  if (!call.attr<bool>("masked")) return shape;
  const Shape& mask = call.in(3).shape;
  shape.mask_batch = mask[0], shape.mask_heads = mask[1], shape.mask_queries = mask[2];
  return shape;
}

template <class T>
AttentionOperands<T> operands_of(const KernelArgs& args, std::optional<DType> mask) {
  AttentionOperands<T> x{args.input<T>(0), args.input<T>(1), args.input<T>(2)};
  if (mask == DType::boolean)
    x.kept = args.input<bool>(3);
  else if (mask)
    x.added = args.input<T>(3);
  return x;
}

std::optional<DType> mask_of(const OpCall& call) {
  return call.attr<bool>("masked") ? std::optional(call.in(3).dtype) : std::nullopt;
}

// What a gradient rule sees of the operands.
Attention operands_of(const GradCall& g) {
  return {g.in(0),
          g.in(1),
          g.in(2),
          g.attr<bool>("masked") ? g.in(3) : Value(),
          g.attr<double>("scale"),
          g.attr<bool>("causal")};
}

// Rows of the heads that one head of keys serves, so that products of whole batches are those of each group:
// [batch * key_heads, heads / key_heads * rows, width].
Value by_key_heads(const Value& x, const Value& k) {
  const std::int64_t key_heads = k.shape()[1], groups = x.shape()[1] / key_heads;
  return reshape(x, {x.shape()[0] * key_heads, groups * x.shape()[2], x.shape()[3]});
}

// ---- Forward

Types infer(const OpCall& call) {
  check(call, 0);
  const Shape &q = call.in(0).shape, &v = call.in(2).shape;
  return {{call.in(0).dtype, {q[0], q[1], q[2], v[3]}}, {call.in(0).dtype, queries_of(q)}};
}

Value attention_grad(const Attention& x, const Value& log_sum, const Value& shift, const Value& dout);

Value with_heads(const Value& x, const Value& like) {
  return reshape(x, {like.shape()[0], like.shape()[1], like.shape()[2], x.shape()[2]});
}

// Of the matrices of the formulas by ordinary operations, each [batch * key_heads, rows of a group, keys].
struct Matrices {
  Value q, k, v, p;
  Matrices(const Attention& x, const Value& log_sum)
      : q(by_key_heads(x.q, x.k)),
        k(by_key_heads(x.k, x.k)),
        v(by_key_heads(x.v, x.k)),
        p(by_key_heads(exp(attention_scores(x) - unsqueeze(log_sum, 3)), x.k)) {}
};

Value rows_of(const Value& per_query, const Matrices& m) {
  return reshape(per_query, {m.q.shape()[0], m.q.shape()[1], 1});
}

// The gradient of an added mask from that of the scores.
Value mask_slope(const Attention& x, const Value& by_score) {
  const Shape &q = x.q.shape(), &k = x.k.shape();
  return sum_to(reshape(by_score, {q[0], q[1], q[2], k[2]}), x.mask.shape());
}

// With P = e^(S - log_sum): dS = P (dout v^T - shift), where shift has what does not depend on the key.
void grad(GradCall& g) {
  const Attention x = operands_of(g);
  const Value dout = g.dout(0).defined() ? g.dout(0) : zeros_like(g.out(0)), log_sum = g.out(1);
  Value shift = sum(dout * g.out(0), {3}, false);
  if (g.dout(1).defined()) shift = shift - g.dout(1);
  if (g.needs(0) || g.needs(1) || g.needs(2)) {
    const Value slopes = attention_grad(x, log_sum, shift, dout);
    for (std::uint32_t i = 0; i < 3; ++i)
      if (g.needs(i)) g.set(i, slopes.output(i));
  }
  if (x.mask.defined() && g.needs(3)) {
    const Matrices m(x, log_sum);
    const Value by_p = matmul(by_key_heads(dout, x.k), false, m.v, true);
    g.set(3, mask_slope(x, m.p * (by_p - rows_of(shift, m))));
  }
}

template <class T>
Kernel forward_kernel(const OpCall& call) {
  const AttentionShape s = shape_of(call);
  const AttentionForward<T> forward(s);
  const std::int64_t blocks = forward.blocks();
  const std::int64_t parts = num_parts(s.flops(), 0, blocks),
                     per_part = std::max<std::int64_t>((blocks + parts - 1) / parts, 1);
  const auto rows = [=](std::uint32_t part) {
    const std::int64_t end = std::min(blocks, (part + 1) * per_part);
    return std::pair(forward.first_row(part * per_part),
                     end == blocks ? s.batch * s.heads * s.queries : forward.first_row(end));
  };
  const std::size_t results = call.inputs.size();
  return {.run =
              [=, mask = mask_of(call)](const KernelArgs& args) {
                const std::int64_t first = args.part * per_part;
                forward.run(first, std::min(blocks, first + per_part), operands_of<T>(args, mask), args.output<T>(0),
                            args.output<T>(1), static_cast<T*>(args.scratch));
              },
          .scratch_bytes = forward.scratch_bytes(),
          .parts = static_cast<std::uint32_t>(std::max<std::int64_t>((blocks + per_part - 1) / per_part, 1)),
          .region =
              [=](std::uint32_t part, std::size_t slot) {
                const std::int64_t width = slot == 0 ? s.depth : slot == results ? s.width : 1;
                if ((slot != 0 && slot < results) || width == 0 || blocks == 0) return Region{};
                const auto [begin, end] = rows(part);
                return Region{.width = width, .row = begin, .rows = end - begin, .col = 0, .cols = width};
              },
          .flops = s.flops()};
}

Kernel compile(const OpCall& call) {
  return with_float_type(call.in(0).dtype, [&]<class T>(T) { return forward_kernel<T>(call); });
}

constexpr OpDef kAttention{.name = "scaled_dot_product_attention",
                           .min_inputs = 3,
                           .max_inputs = 4,
                           .infer = infer,
                           .grad = grad,
                           .compile = compile,
                           .grad_name = "ScaledDotProductFlashAttentionForCpuBackward0"};
WEFT_REGISTER_OP(kAttention);

// ---- Backward: the gradients by q, k and v from the further operands log_sum, shift and dout.

Types infer_slopes(const OpCall& call) {
  check(call, 3);
  const std::size_t n = call.inputs.size();
  const TensorType per_query{call.in(0).dtype, queries_of(call.in(0).shape)};
  call.require(call.in(n - 3) == per_query && call.in(n - 2) == per_query,
               "log_sum and shift must have a number for each query");
  const Shape &q = call.in(0).shape, &v = call.in(2).shape;
  call.require(call.in(n - 1) == TensorType{call.in(0).dtype, {q[0], q[1], q[2], v[3]}},
               "the gradient must be of the type of the result");
  return {call.in(0), call.in(1), call.in(2)};
}

// The derivatives of dq = scale dS k, dk = scale dS^T q, dv = P^T dout with P = e^(S - log_sum), dP = dout v^T and dS =
// P (dP - shift): their slopes by dS first, from there those by P and by the scores S, and from these the operands.
void grad_slopes(GradCall& g) {
  const Attention x = operands_of(g);
  const std::size_t n = g.num_inputs();
  const Matrices m(x, g.in(n - 3));
  const Value dout = by_key_heads(g.in(n - 1), x.k), shift = rows_of(g.in(n - 2), m);
  const auto slope = [&](std::uint32_t i, const Value& like) {
    return by_key_heads(g.dout(i).defined() ? g.dout(i) : zeros_like(like), x.k);
  };
  const Value by_dq = slope(0, x.q), by_dk = slope(1, x.k), by_dv = slope(2, x.v);
  const Value centered = matmul(dout, false, m.v, true) - shift, ds = m.p * centered;
  const Value by_ds = (matmul(by_dq, false, m.k, true) + matmul(m.q, false, by_dk, true)) * x.scale;
  const Value by_p = by_ds * centered + matmul(dout, false, by_dv, true);
  const Value by_dp = by_ds * m.p, by_score = by_p * m.p;
  const auto times = [&](const Value& v) { return v * x.scale; };
  if (g.needs(0))
    g.set(0, with_heads(times(matmul(by_score, false, m.k, false) + matmul(ds, false, by_dk, false)), x.q));
  if (g.needs(1)) g.set(1, with_heads(times(matmul(by_score, true, m.q, false) + matmul(ds, true, by_dq, false)), x.k));
  if (g.needs(2)) g.set(2, with_heads(matmul(by_dp, true, dout, false), x.v));
  if (x.mask.defined() && g.needs(3)) g.set(3, mask_slope(x, by_score));
  const auto per_query = [&](const Value& rows) {
    return reshape(neg(sum(rows, {2}, false)), queries_of(x.q.shape()));
  };
  if (g.needs(n - 3)) g.set(n - 3, per_query(by_score));
  if (g.needs(n - 2)) g.set(n - 2, per_query(by_dp));
  if (g.needs(n - 1))
    g.set(n - 1, with_heads(matmul(by_dp, false, m.v, false) + matmul(m.p, false, by_dv, false), x.q));
}

template <class T>
Kernel backward_kernel(const OpCall& call) {
  const AttentionShape s = shape_of(call);
  const AttentionBackward<T> backward(s);
  const double flops = 2.5 * s.flops();
  const std::int64_t heads = s.batch * s.key_heads, wanted = num_parts(flops, 0, heads);
  const std::int64_t per_part = std::max<std::int64_t>((heads + wanted - 1) / wanted, 1);
  const std::size_t results = call.inputs.size();
  return {.run =
              [=, mask = mask_of(call)](const KernelArgs& args) {
                const typename AttentionBackward<T>::Slopes slopes{
                    args.input<T>(results - 3), args.input<T>(results - 2), args.input<T>(results - 1),
                    args.output<T>(0),          args.output<T>(1),          args.output<T>(2)};
                const std::int64_t first = args.part * per_part;
                for (std::int64_t head = first; head < std::min(heads, first + per_part); ++head)
                  backward.run(head, operands_of<T>(args, mask), slopes, static_cast<T*>(args.scratch));
              },
          .scratch_bytes = backward.scratch_bytes(),
          .parts = static_cast<std::uint32_t>(std::max<std::int64_t>((heads + per_part - 1) / per_part, 1)),
          .region =
              [=](std::uint32_t part, std::size_t slot) {
                if (slot > 2 && slot < results) return Region{};
                const std::size_t operand = slot % results;
                const std::int64_t head =
                    operand == 0 ? s.groups() * s.queries * s.depth : s.keys * (operand == 1 ? s.depth : s.width);
                if (head == 0 || heads == 0) return Region{};
                const std::int64_t first = part * per_part, end = std::min(heads, first + per_part);
                return Region{.width = head, .row = first, .rows = end - first, .col = 0, .cols = head};
              },
          .flops = flops};
}

Kernel compile_slopes(const OpCall& call) {
  return with_float_type(call.in(0).dtype, [&]<class T>(T) { return backward_kernel<T>(call); });
}

constexpr OpDef kAttentionGrad{.name = "scaled_dot_product_attention_grad",
                               .min_inputs = 6,
                               .max_inputs = 7,
                               .infer = infer_slopes,
                               .grad = grad_slopes,
                               .compile = compile_slopes,
                               .grad_name = "ScaledDotProductFlashAttentionForCpuBackwardBackward0"};
WEFT_REGISTER_OP(kAttentionGrad);

Value attention_grad(const Attention& x, const Value& log_sum, const Value& shift, const Value& dout) {
  std::vector<Value> operands = x.operands();
  operands.insert(operands.end(), {log_sum, shift, dout});
  return x.q.builder().record(kAttentionGrad, operands, x.attrs());
}

}  // namespace

std::vector<Value> Attention::operands() const {
  std::vector<Value> all{q, k, v};
  if (mask.defined()) all.push_back(mask);
  return all;
}

Attrs Attention::attrs() const { return {{"causal", causal}, {"masked", mask.defined()}, {"scale", scale}}; }

Value attention(const Attention& x) { return x.q.builder().record(kAttention, x.operands(), x.attrs()); }

Value attention_scores(const Attention& x) {
  const Shape &q = x.q.shape(), &k = x.k.shape();
  const Value products = matmul(by_key_heads(x.q, x.k), false, by_key_heads(x.k, x.k), true);
  Value scores = reshape(products, {q[0], q[1], q[2], k[2]}) * x.scale;
  Builder& b = x.q.builder();
  const Value never = number(b, scores.dtype(), -std::numeric_limits<double>::infinity());
  if (x.mask.defined())
    scores = scores + (x.mask.dtype() == DType::boolean ? where(x.mask, number(b, scores.dtype(), 0), never) : x.mask);
  if (x.causal) scores = where(ge(unsqueeze(arange(b, q[2]), 1), arange(b, k[2])), scores, never);
  return scores;
}

}  // namespace weft
