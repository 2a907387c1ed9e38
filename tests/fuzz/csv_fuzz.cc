// Any bytes are a table of numbers, or an Error.
#include <cstdlib>

#include "runtime/io/csv_reader.h"
#include "tests/fuzz/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weft;
  try {
    ByteSource source("fuzz", fuzz::memory_file(data, size), {});
    const CsvNumbers found = read_csv_numbers(source, ',', size % 2 == 0);
    if (found.numbers.size() != found.rows * found.columns) std::abort();
  } catch (const Error&) {
  }
  return 0;
}
