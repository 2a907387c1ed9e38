#include <algorithm>

#include "ops/gemm.h"
namespace weft {
std::vector<Block> parts_of(const Product& p) {
  std::vector<Block> parts;
  const double cost = p.flops() / double(p.batch);
  if (cost < 8e6 || takes_dots(p)) return {{0, 0, p.m, p.n}};
  const std::int64_t pr = p.m <= 256 ? p.m : 192, pc = p.m <= 256 ? 64 : 256;
  for (std::int64_t i = 0; i < p.m; i += pr)
    for (std::int64_t j = 0; j < p.n; j += pc) parts.push_back({i, j, std::min(pr, p.m - i), std::min(pc, p.n - j)});
  return parts;
}
}  // namespace weft
