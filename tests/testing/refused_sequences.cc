// Tables, attention and recurrence, with arguments that are refused.
#include "tests/testing/refusals.h"

namespace weft {

void add_embedding_rows(Table& table) {
  const Tensor u, w = zeros({3, 2}), i = tensor({0, 3}), f = zeros(2), ok = tensor({0, 1});
  const std::string one = "[embedding] a: f32[3,2], b: i64[2]: ", bag = "[embedding_bag] a: f32[3,2], b: i64[2]: ";
  REFUSES("embedding", dtype, "[embedding] a: f32[3,2], b: f32[2]: the index must be i64", embedding(f, w));
  REFUSES("embedding", shape, "[embedding] a: f32[2], b: i64[2]: the weight must be a matrix", embedding(i, f));
  REFUSES("embedding", value, one + "index 3 is outside of [0, 3)", (void)embedding(i, w).to_vector<float>());
  REFUSES("embedding", value, one + "padding_idx is outside", embedding(ok, w, {.padding_idx = -4}));
  REFUSES("embedding", value, one + "max_norm is not supported", embedding(ok, w, {.max_norm = 1}));
  REFUSES("embedding", state, "[embedding] undefined tensor", embedding(ok, u));
  REFUSES("embedding_bag", value, bag + "an index that is a vector needs offsets", embedding_bag(ok, w));
  REFUSES("embedding_bag", value, bag + "max_norm is not", embedding_bag(ok, w, ok, {.max_norm = 1}));
  REFUSES("embedding_bag", value, bag + "per_sample_weights are for sums", embedding_bag(ok, w, ok, {}, f));
  REFUSES("embedding_bag", shape, "needs a per_sample_weight for each",
          embedding_bag(ok, w, ok, {.mode = BagMode::sum}, zeros(3)));
  REFUSES("embedding_bag", dtype, "offsets must be i64", embedding_bag(ok, w, f));
  REFUSES("embedding_bag", value, "has no offsets", embedding_bag(ok.reshape({1, 2}), w, ok));
  REFUSES("embedding_bag", value, "[embedding] a: f32[3,2], b: i64[2]: index 3",
          (void)embedding_bag(i, w, tensor(0).reshape(1)).to_vector<float>());
  REFUSES("nn::Embedding::Embedding", shape, "[Embedding] -1 x 2: a negative extent", nn::Embedding(-1, 2));
  REFUSES("nn::Embedding::Embedding", value, "padding_idx 3 is outside", nn::Embedding(3, 2, {.padding_idx = 3}));
  REFUSES("nn::Embedding::forward", dtype, "[embedding] a: f32[3,2], b: f32[2]", nn::Embedding(3, 2).forward(f));
  REFUSES("nn::EmbeddingBag::EmbeddingBag", value, "padding_idx -4", nn::EmbeddingBag(3, 2, {.padding_idx = -4}));
  REFUSES("nn::EmbeddingBag::forward", value, "needs offsets", nn::EmbeddingBag(3, 2).forward(ok));
  REFUSES("nn::EmbeddingBag::operator()", dtype, "offsets must be i64", nn::EmbeddingBag(3, 2)(ok, f));
}

void add_attention_rows(Table& table) {
  const Tensor u, q = zeros({2, 3}), k = zeros({4, 3}), v = zeros({4, 5}), i = zeros({2, 3}, kInt64);
  const std::string name = "[scaled_dot_product_attention] a: f32[2,3], b: ";
  REFUSES("scaled_dot_product_attention", shape, name + "f32[4,5], c: f32[4,5]: query and key differ in width",
          scaled_dot_product_attention(q, v, v));
  REFUSES("scaled_dot_product_attention", shape, name + "f32[4,3], c: f32[2,3]: key and value differ in length",
          scaled_dot_product_attention(q, k, q));
  REFUSES("scaled_dot_product_attention", dtype, "must be floating", scaled_dot_product_attention(i, i, i));
  REFUSES("scaled_dot_product_attention", value, "is outside of [0, 1]",
          scaled_dot_product_attention(q, k, v, {}, {.dropout_p = 1.5}));
  REFUSES("scaled_dot_product_attention", value, "cannot both be given",
          scaled_dot_product_attention(q, k, v, zeros({2, 4}), {.is_causal = true}));
  REFUSES("scaled_dot_product_attention", shape, "attn_mask does not broadcast",
          scaled_dot_product_attention(q, k, v, zeros({3, 4})));
  REFUSES("scaled_dot_product_attention", dtype, "attn_mask must be bool",
          scaled_dot_product_attention(q, k, v, zeros({2, 4}, kInt64)));
  REFUSES("scaled_dot_product_attention", shape, "the heads do not broadcast",
          scaled_dot_product_attention(zeros({6, 2, 3}), zeros({2, 4, 3}), zeros({2, 4, 3})));
  REFUSES("scaled_dot_product_attention", shape, "do not divide those of query",
          scaled_dot_product_attention(zeros({6, 2, 3}), zeros({4, 4, 3}), zeros({4, 4, 3}), {}, {.enable_gqa = true}));
  REFUSES("scaled_dot_product_attention", state, "undefined tensor", scaled_dot_product_attention(q, u, v));
  REFUSES("sinusoidal_positions", shape, "[sinusoidal_positions] a negative extent", sinusoidal_positions(-1, 4));
  REFUSES("sinusoidal_positions", dtype, "wants a floating dtype", sinusoidal_positions(3, 4, kInt64));
  REFUSES("rotary_positions", shape, "[rotary_positions] a: f32[2,3]: the width must be even", rotary_positions(q));
  REFUSES("rotary_positions", value, "the base must be positive", rotary_positions(zeros({2, 4}), {.base = 0}));
}

void add_transformer_rows(Table& table) {
  using namespace nn;
  const Tensor u, x = zeros({2, 3, 4}), y = zeros({2, 3, 6}), pad = zeros({3, 3}, kBool);
  const auto attention = std::make_shared<MultiheadAttention>(4, 2);
  const auto encoder = std::make_shared<TransformerEncoderLayer>(4, 2);
  const auto decoder = std::make_shared<TransformerDecoderLayer>(4, 2);
  const auto encoders = std::make_shared<TransformerEncoder>(*encoder, 1);
  const auto decoders = std::make_shared<TransformerDecoder>(*decoder, 1);
  const std::string name = "[MultiheadAttention] ", heads = name + "width 4, 3 heads: the heads do not divide";
  REFUSES("nn::MultiheadAttention::MultiheadAttention", value, heads, MultiheadAttention(4, 3));
  REFUSES("nn::MultiheadAttention::MultiheadAttention", value, "not a probability",
          MultiheadAttention(4, 2, {.dropout = -1}));
  REFUSES("nn::MultiheadAttention::forward", state, name + "undefined tensor", attention->forward(u));
  REFUSES("nn::MultiheadAttention::forward", shape, "another width than that of the module", attention->forward(y));
  REFUSES("nn::MultiheadAttention::operator()", shape, "key_padding_mask [3,3]: wants [batch, S]",
          (*attention)(x, x, x, {.key_padding_mask = pad}));
  REFUSES("nn::MultiheadAttention::operator()", shape, "attn_mask [3,3]: wants [L, S]",
          (*attention)(x, x, x, {.attn_mask = pad}));
  REFUSES("nn::MultiheadAttention::with_weights", shape, "of 3 dims, or of 2",
          attention->with_weights(x, x, zeros({3, 4})));
  REFUSES("nn::TransformerEncoderLayer::TransformerEncoderLayer", value, heads, TransformerEncoderLayer(4, 3));
  REFUSES("nn::TransformerEncoderLayer::TransformerEncoderLayer", shape, "dim_feedforward is negative",
          TransformerEncoderLayer(4, 2, {.dim_feedforward = -1}));
  REFUSES("nn::TransformerEncoderLayer::forward", shape, "another width", encoder->forward(y));
  REFUSES("nn::TransformerEncoderLayer::operator()", shape, "another width", (*encoder)(y));
  REFUSES("nn::TransformerDecoderLayer::TransformerDecoderLayer", value, heads, TransformerDecoderLayer(4, 3));
  REFUSES("nn::TransformerDecoderLayer::forward", shape, "another width", decoder->forward(x, y));
  REFUSES("nn::TransformerDecoderLayer::operator()", state, name + "undefined", (*decoder)(x, u));
  REFUSES("nn::TransformerEncoder::TransformerEncoder", value, "[TransformerEncoder] needs a layer",
          TransformerEncoder(*encoder, 0));
  REFUSES("nn::TransformerEncoder::forward", shape, "another width", encoders->forward(y));
  REFUSES("nn::TransformerEncoder::operator()", shape, "another width", (*encoders)(y));
  REFUSES("nn::TransformerDecoder::TransformerDecoder", value, "[TransformerDecoder] needs a layer",
          TransformerDecoder(*decoder, 0));
  REFUSES("nn::TransformerDecoder::forward", shape, "another width", decoders->forward(y, x));
  REFUSES("nn::TransformerDecoder::operator()", shape, "another width", (*decoders)(y, x));
}

}  // namespace weft
