#include "runtime/io/tensor_bytes.h"

#include "graph/capture/evaluate.h"
#include "graph/capture/tensor_impl.h"
#include "runtime/io/json.h"

namespace weft::io {

void check_name(const std::string& name, const FileCall& call) {
  if (name.empty()) call.fail(ErrorKind::value, "a tensor has no name");
  json_string(name, call);
}

TensorBytes bytes_of(const Tensor& tensor, const FileCall& call) {
  return {TensorAccess::impl(tensor)->type, value(tensor, call.at)};
}

}  // namespace weft::io
