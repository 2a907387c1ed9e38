// What makes a safetensors file a checkpoint: metadata with checksums, from which every damage is found.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>

#include "runtime/io/safetensors_format.h"

namespace weft {

// Adds the checksums to the metadata: of each tensor (with its name and type), and of all metadata.
void sign_checkpoint(SafetensorsHeader& header, std::span<const std::span<const std::byte>> values);

// Throws Error unless the metadata are those that were signed.
void check_signature(const SafetensorsHeader& header, const FileCall& call);
// Throws Error unless the tensor is the one that was signed.
void check_checkpoint_tensor(const SafetensorsHeader& header, const SafetensorsEntry& entry,
                             std::span<const std::byte> bytes, const FileCall& call);

}  // namespace weft
