// Tables of rows in composed operations.
#pragma once

#include <optional>
#include <span>

#include "ops/values.h"

namespace weft {

// Rows of table [rows, d] by an index of any shape. padding: a row that no gradient reaches; -1 for none. by_frequency:
// the gradients of a row are divided by how often it is read.
Value embedding(const Value& table, const Value& index, std::int64_t padding, bool by_frequency);

// What users give as options, checked, in the voice of the function `name`: the padding row from the start, or -1.
std::int64_t checked_padding(const char* name, std::span<const Value> operands, const Value& table,
                             std::optional<std::int64_t> padding, std::optional<double> max_norm);

// An index that users give: i32 becomes i64.
Operand embedding_index(const Operand& index);

// An i64 scalar.
Value row_number(Builder& b, std::int64_t row);

}  // namespace weft
