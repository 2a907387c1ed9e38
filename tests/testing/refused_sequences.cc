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

void add_recurrent_rows(Table& table) {
  using namespace nn;
  const Tensor u, x = zeros({3, 2, 4}), y = zeros({3, 2, 5}), h = zeros({1, 2, 3}), v = zeros(4);
  const auto lstm = std::make_shared<LSTM>(4, 3);
  const auto gru = std::make_shared<GRU>(4, 3);
  const auto rnn_cell = std::make_shared<RNNCell>(4, 3);
  const auto lstm_cell = std::make_shared<LSTMCell>(4, 3);
  const auto gru_cell = std::make_shared<GRUCell>(4, 3);
  const std::string state = "h [1,2,3]: must have the shape";
  REFUSES("nn::RNN::RNN", value, "[RNN] 4 to 0: the hidden size must be positive", RNN(4, 0));
  REFUSES("nn::RNN::RNN", value, "proj_size is for LSTM only", RNN(4, 3, {.proj_size = 2}));
  REFUSES("nn::LSTM::LSTM", value, "[LSTM] 4 to 3: proj_size must be smaller", LSTM(4, 3, {.proj_size = 3}));
  REFUSES("nn::LSTM::LSTM", value, "nonlinearity is for RNN", LSTM(4, 3, {.nonlinearity = Nonlinearity::relu}));
  REFUSES("nn::GRU::GRU", value, "[GRU] 4 to 3: dropout is not a probability", GRU(4, 3, {.dropout = 2}));
  REFUSES("nn::GRU::GRU", value, "[GRU] 4 to 3: needs a layer", GRU(4, 3, {.num_layers = 0}));
  REFUSES("nn::RecurrentLayers::forward", shape, "[LSTM] a: f32[3,2,5]: another width", lstm->forward(y));
  REFUSES("nn::RecurrentLayers::forward", shape, "[LSTM] a: f32[4]: wants 3 dims", lstm->forward(v));
  REFUSES("nn::RecurrentLayers::forward", shape, "there are no steps", lstm->forward(zeros({0, 2, 4})));
  REFUSES("nn::RecurrentLayers::forward", state, "[LSTM] undefined tensor", lstm->forward(u));
  REFUSES("nn::RecurrentLayers::operator()", shape, "h must have the shape [1,2,3]", (*lstm)(x, {.h = x}));
  REFUSES("nn::RecurrentLayers::operator()", value, "only LSTM has a state c", (*gru)(x, {.c = h}));
  REFUSES("nn::RecurrentLayers::operator()", shape, "needs a length for each sample", (*gru)(x, {}, tensor({1})));
  REFUSES("nn::RecurrentLayers::operator()", dtype, "lengths must be i64", (*gru)(x, {}, zeros(2)));
  REFUSES("nn::RecurrentLayers::operator()", dtype, "h has another dtype",
          (*gru)(x, {.h = zeros({1, 2, 3}, kFloat64)}));
  REFUSES("nn::RNNCell::RNNCell", shape, "[RNNCell] -1 to 3: the extents", RNNCell(-1, 3));
  REFUSES("nn::RNNCell::forward", shape, "[RNNCell] x [3,2,4]: wants", rnn_cell->forward(x));
  REFUSES("nn::RNNCell::operator()", shape, "[RNNCell] " + state, (*rnn_cell)(v, h));
  REFUSES("nn::LSTMCell::LSTMCell", shape, "[LSTMCell] 4 to 0: the extents", LSTMCell(4, 0));
  REFUSES("nn::LSTMCell::forward", state, "[LSTMCell] undefined tensor", lstm_cell->forward(u));
  REFUSES("nn::LSTMCell::operator()", shape, "[LSTMCell] " + state, (*lstm_cell)(v, {.h = h}));
  REFUSES("nn::GRUCell::GRUCell", shape, "[GRUCell] 4 to 0: the extents", GRUCell(4, 0));
  REFUSES("nn::GRUCell::forward", shape, "[GRUCell] x [3,2,5]: wants", gru_cell->forward(y));
  REFUSES("nn::GRUCell::operator()", shape, "[GRUCell] " + state, (*gru_cell)(v, h));
}

}  // namespace weft
