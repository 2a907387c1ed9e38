// The captured calls that a request for values or gradients needs, in the order of the user's program. Requests of
// equal structure share one plan, so a loop plans once and then only runs.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "graph/capture/captured_call.h"
#include "graph/graph.h"
#include "graph/variable.h"

namespace weft {

// Captured calls in their order, and what each reads by number.
class Extraction {
 public:
  struct Entry {
    std::shared_ptr<CapturedCall> call;
    std::uint32_t first_operand = 0;
    std::uint32_t num_operands = 0;
    bool known = false;    // its value is an argument of the program
    bool crossed = false;  // gradients flow through it
    bool reached = false;  // gradients flow through it, or end there
  };

  // Collects what `values` need, up to calls whose values are known; and what gradients of `roots` cross, up to the
  // leaves or to calls of order `oldest`, whether values are known or not. Where gradients reach what an earlier
  // backward() used up, the walk ends (stop_at_used_up) or throws Error.
  Extraction(std::span<const CapturedValue> values, std::span<const CapturedValue> roots, SourceLocation at,
             std::uint64_t oldest = 0, bool stop_at_used_up = false);

  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<Entry>& entries() { return entries_; }
  std::span<const ValueId> operands(const Entry& e) const {
    return {operands_.data() + e.first_operand, e.num_operands};
  }
  // A value that was asked for, or that one of them needs.
  ValueId id(const CapturedValue& value) const { return {index_of(value.call.get()), value.output}; }
  bool contains(const CapturedCall* call) const { return index_of(call) != kNone; }

 private:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t index_of(const CapturedCall* call) const;
  // Enters a call that is not there yet.
  void insert(const std::shared_ptr<CapturedCall>& call, bool crossed);
  void grow(std::size_t slots);
  void cross(const std::shared_ptr<CapturedCall>& root, std::uint64_t oldest, bool stop_at_used_up, SourceLocation at);
  void need(const std::shared_ptr<CapturedCall>& call);
  void read_operands(std::size_t entry);
  void put_in_order(SourceLocation at);

  std::vector<Entry> entries_;
  std::vector<ValueId> operands_;
  std::vector<std::pair<const CapturedCall*, std::uint32_t>> slots_;  // of a hash table: open addressing
  std::vector<CapturedValue> scratch_;
};

// A run that somebody asks for.
struct EagerRequest {
  explicit EagerRequest(Extraction extraction) : calls(std::move(extraction)) {}

  Extraction calls;
  std::vector<ValueId> wanted;

  // Gradients of sum_k sum(roots[k] * seeds[k]) by each group: the versions of one leaf.
  std::vector<ValueId> roots;
  std::vector<std::optional<ValueId>> seeds;  // nothing: ones
  std::vector<std::vector<ValueId>> groups;
  // Of each group: the entry whose value it is added to (a grad() that is there), which then becomes a write.
  std::vector<std::optional<std::pair<ValueId, std::uint32_t>>> add_to;  // value, number of the write

  // Written: `value` becomes that of the variable. The last are those of add_to.
  struct Write {
    std::shared_ptr<Variable> variable;
    std::optional<ValueId> value;          // nothing: a gradient that is added
    std::optional<std::uint32_t> version;  // the entry that stands for its value now
  };
  std::vector<Write> writes;
};

// What becomes of a request. Immutable.
struct EagerProgram {
  Graph graph;                     // inputs: arguments, then the variables written; outputs: results, then the writes
  std::vector<ValueId> arguments;  // of the extraction
  std::size_t num_wanted = 0;      // the first results; then come the gradients that are not added
  std::vector<bool> has_gradient;  // of each group
  std::vector<bool> used_up;       // of each entry: a second backward() through it would need what is let go
};
EagerProgram build_program(const EagerRequest& request);

// The gradients of a request as captured calls, for a trace, or to be differentiated again. Undefined where no root
// depends on the group. used_up as in EagerProgram.
struct CapturedGradients {
  std::vector<CapturedValue> of;
  std::vector<bool> used_up;
};
// Where gradients go while users' own code takes part.
struct GradientSink {
  std::vector<char> at_once;  // of each group; or empty: none
  std::function<void(std::size_t group, const CapturedValue& gradient)> arrive;
  // Groups that gradients pass through on their way to others get those that no hook has changed yet.
  bool before_hooks = false;
};
// Whether users' own code is on the way of gradients. In a trace, which then depends on the hooks of its leaves.
bool find_user_code(const EagerRequest& request);
CapturedGradients capture_gradients(const EagerRequest& request, bool create_graph, SourceLocation at, bool user_code,
                                    const GradientSink& sink = {});

// The values of the extraction that gradients of the roots by all leaves read.
std::vector<ValueId> values_read_by_gradients(EagerRequest request);

// The structure of a request as words. Requests of equal words and equal attributes can share a program; the words have
// only hashes of the attributes. Without numbers: the same for other numbers of the same dtypes.
std::vector<std::uint64_t> structure_words(const EagerRequest& request, bool with_numbers = true);
// Makes arguments of the numbers of a request, so that one program serves all of them.
void hand_over_numbers(EagerRequest& request);
std::uint64_t hash_words(std::span<const std::uint64_t> words);
// The attributes of all calls, to tell structures of equal words apart.
std::vector<Attrs> attributes(const Extraction& calls);
bool has_attributes(const Extraction& calls, std::span<const Attrs> attrs);

}  // namespace weft
