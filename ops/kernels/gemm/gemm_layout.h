// How a product is cut for the caches. Depends on its shape only.
#pragma once

#include <cstddef>

#include "ops/kernels/gemm/gemm.h"

namespace weft {

// A panel of B has as many columns as tiles.
constexpr std::size_t kPanelBytes = 256;
template <class T>
constexpr std::size_t kPanelColumns = kPanelBytes / sizeof(T);

// What of scratch a part uses, in elements from its start.
struct ScratchLayout {
  std::size_t depth = 0;  // of a panel of B; all of about the same
  bool packs_a = false, packs_b = false;
  std::size_t b = 0, a = 0, sums = 0, levels = 0, end = 0;
  std::size_t a_row = 0;  // from one row of the copy of A^T to the next
  // Rows that are finished at once: all of them where the depth takes several panels of B.
  std::size_t block_rows = 0;
  std::size_t level = 0;  // elements of a level of sums of segments; 0 where there is one segment
};
ScratchLayout scratch_layout(const GemmShape& p, const Block& part, bool epilogue, std::size_t panel_columns);

}  // namespace weft
