// Tables of numbers from CSV files.
//
//   auto [columns, values] = weft::data::read_csv("iris.csv");
//   const Tensor labels = values.select(1, 4).to(weft::kInt64);
#pragma once

#include <string>
#include <vector>

#include "weft/tensor.h"

namespace weft::data {

struct CsvOptions {
  bool header = true;  // the first line has the names of the columns
  char separator = ',';
  DType dtype = kFloat32;
};

struct CsvTable {
  std::vector<std::string> columns;  // empty without a header
  Tensor values;                     // [rows, columns]: a leaf
};

// Reads a text of lines of numbers, plain or compressed by gzip: "1", "-2.5e3", "inf", "nan", with spaces around them.
// Lines end with \n or \r\n; empty ones are left out. Names may stand in double quotes, which a quote in the name
// doubles. Throws Error, naming the path, line and column, for a field that is no number and for a line that has not as
// many fields as the first; for a dtype that is not floating, and for a separator that may be a part of a number, a
// quote or the end of a line.
// Threads: any number at once.
CsvTable read_csv(const std::string& path, const CsvOptions& options = {},
                  SourceLocation at = SourceLocation::current());

}  // namespace weft::data
