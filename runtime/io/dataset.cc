#include <algorithm>
#include <filesystem>
#include <memory>

#include "graph/capture/tensor_impl.h"
#include "weft/data.h"

namespace weft::data {
namespace {

constexpr std::int64_t kClasses = 10;
constexpr float kBrightest = 255;

[[noreturn]] void fail(const std::string& what, const std::string& rule, SourceLocation at,
                       const std::string& hint = "") {
  throw Error(ErrorKind::io, "[fashion_mnist] " + what + ": " + rule, at, hint);
}

// The compressed file where it is there, else the plain one.
std::string path_of(const std::filesystem::path& folder, const std::string& name, SourceLocation at) {
  for (const char* extension : {".gz", ""}) {
    const std::filesystem::path path = folder / (name + extension);
    std::error_code ignored;
    if (std::filesystem::exists(path, ignored)) return path.string();
  }
  fail((folder / name).string(), "there is no such file, nor one that ends in .gz", at,
       "Debian's package dataset-fashion-mnist has it in /usr/share/datasets/fashion-mnist");
}

IdxArray read_bytes(const std::string& path, int rank, SourceLocation at) {
  IdxArray array = read_idx(path, at);
  if (array.type != IdxType::u8 || array.shape.rank() != rank)
    fail(path, "must hold unsigned bytes of " + std::to_string(rank) + " dimensions", at);
  return array;
}

}  // namespace

Dataset fashion_mnist(const std::string& folder, bool train, SourceLocation at) {
  const std::string prefix = train ? "train" : "t10k";
  const std::string image_path = path_of(folder, prefix + "-images-idx3-ubyte", at);
  const std::string label_path = path_of(folder, prefix + "-labels-idx1-ubyte", at);
  const IdxArray images = read_bytes(image_path, 3, at);
  const IdxArray labels = read_bytes(label_path, 1, at);
  const std::int64_t n = images.shape[0];
  if (labels.shape[0] != n)
    fail(label_path, std::to_string(labels.shape[0]) + " labels for " + std::to_string(n) + " images", at);
  if (std::any_of(labels.bytes.begin(), labels.bytes.end(), [](unsigned char label) { return label >= kClasses; }))
    fail(label_path, "labels must be from 0 to 9", at);

  const TensorType pixels{DType::f32, {n, images.shape[1] * images.shape[2]}};
  auto buffer = make_buffer(pixels.bytes(), at);
  std::transform(images.bytes.begin(), images.bytes.end(), buffer->as<float>(),
                 [](unsigned char byte) { return static_cast<float>(byte) / kBrightest; });
  return {make_leaf(pixels, std::move(buffer)), to_tensor(labels, at)};
}

}  // namespace weft::data
