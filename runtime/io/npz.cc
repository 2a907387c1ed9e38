#include <array>

#include "graph/capture/tensor_impl.h"
#include "runtime/io/json.h"
#include "runtime/io/npy_array.h"
#include "runtime/io/npy_header.h"
#include "runtime/io/tensor_bytes.h"
#include "runtime/io/zip.h"
#include "weft/io.h"

namespace weft::io {
namespace {

constexpr std::string_view kSuffix = ".npy";

}  // namespace

StateDict load_npz(const std::string& path, SourceLocation at) {
  const InputFile file({"load_npz", path, at});
  StateDict found;
  for (const ZipMember& member : read_zip_directory(file)) {
    if (!member.name.ends_with(kSuffix)) file.call().fail("member " + printable(member.name) + " is no npy file");
    const std::string name = member.name.substr(0, member.name.size() - kSuffix.size());
    const FileCall call{file.call().op, path + "/" + printable(name), at};
    NpyArray array = read_npy_array(read_zip_member(file, member), name, call);
    found.insert(name, make_leaf(std::move(array.type), std::move(array.buffer)));
  }
  return found;
}

void save_npz(const std::string& path, const StateDict& tensors, bool compressed, SourceLocation at) {
  const FileCall call{"save_npz", path, at};
  OutputFile file(call);
  ZipWriter zip(file, call);
  for (const auto& [name, tensor] : tensors) {
    check_name(name, call);
    const TensorBytes value = bytes_of(tensor, call);
    const std::string header = npy_header_text(value.type);
    const std::array<std::span<const std::byte>, 2> parts{std::as_bytes(std::span(header)), value.bytes()};
    zip.add(name + std::string(kSuffix), parts, compressed);
  }
  zip.finish();
  file.commit();
}

}  // namespace weft::io
