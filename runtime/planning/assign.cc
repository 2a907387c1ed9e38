// Arena buffers: which share bytes because a kernel works in place, and where each goes.
#include <algorithm>
#include <numeric>
#include <utility>

#include "graph/alignment.h"
#include "runtime/planning/draft.h"
#include "runtime/planning/memory.h"

namespace weft {
namespace {

class Arena {
 public:
  explicit Arena(Draft& draft) : d_(draft), order_(*draft.order) {}

  void assign() {
    for (const std::size_t bytes : d_.buffer_bytes) d_.plan.stats.without_reuse_bytes += aligned(bytes);
    share_in_place();
    ArenaBuffers arena = merge();
    const ArenaLayout layout = lay_out(order_, arena);
    d_.plan.stats.arena_bytes = layout.bytes;
    for (Slot& slot : d_.plan.slots)
      if (slot.space == Space::arena) slot.where = layout.offsets[merged_[first_of_[slot.where]]];
  }

 private:
  StepId writer(std::size_t buffer) const { return d_.writer[buffer].step; }

  void share_in_place() {
    first_of_.resize(d_.buffer_bytes.size());
    std::iota(first_of_.begin(), first_of_.end(), 0U);
    for (StepId s = 0; s < d_.plan.steps.size(); ++s) {
      const Step& step = d_.plan.steps[s];
      if (step.part > 0 || step.node == Step::kNoNode || d_.graph.node(step.node).op->in_place == never_in_place)
        continue;
      find_dying_operands(s, step);
      for (std::uint32_t k = 0; k < step.num_outputs && !dying_.empty(); ++k) {
        const Slot& output = d_.plan.outputs_of(step)[k];
        if (output.space == Space::arena) take_operand(s, step, k, output.where);
      }
    }
  }

  // The operands that end with the parts from s on, which read them as one type.
  void find_dying_operands(StepId s, const Step& step) {
    const std::span<const Slot> inputs = d_.plan.inputs_of(step);
    by_buffer_.clear();
    for (std::uint32_t i = 0; i < step.num_inputs; ++i)
      if (inputs[i].space == Space::arena) by_buffer_.emplace_back(inputs[i].where, i);
    std::sort(by_buffer_.begin(), by_buffer_.end());
    dying_.clear();
    for (auto first = by_buffer_.begin(); first != by_buffer_.end();) {
      const auto last = std::find_if(first, by_buffer_.end(), [&](const auto& b) { return b.first != first->first; });
      const TensorType& type = operand_type(step, first->second);
      const bool one_type =
          std::all_of(first, last, [&](const auto& b) { return operand_type(step, b.second) == type; });
      if (one_type && dies_in(s, first->first)) dying_.push_back(first->second);
      first = last;
    }
    std::sort(dying_.begin(), dying_.end());
  }

  const TensorType& operand_type(const Step& step, std::uint32_t i) const {
    return d_.graph.type(d_.graph.operand(step.node, i));
  }

  // The first operand that output k can take the bytes of.
  void take_operand(StepId s, const Step& step, std::uint32_t k, std::uint64_t output) {
    const auto operand = std::find_if(dying_.begin(), dying_.end(), [&](std::uint32_t i) {
      return operand_type(step, i) == d_.graph.node(step.node).outputs[k] && same_parts(s, step, i, k) &&
             in_place(step, i, k);
    });
    if (operand == dying_.end()) return;
    first_of_[output] = first_of_[d_.plan.inputs_of(step)[*operand].where];
    dying_.erase(operand);
  }

  // Whether the op allows it, for each of its operands that are these bytes.
  bool in_place(const Step& step, std::uint32_t operand, std::uint32_t output) const {
    const Node& node = d_.graph.node(step.node);
    const std::span<const Slot> inputs = d_.plan.inputs_of(step);
    for (std::uint32_t i = 0; i < step.num_inputs; ++i)
      if (inputs[i] == inputs[operand] && !node.op->in_place(node.attrs, i, output)) return false;
    return true;
  }

  // Whether each part reads of the operand what it writes of the output.
  bool same_parts(StepId s, const Step& step, std::uint32_t operand, std::uint32_t output) const {
    const std::span<const Slot> inputs = d_.plan.inputs_of(step);
    for (StepId p = s; p < s + d_.parts(s) && d_.parts(s) > 1; ++p)
      for (std::uint32_t i = 0; i < step.num_inputs; ++i)
        if (inputs[i] == inputs[operand] && !(d_.region(p, i) == d_.region(p, step.num_inputs + output))) return false;
    return true;
  }

  // Whether everything else that reads the buffer has certainly ended when any of the parts from s on begins.
  bool dies_in(StepId s, std::uint64_t buffer) const {
    const StepId parts = d_.parts(s);
    const std::span<const StepId> readers = d_.readers[buffer];
    if (readers.back() != s + parts - 1) return false;
    return std::all_of(readers.begin(), readers.end(),
                       [&](StepId r) { return r >= s || order_.before_all(r, s, parts); });
  }

  // One buffer for each group that shares bytes. What touched the bytes for an earlier value of the group lies before
  // the part that writes them for the later one, so that the touches of the last value are the last.
  ArenaBuffers merge() {
    ArenaBuffers arena;
    merged_.assign(d_.buffer_bytes.size(), 0);
    std::vector<std::uint32_t> last_of(d_.buffer_bytes.size());
    std::iota(last_of.begin(), last_of.end(), 0U);
    for (std::uint32_t b = 0; b < last_of.size(); ++b)
      if (writer(b) >= writer(last_of[first_of_[b]])) last_of[first_of_[b]] = b;
    for (std::uint32_t b = 0; b < last_of.size(); ++b) {
      if (first_of_[b] != b) continue;
      merged_[b] = static_cast<std::uint32_t>(arena.buffers.size());
      arena.buffers.push_back({.bytes = d_.buffer_bytes[b],
                               .writer = writer(b),
                               .first_reader = static_cast<std::uint32_t>(arena.readers.size()),
                               .num_writers = d_.parts(writer(b))});
      const std::span<const StepId> readers = d_.readers[last_of[b]];
      arena.readers.insert(arena.readers.end(), readers.begin(), readers.end());
      // A reader may wait for some of the parts that write only.
      const StepId writers = d_.parts(writer(last_of[b]));
      for (StepId p = 0; (readers.empty() || writers > 1) && p < writers; ++p)
        arena.readers.push_back(writer(last_of[b]) + p);
      arena.buffers.back().num_readers =
          static_cast<std::uint32_t>(arena.readers.size()) - arena.buffers.back().first_reader;
    }
    return arena;
  }

  Draft& d_;
  const Reachability& order_;
  std::vector<std::uint32_t>
      first_of_;  // the buffer whose bytes each buffer takes: itself, or one that was written before
  std::vector<std::uint32_t> merged_;  // of the buffers that are their own first: the number given to lay_out
  std::vector<std::pair<std::uint64_t, std::uint32_t>> by_buffer_;  // the arena operands of a step
  std::vector<std::uint32_t> dying_;                                // those whose bytes may be taken
};

}  // namespace

void assign_arena(Draft& draft) { Arena(draft).assign(); }

}  // namespace weft
