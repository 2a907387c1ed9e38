// Any bytes are a checkpoint that was signed, or an Error.
#include "runtime/io/checkpoint_format.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  try {
    const InputFile file({"fuzz", fuzz::memory_file(data, size), {}});
    const SafetensorsHeader header = read_safetensors_header(file);
    check_signature(header, file.call());
    for (const SafetensorsEntry& entry : header.entries) {
      const std::shared_ptr<Buffer> bytes = file.read(header.size + entry.begin, entry.type.bytes());
      check_checkpoint_tensor(header, entry, {bytes->as<std::byte>(), bytes->bytes()}, file.call());
    }
  } catch (const Error&) {
  }
  return 0;
}
