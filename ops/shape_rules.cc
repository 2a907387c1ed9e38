// Rules about dims and extents that many ops share.
#include <algorithm>
#include <array>
#include <string>

#include "ops/call_checks.h"
#include "ops/values.h"

namespace weft {

std::int64_t normalize_dim(std::string_view op, std::int64_t dim, const TensorType& type, SourceLocation where) {
  const std::int64_t rank = type.shape.rank();
  if (dim >= -rank && dim < rank) return dim < 0 ? dim + rank : dim;
  const std::string rule = rank == 0 ? "a scalar has no dims"
                                     : "dim " + std::to_string(dim) + " is outside of [" + std::to_string(-rank) +
                                           ", " + std::to_string(rank - 1) + "]";
  throw Error(ErrorKind::shape, "[" + std::string(op) + "] a: " + type.str() + ": " + rule, where);
}

std::optional<Shape> broadcast(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  std::array<std::int64_t, Shape::kMaxRank> dims{};
  for (int i = 0; i < rank; ++i) {  // from the last extent
    const std::int64_t da = i < a.rank() ? a[a.rank() - 1 - i] : 1;
    const std::int64_t db = i < b.rank() ? b[b.rank() - 1 - i] : 1;
    if (da != db && da != 1 && db != 1) return std::nullopt;
    dims[static_cast<std::size_t>(rank - 1 - i)] = da == 1 ? db : da;
  }
  return Shape(std::span<const std::int64_t>(dims.data(), static_cast<std::size_t>(rank)));
}

void require_broadcast(std::string_view name, std::span<const Value> operands) {
  const SourceLocation where = operands[0].builder().where;
  int rank = 0;
  for (const Value& v : operands) rank = std::max(rank, v.rank());
  for (int d = 1; d <= rank; ++d) {
    std::int64_t extent = 1;
    for (const Value& v : operands) {
      const std::int64_t own = d > v.rank() ? 1 : v.shape()[v.rank() - d];
      if (own == 1) continue;
      if (extent != 1 && own != extent)
        fail_call(ErrorKind::shape, name, operands, where, "the shapes do not broadcast");
      extent = own;
    }
  }
}

void require_floating(std::string_view name, const Value& x) {
  if (!is_floating(x.dtype()))
    fail_call(ErrorKind::dtype, name, x, "needs a floating tensor", "cast(x, kFloat32) first");
}

}  // namespace weft
