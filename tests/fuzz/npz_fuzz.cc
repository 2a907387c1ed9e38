// Any bytes are a zip file of npy files, or an Error.
#include "runtime/io/npy_array.h"
#include "runtime/io/zip.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  try {
    const InputFile file({"fuzz", fuzz::memory_file(data, size), {}});
    for (const ZipMember& member : read_zip_directory(file))
      read_npy_array(read_zip_member(file, member), member.name, file.call());
  } catch (const Error&) {
  }
  return 0;
}
