#include "weft/csv.h"

#include <algorithm>
#include <string_view>

#include "graph/capture/tensor_impl.h"
#include "runtime/io/csv_reader.h"

namespace weft::data {

CsvTable read_csv(const std::string& path, const CsvOptions& options, SourceLocation at) {
  const FileCall call{"read_csv", path, at};
  if (!is_floating(options.dtype))
    call.fail(ErrorKind::dtype, std::string("numbers are read as f32 or f64, not as ") + name_of(options.dtype),
              "convert the result: values.to(kInt64)");
  constexpr std::string_view kOfNumbers = "0123456789+-.\"\r\n";
  const auto separator = static_cast<unsigned char>(options.separator);
  if ((separator >= 'A' && separator <= 'Z') || (separator >= 'a' && separator <= 'z') || separator == 0 ||
      kOfNumbers.find(options.separator) != std::string_view::npos)
    call.fail(ErrorKind::value, "the separator may be a part of a number, a quote or the end of a line");
  ByteSource source(call.op, path, at);
  CsvNumbers found = read_csv_numbers(source, options.separator, options.header);
  const TensorType type{options.dtype,
                        {static_cast<std::int64_t>(found.rows), static_cast<std::int64_t>(found.columns)}};
  auto buffer = make_buffer(type.bytes(), at);
  if (type.dtype == DType::f64)
    std::copy(found.numbers.begin(), found.numbers.end(), buffer->as<double>());
  else
    std::transform(found.numbers.begin(), found.numbers.end(), buffer->as<float>(),
                   [](double number) { return static_cast<float>(number); });
  return {std::move(found.names), make_leaf(type, std::move(buffer))};
}

}  // namespace weft::data
