// Files of tensors: safetensors, and NumPy's npy and npz.
//
//   weft::io::save_safetensors("model.safetensors", model.state_dict());
//   model.load_state_dict(weft::io::load_safetensors("model.safetensors").tensors);
//
// A file is data: whatever is in it, a reader gives the right tensors or throws Error that names the path,
// and takes no more memory than is in proportion to the file.
//
// What is written is there as a whole or not at all: bytes go to PATH.tmp, which takes the place of PATH once it is on
// the disk. A failure, a full disk included, throws Error and leaves the file that was there. Two writers of one path
// at once: the second throws Error.
//
// Threads: any number at once.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "weft/state_dict.h"
#include "weft/tensor.h"

namespace weft::io {

struct LoadOptions {
  // Where a tensor lies in the file at a multiple of 64 bytes, as nearly all do in files that Weft writes, it is mapped
  // and not copied. Writing to it does not change the file. As long as it lives the file must not be made shorter, or
  // the process dies of SIGBUS; replacing the file, as save functions do, is safe.
  bool map = true;
  // Names that begin with .first begin with .second instead: {{"module.", ""}}. Of several, the first that fits.
  std::vector<std::pair<std::string, std::string>> rename = {};
};

struct TensorFile {
  StateDict tensors;                            // in the order of the file's header
  std::map<std::string, std::string> metadata;  // the header's __metadata__
};

// A safetensors file: 8 bytes of length, a JSON header, and the elements. (huggingface.co/docs/safetensors.)
// Tensors are leaves that need no gradient. Throws Error for a file that cannot be read; for one that is damaged or
// ambiguous: holes, overlaps, a length that is not the file's, names that are there twice (also after renaming), text
// that is no JSON; and, by their names, for tensors of element types that Weft has not.
TensorFile load_safetensors(const std::string& path, const LoadOptions& options = {},
                            SourceLocation at = SourceLocation::current());

// The tensors of several safetensors files, by the index beside them (model.safetensors.index.json), in its order.
// Throws Error also where a file of the index lies in another folder, and where it has not the tensors that the index
// says. The metadata are those of the files, together.
TensorFile load_sharded_safetensors(const std::string& index_path, const LoadOptions& options = {},
                                    SourceLocation at = SourceLocation::current());

// Throws Error for names that are empty, "__metadata__" or no UTF-8.
void save_safetensors(const std::string& path, const StateDict& tensors,
                      const std::map<std::string, std::string>& metadata = {},
                      SourceLocation at = SourceLocation::current());

// One array of NumPy's format, of version 1 to 3, of either byte order, in C or Fortran order. With `map` as in
// LoadOptions; what has another order is copied. Throws Error as load_safetensors() does.
Tensor load_npy(const std::string& path, bool map = false, SourceLocation at = SourceLocation::current());
// As numpy.save() writes it.
void save_npy(const std::string& path, const Tensor& tensor, SourceLocation at = SourceLocation::current());

// A zip file of .npy files, stored or deflated, as numpy.savez() and savez_compressed() write it. Names are without
// ".npy". Throws Error also where the checksum of a member is not that of its bytes.
StateDict load_npz(const std::string& path, SourceLocation at = SourceLocation::current());
// Throws Error for names that are empty, no UTF-8 or longer than 65535 bytes.
void save_npz(const std::string& path, const StateDict& tensors, bool compressed = false,
              SourceLocation at = SourceLocation::current());

}  // namespace weft::io
