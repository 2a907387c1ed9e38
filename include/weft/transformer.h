// Transformers: modules of attention (Vaswani et al. 2017). Names, parameters, first values, defaults and numbers are
// PyTorch's; weft/attention.h has the function that they are made of, and positions.
//
//   nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(64, 8, {.dim_feedforward = 256, .batch_first = true}),
//   2); Tensor y = encoder(x, {.is_causal = true});  // x [batch, length, 64]
//
// Sequences are [length, batch, width], with batch_first [batch, length, width], and without a batch [length, width].
// Masks are PyTorch's: a bool mask is true where a key is hidden (scaled_dot_product_attention() has it the other way),
// a floating one is added to the scores; attn_mask [L, S] or [batch * heads, L, S], key_padding_mask [batch, S] or [S].
//
// Threads: as weft/module.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "weft/image_layers.h"
#include "weft/module.h"
#include "weft/nn.h"

namespace weft::nn {

struct MultiheadAttentionOptions {
  double dropout = 0;  // of the probabilities, in training
  bool bias = true;
  std::optional<std::int64_t> kdim = std::nullopt, vdim = std::nullopt;  // widths of key and value
  bool batch_first = false;
};
struct AttentionMasks {
  Tensor attn_mask = {}, key_padding_mask = {};
  bool is_causal = false;  // besides the masks, query i sees the keys up to i
};
struct AttentionResult {
  Tensor output;
  Tensor weights;  // [batch, L, S], the mean over the heads, or [batch, heads, L, S]
};

// Heads of scaled dot product attention side by side: out_proj(cat over heads of attention(q W_q, k W_k, v W_v)).
// Parameters in_proj_weight [3 width, width] (or q_proj_weight, k_proj_weight, v_proj_weight, where the widths differ)
// start with init::xavier_uniform_, biases as zeros, out_proj as Linear.
class MultiheadAttention : public Module {
 public:
  // Throws Error unless the heads divide the width.
  MultiheadAttention(std::int64_t width, std::int64_t heads, const MultiheadAttentionOptions& options = {},
                     DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  // Of x and itself.
  Tensor forward(const Operand& x) override;
  Tensor operator()(const Operand& x) { return Module::operator()(x); }
  // The output alone: memory is linear in the sequences, and a query that sees no key gives 0.
  Tensor forward(const Operand& query, const Operand& key, const Operand& value, const AttentionMasks& masks = {});
  Tensor operator()(const Operand& query, const Operand& key, const Operand& value, const AttentionMasks& masks = {}) {
    check_no_hooks(query.at());
    return forward(query, key, value, masks);
  }
  // With the probabilities, PyTorch's need_weights; these are nan for a query that sees no key.
  AttentionResult with_weights(const Operand& query, const Operand& key, const Operand& value,
                               const AttentionMasks& masks = {}, bool average_attn_weights = true);
  std::string str() const override;

  Tensor in_proj_weight, q_proj_weight, k_proj_weight, v_proj_weight, in_proj_bias;
  std::shared_ptr<Linear> out_proj;

 private:
  friend class MultiheadCall;
  std::int64_t width_, heads_;
  MultiheadAttentionOptions options_;
};

enum class Activation : std::uint8_t { relu, gelu };
struct TransformerOptions {
  std::int64_t dim_feedforward = 2048;
  double dropout = 0.1;
  Activation activation = Activation::relu;
  double layer_norm_eps = 1e-5;
  bool batch_first = false;
  bool norm_first = false;
};

// x = norm1(x + dropout(self_attn(x))), then norm2(x + dropout(linear2(dropout(activation(linear1(x)))))); with
// norm_first x + dropout(self_attn(norm1(x))), and so on.
class TransformerEncoderLayer : public Module {
 public:
  TransformerEncoderLayer(std::int64_t width, std::int64_t heads, const TransformerOptions& options = {},
                          DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& src) override;
  Tensor operator()(const Operand& src) { return Module::operator()(src); }
  Tensor forward(const Operand& src, const AttentionMasks& masks);
  Tensor operator()(const Operand& src, const AttentionMasks& masks) {
    check_no_hooks(src.at());
    return forward(src, masks);
  }
  // A layer of the same kind with the same values.
  std::shared_ptr<TransformerEncoderLayer> copy(SourceLocation at = SourceLocation::current()) const;
  std::string str() const override;

  std::shared_ptr<MultiheadAttention> self_attn;
  std::shared_ptr<Linear> linear1, linear2;
  std::shared_ptr<LayerNorm> norm1, norm2;

 private:
  std::int64_t width_, heads_;
  TransformerOptions options_;
  DType dtype_;
};

// The same with attention to `memory` between the two, in multihead_attn and norm2; the last norm is norm3.
class TransformerDecoderLayer : public Module {
 public:
  TransformerDecoderLayer(std::int64_t width, std::int64_t heads, const TransformerOptions& options = {},
                          DType dtype = kFloat32, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& tgt, const Operand& memory, const AttentionMasks& masks = {},
                 const AttentionMasks& memory_masks = {});
  Tensor operator()(const Operand& tgt, const Operand& memory, const AttentionMasks& masks = {},
                    const AttentionMasks& memory_masks = {}) {
    check_no_hooks(tgt.at());
    return forward(tgt, memory, masks, memory_masks);
  }
  // A layer of the same kind with the same values.
  std::shared_ptr<TransformerDecoderLayer> copy(SourceLocation at = SourceLocation::current()) const;
  std::string str() const override;

  std::shared_ptr<MultiheadAttention> self_attn, multihead_attn;
  std::shared_ptr<Linear> linear1, linear2;
  std::shared_ptr<LayerNorm> norm1, norm2, norm3;

 private:
  using Module::forward;
  std::int64_t width_, heads_;
  TransformerOptions options_;
  DType dtype_;
};

// `layers` copies of a layer one after the other, which start with its values, as PyTorch's do; then `norm`, if any.
class TransformerEncoder : public Module {
 public:
  TransformerEncoder(const TransformerEncoderLayer& layer, std::int64_t layers,
                     std::shared_ptr<LayerNorm> norm = nullptr, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& src) override;
  Tensor operator()(const Operand& src) { return Module::operator()(src); }
  Tensor forward(const Operand& src, const AttentionMasks& masks);
  Tensor operator()(const Operand& src, const AttentionMasks& masks) {
    check_no_hooks(src.at());
    return forward(src, masks);
  }
  std::string str() const override;

  std::vector<std::shared_ptr<TransformerEncoderLayer>> layers;
  std::shared_ptr<LayerNorm> norm;
};
class TransformerDecoder : public Module {
 public:
  TransformerDecoder(const TransformerDecoderLayer& layer, std::int64_t layers,
                     std::shared_ptr<LayerNorm> norm = nullptr, SourceLocation at = SourceLocation::current());
  Tensor forward(const Operand& tgt, const Operand& memory, const AttentionMasks& masks = {},
                 const AttentionMasks& memory_masks = {});
  Tensor operator()(const Operand& tgt, const Operand& memory, const AttentionMasks& masks = {},
                    const AttentionMasks& memory_masks = {}) {
    check_no_hooks(tgt.at());
    return forward(tgt, memory, masks, memory_masks);
  }
  std::string str() const override;

  std::vector<std::shared_ptr<TransformerDecoderLayer>> layers;
  std::shared_ptr<LayerNorm> norm;

 private:
  using Module::forward;
};

}  // namespace weft::nn
