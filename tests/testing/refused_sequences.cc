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

}  // namespace weft
