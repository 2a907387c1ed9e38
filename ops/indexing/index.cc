#include "ops/indexing/index.h"

namespace weft {

CheckedIndex::CheckedIndex(const OpCall& call, std::size_t operand, std::int64_t extent)
    : call_("[" + std::string(call.op.name) + "] " + describe(call.inputs)),
      where_(call.where),
      operand_(operand),
      count_(call.in(operand).shape.numel()),
      extent_(extent) {}

const std::int64_t* CheckedIndex::operator()(const KernelArgs& args) const {
  const auto* index = args.input<std::int64_t>(operand_);
  for (std::int64_t i = 0; i < count_; ++i)
    if (index[i] < 0 || index[i] >= extent_)
      throw Error(ErrorKind::value,
                  call_ + ": index " + std::to_string(index[i]) + " is outside of [0, " + std::to_string(extent_) + ")",
                  where_);
  return index;
}

RowParts::RowParts(std::int64_t n, std::int64_t work_per_row) : rows(n) {
  constexpr std::int64_t kWork = 1 << 15, kMostParts = 16;
  const std::int64_t whole = rows * std::max<std::int64_t>(work_per_row, 1);
  const std::int64_t wanted =
      std::clamp<std::int64_t>(whole / kWork, 1, std::min(kMostParts, std::max<std::int64_t>(rows, 1)));
  per_part = std::max<std::int64_t>((rows + wanted - 1) / wanted, 1);
  count_ = static_cast<std::uint32_t>(std::max<std::int64_t>((rows + per_part - 1) / per_part, 1));
}

Region RowParts::region(std::uint32_t part, std::int64_t width) const {
  if (rows == 0 || width == 0) return {};
  return {.width = width, .row = begin(part), .rows = end(part) - begin(part), .col = 0, .cols = width};
}

}  // namespace weft
