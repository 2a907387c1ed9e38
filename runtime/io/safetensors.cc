#include <algorithm>
#include <filesystem>
#include <unordered_map>

#include "graph/capture/tensor_impl.h"
#include "runtime/io/input_file.h"
#include "runtime/io/json.h"
#include "runtime/io/output_file.h"
#include "runtime/io/safetensors_format.h"
#include "runtime/io/tensor_bytes.h"
#include "weft/io.h"

namespace weft::io {
namespace {

TensorFile read_file(const FileCall& call, bool map) {
  const InputFile file(call);
  SafetensorsHeader header = read_safetensors_header(file);
  const std::shared_ptr<Buffer> whole = map ? file.map() : nullptr;
  TensorFile found{{}, std::move(header.metadata)};
  for (SafetensorsEntry& entry : header.entries) {
    const std::uint64_t begin = header.size + entry.begin;
    const std::size_t bytes = entry.type.bytes();
    std::shared_ptr<Buffer> buffer = whole && bytes > 0 ? aligned_part(whole, begin, bytes) : nullptr;
    if (!buffer) buffer = file.read(begin, bytes);
    check_elements(entry.type, *buffer, entry.name, call);
    found.tensors.insert(entry.name, make_leaf(std::move(entry.type), std::move(buffer)));
  }
  return found;
}

// Prefixes replaced. Throws Error where two names become one.
StateDict renamed(StateDict tensors, const std::vector<std::pair<std::string, std::string>>& table,
                  const FileCall& call) {
  if (table.empty()) return tensors;
  StateDict found;
  for (auto [name, tensor] : tensors) {
    const auto fits = [&](const auto& row) { return name.starts_with(row.first); };
    const auto row = std::find_if(table.begin(), table.end(), fits);
    if (row != table.end()) name.replace(0, row->first.size(), row->second);
    if (found.contains(name)) call.fail("two tensors are named " + printable(name) + " after renaming");
    found.insert(name, tensor, call.at);
  }
  return found;
}

// Which tensor is in which file.
class IndexVisitor : public JsonVisitor {
 public:
  explicit IndexVisitor(const FileCall& call) : call_(call) {}
  std::vector<std::pair<std::string, std::string>> file_of;
  bool has_map = false;

  void value(std::span<const std::string> path, JsonValue value) override {
    if (path[0] != "weight_map") return;
    const auto* const file = std::get_if<std::string>(&value);
    if (path.size() != 2 || !file) call_.fail("its weight_map does not give each tensor the name of a file");
    const bool is_plain = !file->empty() && *file != "." && *file != ".." &&
                          file->find_first_of(std::string("/\0", 2)) == std::string::npos;
    if (!is_plain) call_.fail("names the file " + printable(*file) + ", which is not in its folder");
    file_of.emplace_back(path[1], *file);
  }
  void end_object(std::span<const std::string> path) override {
    has_map = has_map || (path.size() == 1 && path[0] == "weight_map");
  }

 private:
  const FileCall& call_;
};

IndexVisitor read_index(const FileCall& call) {
  const InputFile file(call);
  std::string text(file.size(), '\0');
  file.read_at(0, std::as_writable_bytes(std::span(text)));
  IndexVisitor index(call);
  read_json(text, call, index);
  call.require(index.has_map, "is no index: it has no weight_map");
  return index;
}

}  // namespace

TensorFile load_safetensors(const std::string& path, const LoadOptions& options, SourceLocation at) {
  const FileCall call{"load_safetensors", path, at};
  TensorFile found = read_file(call, options.map);
  found.tensors = renamed(std::move(found.tensors), options.rename, call);
  return found;
}

TensorFile load_sharded_safetensors(const std::string& index_path, const LoadOptions& options, SourceLocation at) {
  const FileCall call{"load_sharded_safetensors", index_path, at};
  const IndexVisitor index = read_index(call);
  const std::filesystem::path folder = std::filesystem::path(index_path).parent_path();
  std::unordered_map<std::string, StateDict> files;
  TensorFile found;
  for (const auto& [name, file] : index.file_of) {
    const auto [at_file, is_new] = files.try_emplace(file);
    if (is_new) {
      TensorFile shard = read_file({call.op, (folder / file).string(), at}, options.map);
      found.metadata.merge(shard.metadata);
      at_file->second = std::move(shard.tensors);
    }
    const Tensor* const tensor = at_file->second.find(name);
    if (!tensor) call.fail("says that " + printable(name) + " is in " + file + ", where it is not");
    found.tensors.insert(name, *tensor);
  }
  found.tensors = renamed(std::move(found.tensors), options.rename, call);
  return found;
}

void save_safetensors(const std::string& path, const StateDict& tensors,
                      const std::map<std::string, std::string>& metadata, SourceLocation at) {
  const FileCall call{"save_safetensors", path, at};
  SafetensorsHeader header{{}, metadata};
  std::vector<TensorBytes> values;
  std::vector<std::span<const std::byte>> bytes;
  for (const auto& [name, tensor] : tensors) {
    check_name(name, call);
    if (name == "__metadata__") call.fail(ErrorKind::value, "no tensor may be named \"__metadata__\"");
    values.push_back(bytes_of(tensor, call));
    bytes.push_back(values.back().bytes());
    header.entries.push_back({name, values.back().type});
  }
  OutputFile file(call);
  write_safetensors(file, std::move(header), bytes, call);
  file.commit();
}

}  // namespace weft::io
