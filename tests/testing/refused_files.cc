// Files that cannot be read or written.
#include <filesystem>

#include "tests/testing/refusals.h"
#include "weft/checkpoint.h"
#include "weft/csv.h"
#include "weft/io.h"

namespace weft {

namespace {

template <class T>
T moved_from(T value) {
  const T other = std::move(value);
  return value;
}

}  // namespace

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
  const Checkpoint nothing;
  REFUSES("io::load_checkpoint", io, "[load_checkpoint" + missing + "opened", load_checkpoint(none));
  REFUSES("io::save_checkpoint", io, "[save_checkpoint" + missing + "written", save_checkpoint(none, nothing));
  REFUSES("io::Checkpoint::part", value, "there is no part \"model\"", nothing.part("model"));
  REFUSES("set_rng_state", shape, "[set_rng_state] the state must be i64[2]", set_rng_state(zeros(2)));
  REFUSES("get_rng_state", state, "[get_rng_state] the draws of", compile([](Tensor x) {
            get_rng_state();
            return x;
          })(zeros(2)));
  REFUSES("data::read_csv", io, "[read_csv" + missing + "opened", data::read_csv(none));
  REFUSES("data::read_csv", dtype, "f32 or f64, not as bool", data::read_csv(none, {.dtype = kBool}));
  const data::Dataset rows{zeros({2, 3}), zeros(2)};
  REFUSES("data::DataLoader::load_state_dict", value, "[DataLoader] the state has no i64[] \"size\"",
          data::DataLoader(rows, {}).load_state_dict({}));
  REFUSES("data::DataLoader::state_dict", state, "[size] undefined",
          moved_from(data::DataLoader(rows, {})).state_dict());
  REFUSES("MetricsFile::MetricsFile", value, "[MetricsFile] a.txt: the name must end in", MetricsFile file("a.txt"));
  REFUSES("MetricsFile::MetricsFile", io, "[MetricsFile] /no/such/a.csv: cannot be",
          MetricsFile file("/no/such/a.csv"));
  const std::string temporary = std::filesystem::temp_directory_path();
  const auto metrics = std::make_shared<MetricsFile>(temporary + "/weft_refused.csv", IfExists::replace);
  REFUSES("MetricsFile::write", value, "\"x\" is there twice", metrics->write(1, {{"x", 1}, {"x", 1}}));
  const auto board = std::make_shared<TensorBoard>(temporary + "/weft_refused_board");
  REFUSES("TensorBoard::scalar", value, "a tag is empty", board->scalar("", 1, 1));
  REFUSES("TensorBoard::scalars", value, "a tag is empty", board->scalars({{"", 1}}, 1));
  REFUSES("TensorBoard::histogram", state, "undefined tensor", board->histogram("w", u, 1));
  REFUSES("TensorBoard::TensorBoard", io, "[TensorBoard] /dev/null/board: cannot be made",
          TensorBoard("/dev/null/board"));
  REFUSES("io::load_npz", io, "[load_npz" + missing + "opened", load_npz(none));
  REFUSES("io::save_npz", io, "[save_npz" + missing + "written", save_npz(none, {}));
  REFUSES("io::save_npz", value, "a tensor has no name", save_npz("file", {{"", zeros(2)}}));
}

}  // namespace weft
