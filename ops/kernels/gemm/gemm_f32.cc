#include "ops/kernels/gemm/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/gemm/gemm_f32.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include "ops/kernels/gemm/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

void gemm_f32(const GemmPart<float>& part, const float* a, const float* b, float* c, float* scratch,
              const GemmEpilogue<float>* epilogue) {
  gemm_part(part, a, b, c, scratch, epilogue);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(gemm_f32);

void gemm(const GemmPart<float>& part, const float* a, const float* b, float* c, float* scratch,
          const GemmEpilogue<float>* epilogue) {
  HWY_DYNAMIC_DISPATCH(gemm_f32)(part, a, b, c, scratch, epilogue);
}

}  // namespace weft
#endif  // HWY_ONCE
