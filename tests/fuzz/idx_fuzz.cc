// Any bytes are an IDX array, or an Error.
#include "tests/fuzz/memory_file.h"
#include "weft/data.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    weft::data::read_idx(weft::fuzz::memory_file(data, size));
  } catch (const weft::Error&) {
  }
  return 0;
}
