// MultiheadAttention: projections around attention, and PyTorch's masks.
#include <cmath>
#include <limits>
#include <string>

#include "weft/attention.h"
#include "weft/indexing.h"
#include "weft/ops.h"
#include "weft/transformer.h"

namespace weft::nn {

MultiheadAttention::MultiheadAttention(std::int64_t width, std::int64_t heads, const MultiheadAttentionOptions& options,
                                       DType dtype, SourceLocation at)
    : width_(width), heads_(heads), options_(options) {
  const auto refuse = [&](const std::string& rule) {
    throw Error(
        ErrorKind::value,
        "[MultiheadAttention] width " + std::to_string(width) + ", " + std::to_string(heads) + " heads: " + rule, at);
  };
  if (width < 1 || heads < 1 || width % heads != 0) refuse("the heads do not divide the width");
  if (!(options.dropout >= 0 && options.dropout <= 1)) refuse("dropout is not a probability");
  const std::int64_t kdim = options.kdim.value_or(width), vdim = options.vdim.value_or(width);
  if (kdim < 1 || vdim < 1) refuse("key and value need a width");
  // The bounds of init::xavier_uniform_.
  const auto projection = [&](const char* name, std::int64_t rows, std::int64_t cols) {
    return register_uniform(name, {rows, cols}, std::sqrt(6 / static_cast<double>(rows + cols)), dtype, at);
  };
  if (kdim == width && vdim == width) {
    in_proj_weight = projection("in_proj_weight", 3 * width, width);
  } else {
    q_proj_weight = projection("q_proj_weight", width, width);
    k_proj_weight = projection("k_proj_weight", width, kdim);
    v_proj_weight = projection("v_proj_weight", width, vdim);
  }
  if (options.bias) in_proj_bias = register_parameter("in_proj_bias", zeros({3 * width}, dtype, at), at);
  out_proj = register_module("out_proj", Linear(width, width, options.bias, dtype, at), at);
  if (options.bias) init::constant_(out_proj->bias, 0, at);
}

// One call: sequences as [batch, length, width].
class MultiheadCall {
 public:
  MultiheadCall(const MultiheadAttention& module, const Operand& query, const Operand& key, const Operand& value,
                const AttentionMasks& masks)
      : m_(module), at_(query.at()), masks_(masks) {
    if (!m_.out_proj) fail(ErrorKind::state, "the module was moved from");
    const Tensor *const q = &query.tensor(), *const k = &key.tensor(), *const v = &value.tensor();
    for (const Tensor* x : {q, k, v})
      if (!x->defined()) fail(ErrorKind::state, "undefined tensor");
    batched_ = q->dim() == 3;
    for (const Tensor* x : {q, k, v})
      if (x->dim() != (batched_ ? 3 : 2)) fail(ErrorKind::shape, "wants query, key and value of 3 dims, or of 2");
    const Tensor rows_q = batch_first(*q), rows_k = k->is_same(*q) ? rows_q : batch_first(*k),
                 rows_v = v->is_same(*k) ? rows_k : batch_first(*v);
    check(rows_q, rows_k, rows_v);
    project(rows_q, rows_k, rows_v);
  }

  Tensor output() const {
    const Tensor mask = hidden_to_added(masks_.is_causal && (masks_.attn_mask.defined() || has_padding()));
    const AttentionOptions options{.dropout_p = dropout_p(), .is_causal = masks_.is_causal && !mask.defined()};
    return joined(scaled_dot_product_attention({q_, at_}, {k_, at_}, {v_, at_}, mask, options));
  }

  AttentionResult with_weights(bool average) const {
    const Tensor mask = hidden_to_added(masks_.is_causal);
    const Operand scaled(div({q_, at_}, {std::sqrt(static_cast<double>(q_.size(3))), at_}), at_);
    Tensor scores = matmul(scaled, {transpose({k_, at_}, 2, 3), at_});
    if (mask.defined()) scores = add({scores, at_}, {mask, at_});
    Tensor weights = softmax({scores, at_}, -1);
    weights = dropout({weights, at_}, dropout_p(), true);
    Tensor shown = average ? mean({weights, at_}, {1}) : weights;
    return {joined(matmul({weights, at_}, {v_, at_})), batched_ ? shown : squeeze({shown, at_}, 0)};
  }

 private:
  [[noreturn]] void fail(ErrorKind kind, const std::string& rule) const {
    throw Error(kind, "[MultiheadAttention] " + rule, at_);
  }
  double dropout_p() const { return m_.is_training() ? m_.options_.dropout : 0; }
  bool has_padding() const { return masks_.key_padding_mask.defined(); }

  Tensor batch_first(const Tensor& x) const {
    if (!batched_) return unsqueeze({x, at_}, 0);
    return m_.options_.batch_first ? x : transpose({x, at_}, 0, 1);
  }

  void check(const Tensor& q, const Tensor& k, const Tensor& v) const {
    const auto width = [](const std::optional<std::int64_t>& dim, std::int64_t other) { return dim.value_or(other); };
    if (q.size(2) != m_.width_ || k.size(2) != width(m_.options_.kdim, m_.width_) ||
        v.size(2) != width(m_.options_.vdim, m_.width_))
      fail(ErrorKind::shape, "query " + q.shape().str() + ", key " + k.shape().str() + ", value " + v.shape().str() +
                                 " (batch first): another width than that of the module");
    if (k.size(0) != q.size(0) || v.size(0) != q.size(0)) fail(ErrorKind::shape, "the batches differ");
    if (k.size(1) != v.size(1)) fail(ErrorKind::shape, "key and value differ in length");
    const std::int64_t n = q.size(0);
    const Tensor &mask = masks_.attn_mask, &padding = masks_.key_padding_mask;
    if (mask.defined() && mask.shape() != Shape{q.size(1), k.size(1)} &&
        mask.shape() != Shape{n * m_.heads_, q.size(1), k.size(1)})
      fail(ErrorKind::shape, "attn_mask " + mask.shape().str() + ": wants [L, S] or [batch * heads, L, S]");
    if (has_padding() && padding.shape() != (batched_ ? Shape{n, k.size(1)} : Shape{k.size(1)}))
      fail(ErrorKind::shape, "key_padding_mask " + padding.shape().str() + ": wants [batch, S]");
    for (const Tensor* x : {&mask, &padding})
      if (x->defined() && x->dtype() != kBool && x->dtype() != q.dtype())
        fail(ErrorKind::dtype, "masks must be bool or of the dtype of query");
  }

  // [batch, length, width] as [batch, heads, length, width / heads].
  Tensor heads(const Tensor& x) const {
    const Tensor split = reshape({x, at_}, {x.size(0), x.size(1), m_.heads_, m_.width_ / m_.heads_});
    return transpose({split, at_}, 1, 2);
  }
  Tensor part(const Tensor& x, std::int64_t dim, std::int64_t i, std::int64_t count) const {
    return x.defined() ? narrow({x, at_}, dim, i * m_.width_, count * m_.width_) : x;
  }

  // Operands that are the same tensor are multiplied by their weights at once.
  void project(const Tensor& q, const Tensor& k, const Tensor& v) {
    const bool packed = m_.in_proj_weight.defined();
    if (packed && q.is_same(k) && k.is_same(v)) {
      const Tensor all = linear({q, at_}, m_.in_proj_weight, m_.in_proj_bias);
      q_ = heads(part(all, 2, 0, 1)), k_ = heads(part(all, 2, 1, 1)), v_ = heads(part(all, 2, 2, 1));
      return;
    }
    const auto projected = [&](const Tensor& x, const Tensor& own, std::int64_t i) {
      const Tensor weight = packed ? part(m_.in_proj_weight, 0, i, 1) : own;
      return heads(linear({x, at_}, weight, part(m_.in_proj_bias, 0, i, 1)));
    };
    q_ = projected(q, m_.q_proj_weight, 0);
    k_ = projected(k, m_.k_proj_weight, 1);
    v_ = projected(v, m_.v_proj_weight, 2);
  }

  // Zero, or -inf where the mask is true, of the dtype of query.
  Tensor added(const Tensor& mask) const {
    if (mask.dtype() != kBool) return mask;
    return masked_fill({zeros(mask.shape(), q_.dtype(), at_), at_}, mask,
                       {-std::numeric_limits<double>::infinity(), at_});
  }

  // All masks as numbers to add to [batch, heads, L, S]; undefined without any.
  Tensor hidden_to_added(bool with_causal) const {
    const std::int64_t n = q_.size(0), queries = q_.size(2), keys = k_.size(2);
    std::vector<Tensor> masks;
    if (const Tensor& mask = masks_.attn_mask; mask.defined())
      masks.push_back(mask.dim() == 2 ? added(mask) : reshape({added(mask), at_}, {n, m_.heads_, queries, keys}));
    if (has_padding()) masks.push_back(reshape({added(masks_.key_padding_mask), at_}, {n, 1, 1, keys}));
    if (with_causal) {
      const Tensor rows = unsqueeze({arange(0, static_cast<double>(queries), 1, kInt64, at_), at_}, 1);
      masks.push_back(added(gt({arange(0, static_cast<double>(keys), 1, kInt64, at_), at_}, {rows, at_})));
    }
    if (masks.empty()) return {};
    Tensor sum = masks[0];
    for (std::size_t i = 1; i < masks.size(); ++i) sum = add({sum, at_}, {masks[i], at_});
    return sum;
  }

  // [batch, heads, length, width / heads] in the form of the operands.
  Tensor joined(const Tensor& x) const {
    const Tensor rows = transpose({x, at_}, 1, 2);
    const Tensor flat = reshape({rows, at_}, {x.size(0), x.size(2), m_.width_});
    const Tensor out = m_.out_proj->forward({flat, at_});
    if (!batched_) return squeeze({out, at_}, 0);
    return m_.options_.batch_first ? out : transpose({out, at_}, 0, 1);
  }

  const MultiheadAttention& m_;
  SourceLocation at_;
  const AttentionMasks& masks_;
  bool batched_ = true;
  Tensor q_, k_, v_;
};

Tensor MultiheadAttention::forward(const Operand& x) { return forward(x, x, x); }
Tensor MultiheadAttention::forward(const Operand& query, const Operand& key, const Operand& value,
                                   const AttentionMasks& masks) {
  return MultiheadCall(*this, query, key, value, masks).output();
}
AttentionResult MultiheadAttention::with_weights(const Operand& query, const Operand& key, const Operand& value,
                                                 const AttentionMasks& masks, bool average_attn_weights) {
  return MultiheadCall(*this, query, key, value, masks).with_weights(average_attn_weights);
}
std::string MultiheadAttention::str() const {
  return "MultiheadAttention(" + std::to_string(width_) + ", " + std::to_string(heads_) + ")";
}

}  // namespace weft::nn
