#include "tests/testing/memory_checker.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "graph/rows.h"
#include "runtime/planning/plan_text.h"

namespace weft {
namespace {

using Matrix = std::vector<std::vector<bool>>;

// before[b][a]: step a is an ancestor of step b.
template <class PredecessorsOf>
Matrix ancestors(std::size_t steps, PredecessorsOf predecessors_of) {
  Matrix before(steps, std::vector<bool>(steps, false));
  for (StepId s = 0; s < steps; ++s)
    for (const StepId p : predecessors_of(s)) {
      before[s][p] = true;
      for (StepId a = 0; a < p; ++a)
        if (before[p][a]) before[s][a] = true;
    }
  return before;
}

Matrix ancestors_of(const Plan& plan) {
  const Rows<StepId> predecessors(plan.steps.size(), [&](auto add) {
    for (StepId s = 0; s < plan.steps.size(); ++s)
      for (const StepId next : plan.successors_of(s)) add(next, s);
  });
  return ancestors(plan.steps.size(), [&](StepId s) { return predecessors[s]; });
}

Region region(const Plan& plan, StepId s, std::size_t slot) {
  const Kernel& kernel = plan.kernels[plan.steps[s].kernel];
  return kernel.region ? kernel.region(plan.steps[s].part, slot) : Region{};
}

// The slot of a step's first operand or output at this place in the arena.
std::size_t slot_at(std::span<const Slot> slots, std::size_t offset) {
  return static_cast<std::size_t>(std::find(slots.begin(), slots.end(), Slot{Space::arena, offset}) - slots.begin());
}

// Whether step s touches elements at this place in the arena that step w writes.
bool touches_what(const Plan& plan, StepId s, StepId w, std::size_t offset) {
  const Step &step = plan.steps[s], &writer = plan.steps[w];
  const Region written = region(plan, w, writer.num_inputs + slot_at(plan.outputs_of(writer), offset));
  const std::span<const Slot> slots{plan.slots.data() + step.first_slot, step.num_inputs + step.num_outputs};
  for (std::size_t i = 0; i < slots.size(); ++i)
    if (slots[i] == Slot{Space::arena, offset} && region(plan, s, i).overlaps(written)) return true;
  return false;
}

// Values of the same size at the same place are compared part by part.
bool ends_before(const Plan& plan, const Matrix& before, const Life& a, const Life& b) {
  const bool same_place = a.offset == b.offset && a.bytes == b.bytes;
  const auto ended = [&](StepId s) {
    return std::all_of(b.writers.begin(), b.writers.end(),
                       [&](StepId w) { return before[w][s] || (same_place && !touches_what(plan, s, w, a.offset)); });
  };
  return std::all_of(a.writers.begin(), a.writers.end(), ended) &&
         std::all_of(a.readers.begin(), a.readers.end(), ended);
}

// Without regard to parts.
bool all_before(const Matrix& before, const Life& a, const Life& b) {
  const auto ended = [&](StepId s) { return before[b.writers[0]][s]; };
  return ended(a.writers[0]) && std::all_of(a.readers.begin(), a.readers.end(), ended);
}

bool overlap(const Life& a, const Life& b) {
  return a.bytes > 0 && b.bytes > 0 && a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
}

// b takes the bytes of a while its writer, which may do so, reads a as the last one, each part what it writes.
bool taken_in_place(const Plan& plan, const Matrix& before, const Life& a, const Life& b) {
  const Step& step = plan.steps[b.writers[0]];
  if (step.node == Step::kNoNode) return false;
  const Node& node = plan.program.graph.node(step.node);
  if (a.offset != b.offset || a.bytes != b.bytes || a.writers == b.writers) return false;
  const std::size_t in = slot_at(plan.inputs_of(step), a.offset);
  const std::size_t written = slot_at(plan.outputs_of(step), b.offset), out = step.num_inputs + written;
  if (in == step.num_inputs || !node.op->in_place(node.attrs, in, written)) return false;
  return std::all_of(b.writers.begin(), b.writers.end(), [&](StepId w) {
    const auto ended = [&](StepId r) {
      return before[w][r] || std::find(b.writers.begin(), b.writers.end(), r) != b.writers.end();
    };
    return std::find(a.readers.begin(), a.readers.end(), w) != a.readers.end() &&
           region(plan, w, in) == region(plan, w, out) && std::all_of(a.readers.begin(), a.readers.end(), ended) &&
           std::any_of(a.writers.begin(), a.writers.end(), [&](StepId p) { return bool{before[w][p]}; });
  });
}

ValueId storage_of(const Graph& graph, ValueId v) {
  while (graph.node(v.node).op->alias) v = graph.operand(v.node, 0);
  return v;
}

// The planner copies into the arena only old values of variables.
std::size_t bytes_of_variable(const Plan& plan, const Slot& slot) {
  const Program& program = plan.program;
  return program.graph.node(program.graph.inputs()[program.num_arguments() + slot.where]).outputs[0].bytes();
}

std::string name(StepId s) { return "step " + std::to_string(s); }

std::string check_lives(const Plan& plan, const Matrix& before) {
  const std::vector<Life> all = lives(plan);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Life& a = all[i];
    if (a.offset % 64 != 0 || a.offset + a.bytes > plan.stats.arena_bytes) return "badly placed: " + name(a.writers[0]);
    for (std::size_t j = 0; j < i; ++j) {
      const Life& b = all[j];
      if (!overlap(a, b) || ends_before(plan, before, a, b) || ends_before(plan, before, b, a)) continue;
      if (taken_in_place(plan, before, a, b) || taken_in_place(plan, before, b, a)) continue;
      return "shared bytes: what " + name(a.writers[0]) + " and " + name(b.writers[0]) + " write";
    }
  }
  return "";
}

std::string check_data(const Plan& plan, const Matrix& before) {
  const Graph& graph = plan.program.graph;
  std::map<NodeId, std::vector<StepId>> steps_of;
  for (StepId s = 0; s < plan.steps.size(); ++s)
    if (plan.steps[s].node != Step::kNoNode) steps_of[plan.steps[s].node].push_back(s);
  for (const auto& [n, steps] : steps_of)
    for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) {
      const ValueId v = storage_of(graph, graph.operand(n, slot));
      for (const StepId s : steps)
        for (const StepId p : steps_of[v.node])
          if (!before[s][p] && region(plan, s, slot).overlaps(region(plan, p, plan.steps[p].num_inputs + v.output)))
            return name(s) + " does not wait for an operand";
    }
  return "";
}

// Whether step s reads, of the value that a variable has before the run, what step w writes of its next one.
bool reads_what_is_written(const Plan& plan, StepId s, StepId w, const Slot& next) {
  const Step& writer = plan.steps[w];
  const std::span<const Slot> in = plan.inputs_of(plan.steps[s]), out = plan.outputs_of(writer);
  const auto written = static_cast<std::size_t>(std::find(out.begin(), out.end(), next) - out.begin());
  const Slot old{Space::variable, next.where};
  for (std::size_t i = 0; i < in.size(); ++i)
    if (in[i] == old && region(plan, s, i).overlaps(region(plan, w, writer.num_inputs + written))) return true;
  return false;
}

std::string check_writes(const Plan& plan, const Matrix& before) {
  for (StepId w = 0; w < plan.steps.size(); ++w)
    for (const Slot& slot : plan.outputs_of(plan.steps[w])) {
      if (slot.space == Space::argument || slot.space == Space::constant || slot.space == Space::variable)
        return name(w) + " writes what is not its own";
      if (slot.space != Space::next) continue;
      for (StepId s = 0; s < plan.steps.size(); ++s) {
        const NodeId n = plan.steps[s].node;
        if (n != Step::kNoNode && plan.program.graph.node(n).op->may_throw && !before[w][s])
          return name(w) + " writes a variable before " + name(s) + " may throw";
        if ((n == Step::kNoNode ? s != w : n != plan.steps[w].node) && !before[w][s] &&
            reads_what_is_written(plan, s, w, slot))
          return name(w) + " writes a variable before " + name(s) + " has read it";
      }
    }
  return "";
}

}  // namespace

std::vector<Life> lives(const Plan& plan) {
  const Graph& graph = plan.program.graph;
  std::vector<Life> all;
  std::map<ValueId, std::size_t> of_value;
  std::map<std::uint64_t, std::size_t> latest;  // by offset, in serial order
  for (StepId s = 0; s < plan.steps.size(); ++s) {
    const Step& step = plan.steps[s];
    for (std::uint32_t i = 0; i < step.num_inputs; ++i) {
      const Slot& slot = plan.inputs_of(step)[i];
      if (slot.space != Space::arena) continue;
      const std::size_t life = step.node == Step::kNoNode ? latest.at(slot.where)
                                                          : of_value.at(storage_of(graph, graph.operand(step.node, i)));
      all[life].readers.push_back(s);
    }
    for (std::uint32_t k = 0; k < step.num_outputs; ++k) {
      const Slot& slot = plan.outputs_of(step)[k];
      if (slot.space != Space::arena) continue;
      if (step.part > 0) {
        all[of_value.at({step.node, k})].writers.push_back(s);
        continue;
      }
      const std::size_t bytes = step.node == Step::kNoNode ? bytes_of_variable(plan, plan.inputs_of(step)[0])
                                                           : graph.node(step.node).outputs[k].bytes();
      if (bytes > 0) latest[slot.where] = all.size();
      if (step.node != Step::kNoNode) of_value[{step.node, k}] = all.size();
      all.push_back({.offset = slot.where, .bytes = bytes, .writers = {s}, .readers = {}});
    }
  }
  return all;
}

std::string check_plan(const Plan& plan) {
  for (StepId s = 0; s < plan.steps.size(); ++s)
    for (const StepId next : plan.successors_of(s))
      if (next <= s) return "the order is not legal";
  const Matrix before = ancestors_of(plan);
  for (const std::string& wrong : {check_lives(plan, before), check_data(plan, before), check_writes(plan, before)})
    if (!wrong.empty()) return wrong + "\n" + describe(plan);
  return "";
}

std::string check_layout(const StepGraph& graph, const ArenaBuffers& arena, const ArenaLayout& layout) {
  const Matrix before = ancestors(graph.size(), [&](StepId s) { return graph.of(s); });
  std::vector<Life> all;
  for (std::size_t i = 0; i < arena.buffers.size(); ++i) {
    const ArenaBuffer& b = arena.buffers[i];
    const auto first = arena.readers.begin() + b.first_reader;
    all.push_back({layout.offsets[i], b.bytes, {b.writer}, {first, first + b.num_readers}});
    if (layout.offsets[i] % 64 != 0 || layout.offsets[i] + b.bytes > layout.bytes) return "badly placed";
    for (std::size_t j = 0; j < i; ++j)
      if (overlap(all[i], all[j]) && !all_before(before, all[i], all[j]) && !all_before(before, all[j], all[i]))
        return "shared bytes: buffers " + std::to_string(j) + " and " + std::to_string(i);
  }
  return "";
}

void PoisonExecutor::run(Run& run) {
  const Plan& plan = run.plan();
  const std::vector<Life> all = lives(plan);
  std::vector<std::uint32_t> waiting = plan.dependencies;
  std::vector<StepId> ready = plan.source_steps;
  std::vector<std::size_t> touches_left;
  std::vector<std::vector<std::size_t>> touched_by(plan.steps.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    touches_left.push_back(all[i].writers.size() + all[i].readers.size());
    for (const StepId w : all[i].writers) touched_by[w].push_back(i);
    for (const StepId r : all[i].readers) touched_by[r].push_back(i);
  }
  while (!ready.empty()) {
    std::swap(ready[random_() % ready.size()], ready.back());
    const StepId s = ready.back();
    ready.pop_back();
    run.step(s);
    for (const StepId next : plan.successors_of(s))
      if (--waiting[next] == 0) ready.push_back(next);
    for (const std::size_t i : touched_by[s]) {
      const bool has_heir = std::any_of(touched_by[s].begin(), touched_by[s].end(), [&](std::size_t other) {
        const std::vector<StepId>& writers = all[other].writers;
        return other != i && std::find(writers.begin(), writers.end(), s) != writers.end() &&
               overlap(all[other], all[i]);
      });
      if (--touches_left[i] == 0 && !has_heir)
        std::memset(static_cast<char*>(run.arena()) + all[i].offset, 0xFF, all[i].bytes);
    }
  }
}

}  // namespace weft
