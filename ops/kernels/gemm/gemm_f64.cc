#include "ops/kernels/gemm/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "ops/kernels/gemm/gemm_f64.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include "ops/kernels/gemm/gemm-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace {

void gemm_f64(const GemmPart<double>& part, const double* a, const double* b, double* c, double* scratch,
              const GemmEpilogue<double>* epilogue) {
  gemm_part(part, a, b, c, scratch, epilogue);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace weft {

HWY_EXPORT(gemm_f64);

void gemm(const GemmPart<double>& part, const double* a, const double* b, double* c, double* scratch,
          const GemmEpilogue<double>* epilogue) {
  HWY_DYNAMIC_DISPATCH(gemm_f64)(part, a, b, c, scratch, epilogue);
}

}  // namespace weft
#endif  // HWY_ONCE
