// The serial order of the steps, and where each value lives.
//
// A run that fails must leave the variables as they were, so whatever writes a variable comes after every step that may
// throw, and after everything that reads the variable's old value. The step that makes the new value writes the
// variable itself where that can be had by delaying it. Otherwise the value is copied at the end of the run.
#include <algorithm>
#include <unordered_map>
#include <utility>

#include "runtime/planning/draft.h"

namespace weft {
namespace {

// A step that may write straight into variable `variable`.
struct DirectWrite {
  std::uint32_t variable;
  ValueNumber value;
  NodeId node;
};

class Placer {
 public:
  explicit Placer(Draft& draft) : d_(draft), num_results_(d_.program.num_results()) {}

  void place() {
    place_inputs();
    find_direct_writes();
    find_old_values_in_outputs();
    order_nodes();
    place_direct_writes();
    place_results();
    place_writes();
    for (const NodeId n : d_.node_order)
      for (std::size_t k = 0; k < d_.graph.node(n).outputs.size(); ++k)
        place_in_arena(d_.first_value[n] + static_cast<ValueNumber>(k));
  }

 private:
  static constexpr std::int64_t kNever = -1;

  ValueNumber output_storage(std::size_t k) const { return d_.storage_of(d_.graph.outputs()[k]); }
  // The variable whose old value v is, or kNever.
  std::int64_t old_variable(ValueNumber v) const {
    if (d_.role_of(v) != Role::input) return kNever;
    const std::uint32_t i = d_.input_index[d_.owner[v]];
    return i < d_.program.num_arguments() ? kNever : static_cast<std::int64_t>(i - d_.program.num_arguments());
  }

  void place_inputs() {
    for (std::uint32_t i = 0; i < d_.graph.inputs().size(); ++i) {
      const std::size_t arguments = d_.program.num_arguments();
      Slot& slot = d_.placement[d_.first_value[d_.graph.inputs()[i]]];
      slot = i < arguments ? Slot{Space::argument, i} : Slot{Space::variable, i - arguments};
    }
    written_.assign(d_.program.num_variables, false);
    for (const std::uint32_t j : d_.program.writes) written_[j] = true;
  }

  // The step must not throw, and may read the variable's old value only element by element, where it writes it.
  bool may_write(NodeId n, ValueNumber value, std::uint32_t variable) const {
    const OpDef& op = *d_.graph.node(n).op;
    if (op.may_throw) return false;
    for (std::size_t slot = 0; slot < d_.graph.num_operands(n); ++slot) {
      const ValueId v = d_.graph.operand(n, slot);
      if (old_variable(d_.storage_of(v)) != variable) continue;
      if (!(d_.graph.type(v) == d_.type_of(value)) ||
          !op.in_place(d_.graph.node(n).attrs, slot, value - d_.first_value[n]))
        return false;
    }
    return true;
  }

  void find_direct_writes() {
    std::unordered_map<ValueNumber, std::uint32_t> taken;
    for (std::size_t k = 0; k < d_.program.writes.size(); ++k) {
      const ValueNumber v = output_storage(num_results_ + k);
      const std::uint32_t j = d_.program.writes[k];
      if (d_.role_of(v) != Role::step || !may_write(d_.owner[v], v, j)) continue;
      if (taken.emplace(v, j).second) direct_.push_back({j, v, d_.owner[v]});
    }
  }

  // Old values that results and other variables get are copied between the early and the late nodes.
  void find_old_values_in_outputs() {
    copied_.assign(d_.program.num_variables, false);
    for (std::size_t k = 0; k < d_.graph.outputs().size(); ++k) {
      const std::int64_t j = old_variable(output_storage(k));
      const bool kept = k >= num_results_ && d_.program.writes[k - num_results_] == j;
      if (j != kNever && !kept) copied_[static_cast<std::size_t>(j)] = true;
    }
  }

  // For each direct write, the last place (by `place_of`) of a step that it must come after.
  template <class F>
  std::vector<std::int64_t> bounds(F place_of) const {
    std::vector<std::int64_t> last_reader(d_.program.num_variables, kNever);
    std::vector<NodeId> writer(d_.program.num_variables, Step::kNoNode);
    for (const DirectWrite& w : direct_) writer[w.variable] = w.node;
    std::int64_t last_throw = kNever;
    for (NodeId n = 0; n < d_.graph.size(); ++n) {
      if (d_.role[n] != Role::step) continue;
      if (d_.graph.node(n).op->may_throw) last_throw = std::max(last_throw, place_of(n));
      for (std::size_t slot = 0; slot < d_.graph.num_operands(n); ++slot) {
        const std::int64_t j = old_variable(d_.storage_of(d_.graph.operand(n, slot)));
        if (j == kNever || writer[static_cast<std::size_t>(j)] == n) continue;
        std::int64_t& last = last_reader[static_cast<std::size_t>(j)];
        last = std::max(last, place_of(n));
      }
    }
    std::vector<std::int64_t> result;
    for (const DirectWrite& w : direct_) result.push_back(std::max(last_throw, last_reader[w.variable]));
    return result;
  }

  // Nodes in the order of the graph, except those that write a variable: they come as early as what they read and wait
  // for allows, or after the copies of the old value, if there are any. So they find their operands in the cache, and
  // the operands' memory is free early.
  void order_nodes() {
    constexpr auto kAfterCopies = static_cast<std::int64_t>(static_cast<NodeId>(-1));
    const std::vector<std::int64_t> bound = bounds([](NodeId n) { return static_cast<std::int64_t>(n); });
    std::vector<std::int64_t> least(d_.graph.size(), kNever);  // of nodes that write: the place that they wait for
    std::vector<bool> writes(d_.graph.size(), false);
    for (std::size_t i = 0; i < direct_.size(); ++i) {
      const NodeId n = direct_[i].node;
      writes[n] = true;
      least[n] = std::max(least[n], copied_[direct_[i].variable] ? kAfterCopies : bound[i]);
    }
    std::vector<std::int64_t> after(d_.graph.size());  // the place of each node, in those of the graph's order
    std::vector<bool> is_moved = writes;
    std::vector<std::pair<std::int64_t, NodeId>> moved;
    for (NodeId n = 0; n < d_.graph.size(); ++n) {
      after[n] = writes[n] ? least[n] : static_cast<std::int64_t>(n);
      for (std::size_t slot = 0; slot < d_.graph.num_operands(n); ++slot) {
        const std::int64_t operand = after[d_.graph.operand(n, slot).node];
        is_moved[n] = is_moved[n] || operand >= static_cast<std::int64_t>(n);
        after[n] = std::max(after[n], operand);
      }
      if (d_.role[n] == Role::step && is_moved[n]) moved.emplace_back(after[n], n);
    }
    std::sort(moved.begin(), moved.end());
    auto next = moved.begin();
    for (; next != moved.end() && next->first == kNever; ++next) d_.node_order.push_back(next->second);
    for (NodeId n = 0; n < d_.graph.size(); ++n) {
      if (d_.role[n] == Role::step && !is_moved[n]) d_.node_order.push_back(n);
      for (; next != moved.end() && next->first == static_cast<std::int64_t>(n); ++next)
        d_.node_order.push_back(next->second);
    }
    d_.late = d_.node_order.size();
    for (; next != moved.end(); ++next) d_.node_order.push_back(next->second);
  }

  void place_direct_writes() {
    if (direct_.empty()) return;
    std::vector<std::int64_t> position(d_.graph.size(), kNever);
    for (std::size_t i = 0; i < d_.node_order.size(); ++i) position[d_.node_order[i]] = static_cast<std::int64_t>(i);
    const std::vector<std::int64_t> bound = bounds([&](NodeId n) { return position[n]; });
    for (std::size_t i = 0; i < direct_.size(); ++i) {
      const std::int64_t at = position[direct_[i].node];
      const bool after_copies = at >= static_cast<std::int64_t>(d_.late);
      if (bound[i] < at && (after_copies || !copied_[direct_[i].variable]))
        d_.placement[direct_[i].value] = {Space::next, direct_[i].variable};
    }
  }

  void place_results() {
    for (std::size_t k = 0; k < num_results_; ++k) {
      const ValueNumber v = output_storage(k);
      const Slot result = {Space::result, k};
      if (!d_.placed(v))
        d_.placement[v] = result;
      else
        copy(d_.role_of(v) == Role::step ? d_.last_copies : d_.first_copies, d_.placement[v], result, v);
    }
  }

  void place_writes() {
    for (std::size_t k = 0; k < d_.program.writes.size(); ++k) {
      const ValueNumber v = output_storage(num_results_ + k);
      const Slot next = {Space::next, d_.program.writes[k]};
      place_in_arena(v);
      if (d_.placement[v] == next || d_.type_of(v).bytes() == 0) continue;
      Slot from = d_.placement[v];
      const std::int64_t old = old_variable(v);
      if (old != kNever && old != d_.program.writes[k] && written_[static_cast<std::size_t>(old)]) {
        from = d_.new_buffer(d_.type_of(v).bytes());
        copy(d_.first_copies, d_.placement[v], from, v);
      }
      copy(d_.last_copies, from, next, v);
    }
  }

  void place_in_arena(ValueNumber v) {
    if (!d_.placed(v)) d_.placement[v] = d_.new_buffer(d_.type_of(v).bytes());
  }

  void copy(std::vector<Copy>& copies, Slot from, Slot to, ValueNumber v) {
    if (d_.type_of(v).bytes() > 0) copies.push_back({from, to, d_.type_of(v).bytes()});
  }

  Draft& d_;
  std::size_t num_results_;
  std::vector<bool> written_;  // by variable
  std::vector<bool> copied_;   // by variable: its old value is copied
  std::vector<DirectWrite> direct_;
};

}  // namespace

void place_values(Draft& draft) { Placer(draft).place(); }

}  // namespace weft
