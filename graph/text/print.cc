#include "graph/text/print.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <limits>
#include <mutex>
#include <type_traits>
#include <vector>

#include "graph/element_type.h"
#include "weft/error.h"

namespace weft {
namespace {

constexpr std::string_view kPrefix = "tensor(";
constexpr int kMaxPrecision = 100;

// A bool element as a byte: reading a byte that is neither 0 nor 1 as bool would be undefined.
enum class BoolByte : std::uint8_t { no, yes };

// to_chars, and not printf: the decimal point must not depend on the locale.
std::string format_number(double value, std::chars_format format, int precision) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  std::array<char, 320 + kMaxPrecision> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, format, precision).ptr;
  return {text.data(), end};
}

// Decides one notation and one width for all elements shown, then formats each.
class Formatter {
 public:
  explicit Formatter(const PrintOptions& options) : precision_(options.precision) {}

  // First pass over floating elements: which notation fits them all.
  void inspect(double value) {
    if (!std::isfinite(value) || value == 0) return;
    min_ = std::min(min_, std::abs(value));
    max_ = std::max(max_, std::abs(value));
    whole_ = whole_ && value == std::ceil(value);
  }
  // Second pass: how wide the widest is. Zeros and values that are not finite do not count in PyTorch.
  void measure(double value) {
    if (std::isfinite(value) && value != 0) width_ = std::max(width_, text(value).size());
  }
  void measure(std::integral auto value) { width_ = std::max(width_, text(value).size()); }
  void measure(BoolByte value) { width_ = std::max(width_, text(value).size()); }

  std::size_t width() const { return width_; }

  template <class T>
  void append(std::string& out, T value) const {
    const std::string plain = text(value);
    out.append(width_ - std::min(width_, plain.size()), ' ').append(plain);
  }

 private:
  bool scientific() const { return max_ > 0 && (max_ / min_ > 1000.0 || max_ > 1.0e8 || min_ < 1.0e-4); }

  std::string text(double value) const {
    if (scientific()) return format_number(value, std::chars_format::scientific, precision_);
    if (!whole_) return format_number(value, std::chars_format::fixed, precision_);
    return format_number(value, std::chars_format::fixed, 0) + (std::isfinite(value) ? "." : "");
  }
  std::string text(std::integral auto value) const { return std::to_string(value); }
  std::string text(BoolByte value) const { return value == BoolByte::no ? "False" : "True"; }

  int precision_;
  double min_ = std::numeric_limits<double>::infinity();
  double max_ = 0;
  bool whole_ = true;
  std::size_t width_ = 1;
};

template <class T>
class Printer {
 public:
  Printer(const Shape& shape, const T* data, const PrintOptions& options)
      : shape_(shape), data_(data), options_(options), summarize_(shape.numel() > options.threshold) {
    if constexpr (std::floating_point<T>) for_each_shown(0, 0, [&](T value) { format_.inspect(value); });
    for_each_shown(0, 0, [&](T value) { format_.measure(value); });
  }

  std::string str() {
    append(0, 0);
    return std::move(out_);
  }

 private:
  // The indices of an extent that are printed: [0, head) and [tail, extent).
  struct Shown {
    std::int64_t head, tail, extent;
  };
  Shown shown(int dim) const {
    const std::int64_t extent = shape_[dim], edge = options_.edge_items;
    if (summarize_ && extent - edge > edge) return {edge, extent - edge, extent};
    return {extent, extent, extent};
  }

  // Recursion runs over dimensions, of which there are at most Shape::kMaxRank. `row` is an index into the rows that
  // the first `dim` dimensions make.
  template <class F>
  void for_each_shown(int dim, std::int64_t row, F f) const {
    if (dim == shape_.rank()) return f(data_[row]);
    const Shown indices = shown(dim);
    const std::int64_t base = row * shape_[dim];
    for (std::int64_t i = 0; i < indices.head; ++i) for_each_shown(dim + 1, base + i, f);
    for (std::int64_t i = indices.tail; i < indices.extent; ++i) for_each_shown(dim + 1, base + i, f);
  }

  void append(int dim, std::int64_t row) {
    if (dim == shape_.rank()) return format_.append(out_, data_[row]);
    out_ += '[';
    if (dim + 1 == shape_.rank())
      append_vector(dim, row);
    else
      append_slices(dim, row);
    out_ += ']';
  }

  // One dimension between its brackets; `separate` goes before each item, the "..." of a summary among them.
  template <class Separate, class Item>
  void append_items(int dim, std::string_view dots, Separate separate, Item item) {
    const Shown indices = shown(dim);
    for (std::int64_t i = 0; i < indices.head; ++i) separate(), item(i);
    if (indices.head == indices.extent) return;
    separate();
    out_ += dots;
    for (std::int64_t i = indices.tail; i < indices.extent; ++i) separate(), item(i);
  }

  void append_slices(int dim, std::int64_t row) {
    bool first = true;
    const auto separate = [&] {
      if (!first) start_line(dim, shape_.rank() - dim - 1);
      first = false;
    };
    append_items(dim, "...", separate, [&](std::int64_t i) { append(dim + 1, row * shape_[dim] + i); });
  }

  void append_vector(int dim, std::int64_t row) {
    const std::int64_t room = options_.line_width - indent(dim);
    const std::int64_t per_line = std::max<std::int64_t>(1, room / (static_cast<std::int64_t>(format_.width()) + 2));
    std::int64_t count = 0;
    const auto separate = [&] {
      if (count > 0 && count % per_line == 0)
        start_line(dim, 1);
      else if (count > 0)
        out_ += ", ";
      ++count;
    };
    const std::string_view dots = options_.edge_items > 0 ? " ..." : "...";
    append_items(dim, dots, separate, [&](std::int64_t i) { format_.append(out_, data_[row * shape_[dim] + i]); });
  }

  static std::int64_t indent(int dim) { return static_cast<std::int64_t>(kPrefix.size()) + dim; }
  void start_line(int dim, int newlines) {
    out_ += ',';
    out_.append(static_cast<std::size_t>(newlines), '\n').append(static_cast<std::size_t>(indent(dim) + 1), ' ');
  }

  const Shape& shape_;
  const T* data_;
  const PrintOptions& options_;
  const bool summarize_;
  Formatter format_{options_};
  std::string out_;
};

template <class T>
std::string elements(const TensorType& type, const void* data, const PrintOptions& options) {
  return Printer<T>(type.shape, static_cast<const T*>(data), options).str();
}

std::string elements(const TensorType& type, const void* data, const PrintOptions& options) {
  if (type.shape.numel() == 0) return "[]";
  return with_element_type(type.dtype, [&]<class T>(T) {
    return elements<std::conditional_t<std::is_same_v<T, bool>, BoolByte, T>>(type, data, options);
  });
}

const char* torch_name(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "torch.float32";
    case DType::f64:
      return "torch.float64";
    case DType::i64:
      return "torch.int64";
    case DType::i32:
      return "torch.int32";
    case DType::u8:
      return "torch.uint8";
    default:
      return "torch.bool";
  }
}

// "size=(0, 3)", as Python writes a tuple.
std::string size_suffix(const Shape& shape) {
  std::string text = "size=(";
  for (int i = 0; i < shape.rank(); ++i) text += (i ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.rank() == 1 ? ",)" : ")");
}

std::vector<std::string> suffixes(const TensorType& type, std::string_view grad_suffix, const PrintOptions& options) {
  const bool empty = type.shape.numel() == 0;
  std::vector<std::string> result;
  if (empty ? type.shape.rank() != 1 : options.edge_items == 0) result.push_back(size_suffix(type.shape));
  // Elements show whether they are whole numbers, bools or fractions, so only the less usual need their names.
  const bool usual = type.dtype == DType::f32 || (!empty && (type.dtype == DType::i64 || type.dtype == DType::boolean));
  if (!usual) result.push_back(std::string("dtype=") + torch_name(type.dtype));
  if (grad_suffix.starts_with(", ")) grad_suffix.remove_prefix(2);
  if (!grad_suffix.empty()) result.emplace_back(grad_suffix);
  return result;
}

struct SharedOptions {
  std::mutex mutex;
  PrintOptions options;
};
SharedOptions& shared_options() {
  static SharedOptions shared;
  return shared;
}

}  // namespace

std::string format_tensor(const TensorType& type, const void* data, std::string_view grad_suffix,
                          const PrintOptions& options) {
  std::string text = std::string(kPrefix) + elements(type, data, options);
  // PyTorch counts the last line so, one or two columns longer than it is.
  const std::size_t newline = text.rfind('\n');
  std::size_t column = newline == std::string::npos ? text.size() + 2 : text.size() - newline + 1;
  for (const std::string& suffix : suffixes(type, grad_suffix, options)) {
    if (column + suffix.size() + 2 > static_cast<std::size_t>(options.line_width)) {
      text.append(",\n").append(kPrefix.size(), ' ').append(suffix);
      column = kPrefix.size() + suffix.size();
    } else {
      text.append(", ").append(suffix);
      column += suffix.size() + 2;
    }
  }
  return text + ")";
}

void set_print_options(const PrintOptions& options, SourceLocation at) {
  const auto require = [at](bool ok, const std::string& what, const std::string& rule) {
    if (!ok) throw Error("[set_print_options] " + what + ": " + rule, at);
  };
  require(options.precision >= 0 && options.precision <= kMaxPrecision,
          "precision " + std::to_string(options.precision), "must be from 0 to " + std::to_string(kMaxPrecision));
  require(options.threshold >= 0, "threshold " + std::to_string(options.threshold), "must not be negative");
  require(options.edge_items >= 0, "edge_items " + std::to_string(options.edge_items), "must not be negative");
  require(options.line_width > 0, "line_width " + std::to_string(options.line_width), "must be positive");
  SharedOptions& shared = shared_options();
  const std::lock_guard lock(shared.mutex);
  shared.options = options;
}

PrintOptions print_options() {
  SharedOptions& shared = shared_options();
  const std::lock_guard lock(shared.mutex);
  return shared.options;
}

}  // namespace weft
