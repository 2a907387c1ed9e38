// What reading, writing and viewing of tensors share (versions.cc, in_place_versions.cc, views.cc).
#pragma once

#include <memory>

#include "graph/builder.h"
#include "graph/capture/captured_call.h"
#include "graph/capture/tensor_impl.h"

namespace weft {

// The versions that tensors remember, so that two reads of one value give one call.
class Versions {
 public:
  // Of storage: a call that holds the buffer, shared as long as the buffer stays and somebody holds the call.
  static CapturedValue of_storage(const std::shared_ptr<TensorImpl>& tensor, const Variable& variable,
                                  std::shared_ptr<const Buffer> now, SourceLocation at);
  static CapturedValue of_view(const std::shared_ptr<TensorImpl>& tensor, SourceLocation at);
  static void remember(TensorImpl& tensor, const CapturedValue& base, const CapturedValue& value);
  // The next read takes the view anew.
  static void forget(TensorImpl& tensor);
};

// A call at which gradients end in the tensor.
CapturedValue as_leaf(const CapturedValue& value, const std::shared_ptr<TensorImpl>& leaf, SourceLocation at);

// Throws Error for a view of a tensor that has become one of another dtype.
void check_dtype_of_base(const TensorImpl& view, SourceLocation at);

// The same value without a gradient (views.cc).
Value record_detach(const Value& x);

}  // namespace weft
