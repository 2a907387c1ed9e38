#include "runtime/io/npy_header.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "graph/alignment.h"
#include "runtime/io/element_types.h"
#include "runtime/io/json.h"

namespace weft {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxText = 1 << 16;

// Reads the text: a Python dictionary with the keys descr, fortran_order and shape.
class TextReader {
 public:
  TextReader(std::string_view text, const FileCall& call) : rest_(text), call_(call) {}

  NpyHeader read() {
    expect('{');
    while (!take('}')) {
      const std::string key = read_string();
      expect(':');
      if (key == "descr" && !descr_)
        descr_ = read_string();
      else if (key == "fortran_order" && !fortran_)
        fortran_ = read_bool();
      else if (key == "shape" && !shape_)
        shape_ = read_shape();
      else
        call_.fail("its header has " + printable(key) + " twice, or in a place that has none");
      if (!take(',') && !next_is('}')) malformed();
    }
    skip_space();
    if (!rest_.empty() || !descr_ || !fortran_ || !shape_) malformed();
    NpyHeader header;
    header.fortran_order = *fortran_;
    header.big_endian = descr_->starts_with('>');
    header.type = {dtype_of_descr(), shape_of_dims()};
    return header;
  }

 private:
  [[noreturn]] void malformed() const {
    call_.fail("its header is no dictionary of descr, fortran_order and shape, near " +
               printable(std::string(rest_.substr(0, 20))));
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n\t\r"), rest_.size())); }
  bool next_is(char c) {
    skip_space();
    return rest_.starts_with(c);
  }
  bool take(char c) {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char c) {
    if (!take(c)) malformed();
  }
  bool take_word(std::string_view word) {
    skip_space();
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  std::string read_string() {
    const char quote = next_is('"') ? '"' : '\'';
    expect(quote);
    const std::size_t end = rest_.find(quote);
    if (end == std::string_view::npos) malformed();
    std::string text(rest_.substr(0, end));
    if (text.find('\\') != std::string::npos) malformed();
    rest_.remove_prefix(end + 1);
    return text;
  }
  bool read_bool() {
    if (take_word("True")) return true;
    if (!take_word("False")) malformed();
    return false;
  }
  // "()", "(3,)", "(3, 4)"
  std::vector<std::int64_t> read_shape() {
    std::vector<std::int64_t> dims;
    expect('(');
    while (!take(')')) {
      skip_space();
      std::int64_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc()) malformed();
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      dims.push_back(extent);
      const bool comma = take(',');
      if (!comma && (dims.size() == 1 || !next_is(')'))) malformed();
    }
    return dims;
  }

  DType dtype_of_descr() const {
    const bool ordered = !descr_->empty() && std::string_view("<>|=").find((*descr_)[0]) != std::string_view::npos;
    const ElementName* element = find_element(&ElementName::npy, std::string_view(*descr_).substr(ordered ? 1 : 0));
    // Only single bytes have no order.
    if (!element || !ordered || ((*descr_)[0] == '|' && size_of(element->dtype) > 1))
      call_.fail(ErrorKind::dtype, "holds elements of the type " + printable(*descr_) +
                                       ", which Weft has not: it has " + all_elements(&ElementName::npy));
    return element->dtype;
  }
  Shape shape_of_dims() const {
    try {
      return Shape(*shape_);
    } catch (const ShapeError& error) {
      call_.fail(error.rule());
    }
  }

  std::string_view rest_;
  const FileCall& call_;
  std::optional<std::string> descr_;
  std::optional<bool> fortran_;
  std::optional<std::vector<std::int64_t>> shape_;
};

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> file, const FileCall& call) {
  const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
  call.require(text.starts_with(kMagic), "is no npy file: it does not begin with \\x93NUMPY");
  const std::size_t version_at = kMagic.size();
  call.require(text.size() >= version_at + 6, "ends inside its header");
  const auto byte = [&](std::size_t i) { return std::size_t{static_cast<unsigned char>(text[version_at + i])}; };
  const std::size_t major = byte(0);
  if (major < 1 || major > 3 || byte(1) != 0)
    call.fail("is of npy's version " + std::to_string(major) + "." + std::to_string(byte(1)) + ", which is unknown");
  const std::size_t begin = version_at + (major == 1 ? 4 : 6);
  std::size_t size = byte(2) | byte(3) << 8;
  if (major > 1) size |= byte(4) << 16 | byte(5) << 24;
  call.require(size <= kMaxText, "claims a header of " + std::to_string(size) + " bytes, of at most 65536");
  call.require(size <= text.size() - begin, "ends inside its header");

  NpyHeader header = TextReader(text.substr(begin, size), call).read();
  header.size = begin + size;
  const std::size_t holds = text.size() - header.size;
  if (holds != header.type.bytes())
    call.fail("holds " + std::to_string(holds) + " bytes of elements, its header claims " +
              std::to_string(header.type.bytes()));
  return header;
}

std::string npy_header_text(const TensorType& type) {
  std::string dims;
  for (const std::int64_t extent : type.shape) dims += (dims.empty() ? "" : ", ") + std::to_string(extent);
  if (type.shape.rank() == 1) dims += ",";
  std::string text = std::string("{'descr': '") + (size_of(type.dtype) == 1 ? "|" : "<") +
                     element_name(type.dtype).npy + "', 'fortran_order': False, 'shape': (" + dims + "), }";
  // Room for a first extent that grows: NumPy leaves it, too.
  constexpr std::size_t kDigits = 21;
  if (type.shape.rank() > 0) text.append(kDigits - std::to_string(type.shape[0]).size(), ' ');
  constexpr std::size_t kBefore = 10;
  text.resize((kBefore + text.size() + 1) / kAlignment * kAlignment + kAlignment - kBefore - 1, ' ');
  text += '\n';
  return std::string(kMagic) + '\x01' + '\x00' + static_cast<char>(text.size() & 0xff) +
         static_cast<char>(text.size() >> 8) + text;
}

}  // namespace weft
