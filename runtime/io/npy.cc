#include "graph/capture/tensor_impl.h"
#include "runtime/io/input_file.h"
#include "runtime/io/npy_array.h"
#include "runtime/io/npy_header.h"
#include "runtime/io/output_file.h"
#include "runtime/io/tensor_bytes.h"
#include "weft/io.h"

namespace weft::io {

Tensor load_npy(const std::string& path, bool map, SourceLocation at) {
  const InputFile file({"load_npy", path, at});
  NpyArray array = read_npy_array(map ? file.map() : file.read(0, file.size()), "", file.call());
  return make_leaf(std::move(array.type), std::move(array.buffer));
}

void save_npy(const std::string& path, const Tensor& tensor, SourceLocation at) {
  const FileCall call{"save_npy", path, at};
  if (!tensor.defined()) call.fail(ErrorKind::state, "undefined tensor");
  const TensorBytes value = bytes_of(tensor, call);
  OutputFile file(call);
  file.write(npy_header_text(value.type));
  file.write(value.bytes());
  file.commit();
}

}  // namespace weft::io
