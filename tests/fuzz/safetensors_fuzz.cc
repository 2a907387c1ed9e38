// Any bytes are a safetensors file whose tensors lie in it, or an Error.
#include "runtime/io/safetensors_format.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  try {
    const InputFile file({"fuzz", fuzz::memory_file(data, size), {}});
    const SafetensorsHeader header = read_safetensors_header(file);
    const std::shared_ptr<Buffer> whole = file.map();
    for (const SafetensorsEntry& entry : header.entries) {
      const std::shared_ptr<Buffer> bytes = file.read(header.size + entry.begin, entry.type.bytes());
      check_elements(entry.type, *bytes, entry.name, file.call());
      aligned_part(whole, header.size + entry.begin, entry.type.bytes());
    }
  } catch (const Error&) {
  }
  return 0;
}
