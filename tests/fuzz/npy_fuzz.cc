// Any bytes are an npy file, or an Error.
#include "runtime/io/input_file.h"
#include "runtime/io/npy_array.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  try {
    const InputFile file({"fuzz", fuzz::memory_file(data, size), {}});
    read_npy_array(file.read(0, file.size()), "", file.call());
  } catch (const Error&) {
  }
  return 0;
}
