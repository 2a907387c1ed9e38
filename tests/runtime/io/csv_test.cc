// Reading CSV files: numbers, names of columns, and errors that say where.
#include "weft/csv.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/testing/idx_file.h"

namespace weft::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using weft::testing::Bytes;
using weft::testing::write_file;

Bytes bytes_of(const std::string& text) { return Bytes(text.begin(), text.end()); }

CsvTable read(const std::string& text, const CsvOptions& options = {}) {
  return read_csv(write_file("csv_test_file", bytes_of(text)), options);
}

std::string error_of(const std::string& text, const CsvOptions& options = {}) {
  try {
    read(text, options);
    return "";
  } catch (const Error& error) {
    return error.what();
  }
}

TEST(ReadCsv, ReadsNumbersUnderTheirNames) {
  const auto [columns, values] = read("length, width\n1,2.5\n-3e2 ,\t+4\n");
  EXPECT_THAT(columns, ElementsAre("length", "width"));
  EXPECT_EQ(values.shape(), Shape({2, 2}));
  EXPECT_THAT(values.to_vector<float>(), ElementsAre(1, 2.5, -300, 4));
}

TEST(ReadCsv, ReadsWithoutAHeaderAndWithOtherSeparators) {
  const CsvTable table = read("1;inf\n2;nan", {.header = false, .separator = ';', .dtype = kFloat64});
  EXPECT_TRUE(table.columns.empty());
  const std::vector<double> values = table.values.to_vector<double>();
  EXPECT_EQ(values[1], INFINITY);
  EXPECT_TRUE(std::isnan(values[3]));
}

TEST(ReadCsv, TakesQuotesByteOrderMarksEmptyLinesAndOtherEnds) {
  const CsvTable table = read("\xef\xbb\xbf\"a, \"\"b\"\"\" ,c\r\n\r\n1,2\r\n  \n3,4\r\n");
  EXPECT_THAT(table.columns, ElementsAre("a, \"b\"", "c"));
  EXPECT_THAT(table.values.to_vector<float>(), ElementsAre(1, 2, 3, 4));
}

TEST(ReadCsv, ReadsGzipAndNothing) {
  EXPECT_EQ(read_csv(write_file("csv_test_file", weft::testing::gzip(bytes_of("a\n5\n")))).values.item(), 5);
  EXPECT_EQ(read("").values.shape(), Shape({0, 0}));
  EXPECT_EQ(read("a,b\n").values.shape(), Shape({0, 2}));
}

TEST(ReadCsv, ErrorsSayWhere) {
  EXPECT_THAT(error_of("a,b\n1,2\n3,x\n"), HasSubstr("line 3, column 2: \"x\" is no number"));
  EXPECT_THAT(error_of("a,b\n1,\n"), HasSubstr("line 2, column 2: \"\" is no number"));
  EXPECT_THAT(error_of("a\n1e999\n"), HasSubstr("line 2, column 1: \"1e999\" is out of range"));
  EXPECT_THAT(error_of("a\n0x10\n"), HasSubstr("\"0x10\" is no number"));
  EXPECT_THAT(error_of("a\n+-1\n"), HasSubstr("\"+-1\" is no number"));
  EXPECT_THAT(error_of("a,b\n1\n"), HasSubstr("line 2, there are fewer fields than the first line has: 2"));
  EXPECT_THAT(error_of("a,b\n1,2\n1,2,3\n"), HasSubstr("line 3, there are more fields"));
  EXPECT_THAT(error_of("\"a,b\n1,2\n"), HasSubstr("line 1, a name in quotes has no end"));
}

TEST(ReadCsv, RefusesOptionsThatFitNoNumbers) {
  EXPECT_THAT(error_of("a\n1\n", {.dtype = kInt64}), HasSubstr("not as i64"));
  for (const char separator : {'e', '.', '-', '1', '"', '\n', '\0'})
    EXPECT_THAT(error_of("a\n1\n", {.separator = separator}), HasSubstr("the separator may be")) << separator;
}

}  // namespace
}  // namespace weft::data
