#include "ops/indexing/index.h"

namespace weft {

CheckedIndex::CheckedIndex(const OpCall& call, std::int64_t extent)
    : call_("[" + std::string(call.op.name) + "] " + describe(call.inputs)), where_(call.where), extent_(extent) {}

void CheckedIndex::refuse(std::int64_t index) const {
  throw Error(ErrorKind::value,
              call_ + ": index " + std::to_string(index) + " is outside of [0, " + std::to_string(extent_) + ")",
              where_);
}

RowParts::RowParts(std::int64_t n, std::int64_t work_per_row, std::int64_t most) : rows(n) {
  constexpr std::int64_t kWork = 1 << 15;
  const std::int64_t whole = rows * std::max<std::int64_t>(work_per_row, 1);
  const std::int64_t wanted =
      std::clamp<std::int64_t>(whole / kWork, 1, std::min(most, std::max<std::int64_t>(rows, 1)));
  per_part = std::max<std::int64_t>((rows + wanted - 1) / wanted, 1);
  count_ = static_cast<std::uint32_t>(std::max<std::int64_t>((rows + per_part - 1) / per_part, 1));
}

RowParts RowParts::of_size(std::int64_t rows, std::int64_t per_part) {
  RowParts parts(rows, 0, 1);
  if (per_part == 0) return parts;
  parts.per_part = per_part;
  parts.count_ = static_cast<std::uint32_t>(std::max<std::int64_t>((rows + per_part - 1) / per_part, 1));
  return parts;
}

Region RowParts::region(std::uint32_t part, std::int64_t width) const {
  if (rows == 0 || width == 0) return {};
  return {.width = width, .row = begin(part), .rows = end(part) - begin(part), .col = 0, .cols = width};
}

}  // namespace weft
