// Layers and stacks of transformers.
#include <string>

#include "weft/autograd.h"
#include "weft/ops.h"
#include "weft/transformer.h"

namespace weft::nn {
namespace {

std::string text(const char* name, std::int64_t width, std::int64_t heads) {
  return std::string(name) + "(" + std::to_string(width) + ", " + std::to_string(heads) + ")";
}

void check(const char* name, const TransformerOptions& options, SourceLocation at) {
  if (options.dim_feedforward < 0)
    throw Error(ErrorKind::shape, std::string("[") + name + "] dim_feedforward is negative", at);
  if (!(options.dropout >= 0 && options.dropout <= 1))
    throw Error(ErrorKind::value, std::string("[") + name + "] dropout is not a probability", at);
}

MultiheadAttention attention_of(std::int64_t width, std::int64_t heads, const TransformerOptions& options, DType dtype,
                                SourceLocation at) {
  return MultiheadAttention(width, heads, {.dropout = options.dropout, .batch_first = options.batch_first}, dtype, at);
}

// Parts that are not there.
void require_parts(const Module& layer, bool there, SourceLocation at) {
  if (!there) throw Error(ErrorKind::state, "[nn] " + layer.str() + ": the module was moved from", at);
}

// One forward pass of a layer.
class LayerPass {
 public:
  LayerPass(const TransformerOptions& options, bool training, SourceLocation at)
      : options_(options), training_(training), at_(at) {}

  // What `f` gives is added to x, before or after the norm.
  template <class F>
  Tensor residual(const Tensor& x, LayerNorm& norm, F f) const {
    if (options_.norm_first) return add({x, at_}, {dropped(f(norm({x, at_}))), at_});
    return norm({add({x, at_}, {dropped(f(x)), at_}), at_});
  }
  Tensor attended(MultiheadAttention& attention, const Tensor& x, const Tensor& memory,
                  const AttentionMasks& masks) const {
    return attention({x, at_}, {memory, at_}, {memory, at_}, masks);
  }
  Tensor fed_forward(const Tensor& x, Linear& linear1, Linear& linear2) const {
    const Operand inner(linear1({x, at_}), at_);
    const Tensor active = options_.activation == Activation::gelu ? gelu(inner) : relu(inner);
    return linear2({dropped(active), at_});
  }

 private:
  Tensor dropped(const Tensor& x) const { return dropout({x, at_}, options_.dropout, training_); }

  const TransformerOptions& options_;
  bool training_;
  SourceLocation at_;
};

// The parameters of `to`, a module of the same kind, become those of `from`.
void copy_values(const Module& from, const Module& to, SourceLocation at) {
  const NoGradGuard no_grad;
  const std::vector<Tensor> source = from.parameters(), target = to.parameters();
  for (std::size_t i = 0; i < source.size(); ++i) target[i].copy_(source[i], at);
}

template <class Layer>
std::vector<std::shared_ptr<Layer>> copies(const char* name, const Layer& layer, std::int64_t count,
                                           SourceLocation at) {
  if (count < 1) throw Error(ErrorKind::value, std::string("[") + name + "] needs a layer", at);
  std::vector<std::shared_ptr<Layer>> layers;
  for (std::int64_t i = 0; i < count; ++i) layers.push_back(layer.copy(at));
  return layers;
}

// Modules that are called "layers.0", "layers.1", ...
template <class Layer>
class Layers : public Module {
 public:
  Layers(const std::vector<std::shared_ptr<Layer>>& layers, SourceLocation at) {
    for (std::size_t i = 0; i < layers.size(); ++i) register_module(std::to_string(i), layers[i], at);
  }
};

}  // namespace

// ---- Encoder

TransformerEncoderLayer::TransformerEncoderLayer(std::int64_t width, std::int64_t heads,
                                                 const TransformerOptions& options, DType dtype, SourceLocation at)
    : width_(width), heads_(heads), options_(options), dtype_(dtype) {
  check("TransformerEncoderLayer", options, at);
  self_attn = register_module("self_attn", attention_of(width, heads, options, dtype, at), at);
  linear1 = register_module("linear1", Linear(width, options.dim_feedforward, true, dtype, at), at);
  linear2 = register_module("linear2", Linear(options.dim_feedforward, width, true, dtype, at), at);
  norm1 = register_module("norm1", LayerNorm(width, options.layer_norm_eps, dtype, at), at);
  norm2 = register_module("norm2", LayerNorm(width, options.layer_norm_eps, dtype, at), at);
}

Tensor TransformerEncoderLayer::forward(const Operand& src) { return forward(src, {}); }
Tensor TransformerEncoderLayer::forward(const Operand& src, const AttentionMasks& masks) {
  require_parts(*this, self_attn && linear1 && linear2 && norm1 && norm2, src.at());
  const LayerPass pass(options_, is_training(), src.at());
  const Tensor x =
      pass.residual(src.tensor(), *norm1, [&](const Tensor& y) { return pass.attended(*self_attn, y, y, masks); });
  return pass.residual(x, *norm2, [&](const Tensor& y) { return pass.fed_forward(y, *linear1, *linear2); });
}

std::shared_ptr<TransformerEncoderLayer> TransformerEncoderLayer::copy(SourceLocation at) const {
  const auto layer = std::make_shared<TransformerEncoderLayer>(width_, heads_, options_, dtype_, at);
  copy_values(*this, *layer, at);
  return layer;
}
std::string TransformerEncoderLayer::str() const { return text("TransformerEncoderLayer", width_, heads_); }

TransformerEncoder::TransformerEncoder(const TransformerEncoderLayer& layer, std::int64_t count,
                                       std::shared_ptr<LayerNorm> last, SourceLocation at)
    : layers(copies("TransformerEncoder", layer, count, at)), norm(std::move(last)) {
  register_module("layers", std::make_shared<Layers<TransformerEncoderLayer>>(layers, at), at);
  if (norm) register_module("norm", norm, at);
}

Tensor TransformerEncoder::forward(const Operand& src) { return forward(src, {}); }
Tensor TransformerEncoder::forward(const Operand& src, const AttentionMasks& masks) {
  Tensor x = src.tensor();
  for (const auto& layer : layers) x = (*layer)({x, src.at()}, masks);
  return norm ? (*norm)({x, src.at()}) : x;
}
std::string TransformerEncoder::str() const {
  return "TransformerEncoder(" + std::to_string(layers.size()) + " x " + (layers.empty() ? "?" : layers[0]->str()) +
         ")";
}

// ---- Decoder

TransformerDecoderLayer::TransformerDecoderLayer(std::int64_t width, std::int64_t heads,
                                                 const TransformerOptions& options, DType dtype, SourceLocation at)
    : width_(width), heads_(heads), options_(options), dtype_(dtype) {
  check("TransformerDecoderLayer", options, at);
  self_attn = register_module("self_attn", attention_of(width, heads, options, dtype, at), at);
  multihead_attn = register_module("multihead_attn", attention_of(width, heads, options, dtype, at), at);
  linear1 = register_module("linear1", Linear(width, options.dim_feedforward, true, dtype, at), at);
  linear2 = register_module("linear2", Linear(options.dim_feedforward, width, true, dtype, at), at);
  norm1 = register_module("norm1", LayerNorm(width, options.layer_norm_eps, dtype, at), at);
  norm2 = register_module("norm2", LayerNorm(width, options.layer_norm_eps, dtype, at), at);
  norm3 = register_module("norm3", LayerNorm(width, options.layer_norm_eps, dtype, at), at);
}

Tensor TransformerDecoderLayer::forward(const Operand& tgt, const Operand& memory, const AttentionMasks& masks,
                                        const AttentionMasks& memory_masks) {
  require_parts(*this, self_attn && multihead_attn && linear1 && linear2 && norm1 && norm2 && norm3, tgt.at());
  const LayerPass pass(options_, is_training(), tgt.at());
  Tensor x =
      pass.residual(tgt.tensor(), *norm1, [&](const Tensor& y) { return pass.attended(*self_attn, y, y, masks); });
  x = pass.residual(x, *norm2,
                    [&](const Tensor& y) { return pass.attended(*multihead_attn, y, memory.tensor(), memory_masks); });
  return pass.residual(x, *norm3, [&](const Tensor& y) { return pass.fed_forward(y, *linear1, *linear2); });
}

std::shared_ptr<TransformerDecoderLayer> TransformerDecoderLayer::copy(SourceLocation at) const {
  const auto layer = std::make_shared<TransformerDecoderLayer>(width_, heads_, options_, dtype_, at);
  copy_values(*this, *layer, at);
  return layer;
}
std::string TransformerDecoderLayer::str() const { return text("TransformerDecoderLayer", width_, heads_); }

TransformerDecoder::TransformerDecoder(const TransformerDecoderLayer& layer, std::int64_t count,
                                       std::shared_ptr<LayerNorm> last, SourceLocation at)
    : layers(copies("TransformerDecoder", layer, count, at)), norm(std::move(last)) {
  register_module("layers", std::make_shared<Layers<TransformerDecoderLayer>>(layers, at), at);
  if (norm) register_module("norm", norm, at);
}

Tensor TransformerDecoder::forward(const Operand& tgt, const Operand& memory, const AttentionMasks& masks,
                                   const AttentionMasks& memory_masks) {
  Tensor x = tgt.tensor();
  for (const auto& layer : layers) x = (*layer)({x, tgt.at()}, memory, masks, memory_masks);
  return norm ? (*norm)({x, tgt.at()}) : x;
}
std::string TransformerDecoder::str() const {
  return "TransformerDecoder(" + std::to_string(layers.size()) + " x " + (layers.empty() ? "?" : layers[0]->str()) +
         ")";
}

}  // namespace weft::nn
