// How a product is cut for the caches. Depends on its shape only.
#pragma once

#include <cstddef>

#include "ops/kernels/gemm/gemm.h"

namespace weft {

// A panel of B has as many columns as tiles.
constexpr std::size_t kPanelBytes = 256;
template <class T>
constexpr std::size_t kPanelColumns = kPanelBytes / sizeof(T);

}  // namespace weft
