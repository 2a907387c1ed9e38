// Checkpoints: what a run needs to go on where it was.
//
//   io::Checkpoint now;
//   now.parts["model"] = model.state_dict();
//   now.parts["optimizer"] = optimizer.state_dict();
//   now.parts["data"] = loader.state_dict();
//   now.parts["generator"].insert("state", get_rng_state());
//   io::save_checkpoint("run.checkpoint", now);
//
// Threads: as weft/io.h.
#pragma once

#include <map>
#include <string>

#include "weft/state_dict.h"
#include "weft/tensor.h"

namespace weft {

// The generator that manual_seed() seeds, as i64[2]: the seed, and how many draws there were. Throws Error while a
// function is traced.
Tensor get_rng_state(SourceLocation at = SourceLocation::current());
// The next draw is the one that it was when the state was taken. Throws Error for what is no i64[2] or has a negative
// number of draws, and while a function is traced.
void set_rng_state(const Tensor& state, SourceLocation at = SourceLocation::current());

namespace io {

struct Checkpoint {
  std::map<std::string, StateDict> parts;    // of the program, by name
  std::map<std::string, std::string> notes;  // texts of the user's own
  std::string path;                          // the file that it was read from

  // Throws Error where there is no such part.
  const StateDict& part(const std::string& name, SourceLocation at = SourceLocation::current()) const;
};

// Writes a safetensors file whose tensors are named PART/NAME, with a checksum of each tensor and one of all metadata.
// The file that was there becomes PATH.previous. Whenever the process ends, PATH or PATH.previous is whole: at worst
// the last interval is lost. Throws Error as save_safetensors() does, and for names of parts that are empty or have a
// slash.
void save_checkpoint(const std::string& path, const Checkpoint& checkpoint,
                     SourceLocation at = SourceLocation::current());

// Reads PATH or, where that is missing or not what was written, PATH.previous: Checkpoint::path says which. Throws
// Error where neither is a whole checkpoint.
Checkpoint load_checkpoint(const std::string& path, SourceLocation at = SourceLocation::current());

}  // namespace io
}  // namespace weft
