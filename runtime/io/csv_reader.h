// Lines of numbers, before they are a tensor.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "runtime/io/byte_source.h"

namespace weft {

struct CsvNumbers {
  std::vector<std::string> names;
  std::vector<double> numbers;  // row by row
  std::size_t rows = 0, columns = 0;
};

// Reads to the end. Throws Error that names line and column.
CsvNumbers read_csv_numbers(ByteSource& source, char separator, bool header);

}  // namespace weft
