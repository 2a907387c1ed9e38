// local_response_norm: x over a power of the mean square of the channels around it.
#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/pool/pool_values.h"
#include "weft/images.h"

namespace weft {

// The mean is a pooling of images whose extent is the channels, and whose channels are all extents.
Tensor local_response_norm(const Operand& x, std::int64_t size, double alpha, double beta, double k) {
  return capture(
      {&x},
      [&](std::span<const Value> v) {
        require_floating("local_response_norm", v[0]);
        const Shape& shape = v[0].shape();
        if (shape.rank() < 3)
          fail_call(ErrorKind::shape, "local_response_norm", v[0], "x must be [n, channels, extents...]");
        if (size < 1 || size >= kMaxExtent)
          fail_call(ErrorKind::value, "local_response_norm", v[0], "size is out of range");
        if (shape.numel() == 0) return clone(v[0]);
        const std::int64_t n = shape[0], channels = shape[1], rest = shape.numel() / (n * channels);
        const PoolRule windows{{size}, {1}, {size / 2}, {1}, {channels}};
        const Value mean_square = avg_pool(reshape(square(v[0]), {n, channels, rest}), {windows, true, size});
        const Value scale = pow(mean_square * alpha + k, number(v[0].builder(), v[0].dtype(), beta));
        return v[0] / reshape(scale, shape);
      },
      "DivBackward0");
}

}  // namespace weft
