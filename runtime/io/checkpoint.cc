#include "weft/checkpoint.h"

#include "graph/capture/tensor_impl.h"
#include "runtime/io/checkpoint_format.h"
#include "runtime/io/json.h"
#include "runtime/io/tensor_bytes.h"

namespace weft::io {
namespace {

const std::string kPart = "part:", kNote = "note:";  // before keys of the metadata

Checkpoint read(const FileCall& call) {
  const InputFile file(call);
  const SafetensorsHeader header = read_safetensors_header(file);
  check_signature(header, call);
  Checkpoint found;
  found.path = call.path;
  for (const auto& [key, value] : header.metadata) {
    if (key.starts_with(kPart)) found.parts[key.substr(kPart.size())];
    if (key.starts_with(kNote)) found.notes[key.substr(kNote.size())] = value;
  }
  for (const SafetensorsEntry& entry : header.entries) {
    std::shared_ptr<Buffer> buffer = file.read(header.size + entry.begin, entry.type.bytes());
    check_checkpoint_tensor(header, entry, {buffer->as<std::byte>(), buffer->bytes()}, call);
    check_elements(entry.type, *buffer, entry.name, call);
    const std::size_t slash = entry.name.find('/');
    const auto part = found.parts.find(entry.name.substr(0, slash));
    if (slash == std::string::npos || part == found.parts.end())
      call.fail("is damaged: tensor " + printable(entry.name) + " belongs to no part");
    part->second.insert(entry.name.substr(slash + 1), make_leaf(entry.type, std::move(buffer)), call.at);
  }
  return found;
}

}  // namespace

const StateDict& Checkpoint::part(const std::string& name, SourceLocation at) const {
  const auto found = parts.find(name);
  if (found != parts.end()) return found->second;
  throw Error(ErrorKind::value, "[Checkpoint] " + path + ": there is no part " + printable(name), at);
}

void save_checkpoint(const std::string& path, const Checkpoint& checkpoint, SourceLocation at) {
  const FileCall call{"save_checkpoint", path, at};
  SafetensorsHeader header;
  std::vector<TensorBytes> values;
  std::vector<std::span<const std::byte>> bytes;
  for (const auto& [part, state] : checkpoint.parts) {
    if (part.empty() || part.find('/') != std::string::npos)
      call.fail(ErrorKind::value, "the name of the part " + printable(part) + " is empty or has a slash");
    header.metadata[kPart + part] = std::to_string(state.size());
    for (const auto& [name, tensor] : state) {
      check_name(name, call);
      values.push_back(bytes_of(tensor, call));
      bytes.push_back(values.back().bytes());
      header.entries.push_back({part + "/" + name, values.back().type});
    }
  }
  for (const auto& [key, value] : checkpoint.notes) header.metadata[kNote + key] = value;
  sign_checkpoint(header, bytes);
  OutputFile file(call);
  write_safetensors(file, std::move(header), bytes, call);
  file.commit(".previous");
}

Checkpoint load_checkpoint(const std::string& path, SourceLocation at) {
  try {
    return read({"load_checkpoint", path, at});
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::memory) throw;
    try {
      return read({"load_checkpoint", path + ".previous", at});
    } catch (const Error&) {
      throw error;  // the file that was asked for is what matters
    }
  }
}

}  // namespace weft::io
