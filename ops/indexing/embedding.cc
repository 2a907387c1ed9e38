// embedding: rows of a table by number.
#include "weft/embedding.h"

#include <array>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/indexing/embedding_values.h"
#include "ops/indexing/index.h"
#include "ops/reduce/reduce.h"

namespace weft {
namespace {

// Operands table [rows, d] and index; attributes "padding", the row without gradient (-1: none), and "by_frequency".
Types infer(const OpCall& call) {
  const Shape &table = call.in(0).shape, &index = call.in(1).shape;
  call.require(table.rank() == 2, "the weight must be a matrix");
  call.require(ErrorKind::dtype, call.in(1).dtype == DType::i64, "the index must be i64");
  call.require(index.rank() < Shape::kMaxRank, "the index has too many dims");
  checked_attr_in(call, "padding", -1, table[0] - 1);
  checked_attr<bool>(call, "by_frequency");
  Dims shape = index.vec();
  shape.push_back(table[1]);
  return {{call.in(0).dtype, Shape(shape)}};
}

void grad(GradCall& g) {
  const Shape& table = g.in(0).shape();
  const std::int64_t count = g.in(1).shape().numel(), padding = g.attr<std::int64_t>("padding");
  const Value index = reshape(g.in(1), {count});
  Value rows = reshape(g.dout(), {count, table[1]});
  if (g.attr<bool>("by_frequency")) {
    const Value ones = full(g.builder(), {rows.dtype(), {count}}, 1);
    rows = rows / unsqueeze(index_select(index_sum(ones, 0, index, table[0]), 0, index), 1);
  }
  if (padding >= 0) rows = where(unsqueeze(eq(index, row_number(g.builder(), padding)), 1), zeros_like(rows), rows);
  g.set(0, index_sum(rows, 0, index, table[0]));
}

Kernel compile(const OpCall& call) {
  const ReducePass from = axis_pass(call.in(0).shape, 0);
  return rows_by_number(call, from, {.outer = 1, .count = call.in(1).shape.numel(), .inner = from.inner});
}

constexpr OpDef kEmbedding{.name = "embedding",
                           .min_inputs = 2,
                           .max_inputs = 2,
                           .infer = infer,
                           .grad = grad,
                           .compile = compile,
                           .grad_name = "EmbeddingBackward0",
                           .may_throw = true};
WEFT_REGISTER_OP(kEmbedding);

}  // namespace

Value row_number(Builder& b, std::int64_t row) { return full(b, {DType::i64, {}}, Operand(row)); }

std::int64_t checked_padding(const char* name, std::span<const Value> operands, const Value& table,
                             std::optional<std::int64_t> padding, std::optional<double> max_norm) {
  const auto fail = [&](ErrorKind kind, std::string_view rule, std::string_view hint = "") {
    fail_call(kind, name, operands, table.builder().where, rule, hint);
  };
  if (max_norm)
    fail(ErrorKind::value, "max_norm is not supported", "scale the rows of the weight before they are looked up");
  if (table.rank() != 2) fail(ErrorKind::shape, "the weight must be a matrix");
  if (!padding) return -1;
  const std::int64_t rows = table.shape()[0];
  if (*padding < -rows || *padding >= rows) fail(ErrorKind::value, "padding_idx is outside of the weight");
  return *padding < 0 ? *padding + rows : *padding;
}

Operand embedding_index(const Operand& index) {
  return index.is_number() ? index : as_index(index.tensor(), index.at());
}

Value embedding(const Value& table, const Value& index, std::int64_t padding, bool by_frequency) {
  return table.builder().record(kEmbedding, {table, index}, {{"by_frequency", by_frequency}, {"padding", padding}});
}

Tensor embedding(const Operand& index, const Tensor& weight, const EmbeddingOptions& options) {
  const Operand table(weight, index.at()), rows = embedding_index(index);
  return capture({&table, &rows}, [&](std::span<const Value> v) {
    return embedding(v[0], v[1], checked_padding("embedding", v, v[0], options.padding_idx, options.max_norm),
                     options.scale_grad_by_freq);
  });
}

}  // namespace weft
