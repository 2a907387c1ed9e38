#include "runtime/io/csv_reader.h"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "runtime/io/json.h"

namespace weft {
namespace {

std::string read_all(ByteSource& source) {
  constexpr std::size_t kChunk = std::size_t{1} << 16;
  std::string text;
  std::size_t size = 0, count = 0;
  do {
    text.resize(size + kChunk);
    count = source.read({reinterpret_cast<unsigned char*>(text.data()) + size, kChunk});
    size += count;
  } while (count == kChunk);
  text.resize(size);
  return text;
}

class Reader {
 public:
  Reader(ByteSource& source, char separator) : source_(source), separator_(separator), text_(read_all(source)) {}

  CsvNumbers read(bool header) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    rest_ = text_;
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    std::string_view line;
    while (next_line(line)) {
      if (line.find_first_not_of(" \t") == std::string_view::npos) continue;
      if (header && found_.columns == 0)
        read_names(line);
      else
        read_numbers(line);
    }
    return std::move(found_);
  }

 private:
  [[noreturn]] void fail(const std::string& rule) const {
    source_.fail("line " + std::to_string(line_number_) + ", " + rule);
  }

  bool next_line(std::string_view& line) {
    if (rest_.empty()) return false;
    const std::size_t end = rest_.find('\n');
    line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end, rest_.size() - 1) + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++line_number_;
    return true;
  }

  static std::string_view trimmed(std::string_view field) {
    const std::size_t begin = field.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return {};
    return field.substr(begin, field.find_last_not_of(" \t") - begin + 1);
  }

  // A name in quotes may have separators in it, and quotes that are doubled.
  void read_names(std::string_view line) {
    bool more = true;
    while (more) {
      line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
      std::string name;
      if (line.starts_with('"')) {
        for (line.remove_prefix(1);; line.remove_prefix(1)) {
          if (line.empty()) fail("a name in quotes has no end");
          if (line[0] == '"' && !line.substr(1).starts_with('"')) break;
          if (line[0] == '"') line.remove_prefix(1);
          name += line[0];
        }
        line.remove_prefix(1);
      }
      const std::size_t end = line.find(separator_);
      name += trimmed(line.substr(0, end));
      more = end != std::string_view::npos;
      if (more) line.remove_prefix(end + 1);
      found_.names.push_back(std::move(name));
    }
    found_.columns = found_.names.size();
  }

  void read_numbers(std::string_view line) {
    std::size_t column = 0;
    bool more = true;
    while (more) {
      const std::size_t end = line.find(separator_);
      const std::string_view field = trimmed(line.substr(0, end));
      more = end != std::string_view::npos;
      if (more) line.remove_prefix(end + 1);
      ++column;
      if (found_.columns > 0 && column > found_.columns) break;
      found_.numbers.push_back(number(field, column));
    }
    if (found_.columns == 0) found_.columns = column;
    if (column != found_.columns || more)
      fail("there are " + std::string(column > found_.columns ? "more" : "fewer") +
           " fields than the first line has: " + std::to_string(found_.columns));
    ++found_.rows;
  }

  double number(std::string_view field, std::size_t column) const {
    std::string_view digits = field;
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size())
      fail("column " + std::to_string(column) + ": " + printable(std::string(field)) +
           (error == std::errc::result_out_of_range ? " is out of range" : " is no number"));
    return value;
  }

  ByteSource& source_;
  const char separator_;
  const std::string text_;
  std::string_view rest_;
  std::size_t line_number_ = 0;
  CsvNumbers found_;
};

}  // namespace

CsvNumbers read_csv_numbers(ByteSource& source, char separator, bool header) {
  return Reader(source, separator).read(header);
}

}  // namespace weft
