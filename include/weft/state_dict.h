// StateDict: tensors by name, in the order in which they were put there. What modules and optimizers hand out and take.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "weft/tensor.h"

namespace weft {

// An ordered map from names to tensors. Handles: the tensors are those that were put in, not copies.
//
// Threads: as a std::map's.
class StateDict {
 public:
  using Entry = std::pair<std::string, Tensor>;

  StateDict() = default;
  // Throws Error as insert() does.
  StateDict(std::initializer_list<Entry> entries, SourceLocation at = SourceLocation::current());

  // Puts a tensor at the end. Throws Error for one that is undefined and for a name that is there already.
  void insert(const std::string& name, const Tensor& tensor, SourceLocation at = SourceLocation::current());
  // Takes a tensor out; whether it was there. The others keep their order.
  bool erase(const std::string& name);

  bool contains(const std::string& name) const { return places_.contains(name); }
  // Throws Error where there is no such name.
  const Tensor& at(const std::string& name, SourceLocation at = SourceLocation::current()) const;
  // Null where there is no such name.
  const Tensor* find(const std::string& name) const;

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  std::vector<Entry>::const_iterator begin() const { return entries_.begin(); }
  std::vector<Entry>::const_iterator end() const { return entries_.end(); }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, std::size_t> places_;
};

// What load_state_dict() did not load: names that the state lacks, and names that nothing has here.
struct LoadReport {
  std::vector<std::string> missing, unexpected;
};

}  // namespace weft
