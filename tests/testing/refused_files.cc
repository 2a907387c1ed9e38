// Files that cannot be read or written.
#include "tests/testing/refusals.h"
#include "weft/io.h"

namespace weft {

void add_file_rows(Table& table) {
  using namespace io;
  const Tensor u;
  const std::string none = "/no/such/file", missing = "] /no/such/file: cannot be ";
  REFUSES("io::load_safetensors", io, "[load_safetensors" + missing + "opened", load_safetensors(none));
  REFUSES("io::load_safetensors", io, "] /dev/zero: is no regular file", load_safetensors("/dev/zero"));
  REFUSES("io::load_sharded_safetensors", io, "[load_sharded_safetensors" + missing, load_sharded_safetensors(none));
  REFUSES("io::save_safetensors", io, "[save_safetensors" + missing + "written", save_safetensors(none, {}));
  REFUSES("io::save_safetensors", value, "a tensor has no name", save_safetensors(none, {{"", zeros(2)}}));
  REFUSES("io::load_npy", io, "[load_npy" + missing + "opened", load_npy(none));
  REFUSES("io::save_npy", io, "[save_npy" + missing + "written", save_npy(none, zeros(2)));
  REFUSES("io::save_npy", state, "[save_npy] /no/such/file: undefined tensor", save_npy(none, u));
  REFUSES("io::load_npz", io, "[load_npz" + missing + "opened", load_npz(none));
  REFUSES("io::save_npz", io, "[save_npz" + missing + "written", save_npz(none, {}));
  REFUSES("io::save_npz", value, "a tensor has no name", save_npz("file", {{"", zeros(2)}}));
}

}  // namespace weft
