#include "graph/capture/extract.h"

#include <algorithm>
#include <numeric>
#include <string>

#include "graph/autodiff.h"
#include "graph/capture/capture.h"

namespace weft {
namespace {

constexpr std::uint64_t mix(std::uint64_t h, std::uint64_t word) {
  h = (h ^ (h >> 29) ^ word) * 0x9e3779b97f4a7c15ULL;
  return h ^ (h >> 32);
}

Error used_up_error(const CapturedCall& call, SourceLocation at) {
  return Error(
      "[backward] " + call.outputs[0].str() + ": the graph of this tensor was used up by an earlier backward()", at,
      "pass retain_graph = true to the earlier call");
}

std::size_t slot_of(const CapturedCall* call, std::size_t slots) {
  return mix(0, reinterpret_cast<std::uintptr_t>(call)) & (slots - 1);
}

}  // namespace

Extraction::Extraction(std::span<const CapturedValue> values, std::span<const CapturedValue> roots, SourceLocation at,
                       std::uint64_t oldest, bool stop_at_used_up) {
  grow(64);
  for (const CapturedValue& root : roots) cross(root.call, oldest, stop_at_used_up, at);
  for (const CapturedValue& value : values) need(value.call);
  // What is entered while this goes on is read in its turn.
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].known && !entries_[i].crossed) continue;
    read_operands(i);
    for (const CapturedValue& operand : scratch_) need(operand.call);
  }
  put_in_order(at);
}

std::uint32_t Extraction::index_of(const CapturedCall* call) const {
  for (std::size_t at = slot_of(call, slots_.size());; at = (at + 1) & (slots_.size() - 1)) {
    if (slots_[at].first == call) return slots_[at].second;
    if (!slots_[at].first) return kNone;
  }
}

void Extraction::grow(std::size_t slots) {
  slots_.assign(slots, {nullptr, 0});
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    std::size_t at = slot_of(entries_[i].call.get(), slots);
    while (slots_[at].first) at = (at + 1) & (slots - 1);
    slots_[at] = {entries_[i].call.get(), i};
  }
}

void Extraction::insert(const std::shared_ptr<CapturedCall>& call, bool crossed) {
  if (2 * (entries_.size() + 1) > slots_.size()) grow(2 * slots_.size());
  std::size_t at = slot_of(call.get(), slots_.size());
  while (slots_[at].first) at = (at + 1) & (slots_.size() - 1);
  slots_[at] = {call.get(), static_cast<std::uint32_t>(entries_.size())};
  entries_.push_back({call, 0, 0, call->known(), crossed, false});
}

// All that gradients of the root cross, whether its value is known or not. The leaves are entered, too.
void Extraction::cross(const std::shared_ptr<CapturedCall>& root, std::uint64_t oldest, bool stop_at_used_up,
                       SourceLocation at) {
  std::size_t next = entries_.size();
  const auto reach = [&](const std::shared_ptr<CapturedCall>& call) {
    if (contains(call.get())) return;
    insert(call, !call->is_leaf && call->order > oldest && !(stop_at_used_up && call->used_up()));
    entries_.back().reached = true;
  };
  reach(root);
  for (; next < entries_.size(); ++next) {
    if (!entries_[next].crossed) continue;
    const CapturedCall& call = *entries_[next].call;
    if (call.used_up()) throw used_up_error(call, at);
    read_operands(next);
    for (const CapturedValue& operand : scratch_)
      if (operand.call->requires_grad) reach(operand.call);
  }
}

void Extraction::need(const std::shared_ptr<CapturedCall>& call) {
  if (!contains(call.get())) insert(call, false);
}

// Leaves them in scratch_. Another thread may have computed the value meanwhile, and let the operands go.
void Extraction::read_operands(std::size_t entry) {
  scratch_.clear();
  const CapturedCall& call = *entries_[entry].call;
  call.for_each_operand([this](const CapturedValue& operand) { scratch_.push_back(operand); });
  if (scratch_.size() < call.num_operands()) entries_[entry].known = true;
}

void Extraction::put_in_order(SourceLocation at) {
  const auto before = [](const Entry& a, const Entry& b) { return a.call->order < b.call->order; };
  if (!std::is_sorted(entries_.begin(), entries_.end(), before))
    std::stable_sort(entries_.begin(), entries_.end(), before);
  grow(slots_.size());
  for (Entry& entry : entries_) {
    if (entry.known && !entry.crossed) continue;
    entry.first_operand = static_cast<std::uint32_t>(operands_.size());
    entry.call->for_each_operand([this](const CapturedValue& operand) { operands_.push_back(id(operand)); });
    // Another thread may have computed the value meanwhile, and let the operands go.
    if (operands_.size() - entry.first_operand < entry.call->num_operands()) {
      if (entry.crossed) throw used_up_error(*entry.call, at);
      operands_.resize(entry.first_operand);
      entry.known = true;
    }
    entry.num_operands = static_cast<std::uint32_t>(operands_.size()) - entry.first_operand;
  }
}

// ---- Structure

std::vector<std::uint64_t> structure_words(const EagerRequest& request) {
  std::vector<std::uint64_t> words;
  words.reserve(8 * request.calls.entries().size() + 32);
  const auto add = [&words](std::uint64_t word) { words.push_back(word); };
  const auto add_value = [&words](ValueId v) { words.push_back(std::uint64_t{v.node} << 32 | v.output); };
  add(request.calls.entries().size());
  for (const Extraction::Entry& entry : request.calls.entries()) {
    const CapturedCall& call = *entry.call;
    add(std::uint64_t{entry.num_operands} << 8 | std::uint64_t{entry.known} << 3 | std::uint64_t{entry.crossed} << 2 |
        std::uint64_t{call.requires_grad} << 1 | std::uint64_t{call.is_leaf});
    if (entry.known || call.op == &kInput)
      for (const TensorType& type : call.outputs) {
        add(static_cast<std::uint64_t>(type.dtype) << 8 | static_cast<std::uint64_t>(type.shape.rank()));
        for (const std::int64_t d : type.shape) add(static_cast<std::uint64_t>(d));
      }
    if (entry.known && !entry.crossed) continue;
    add(reinterpret_cast<std::uintptr_t>(call.op));
    if (!call.attrs.empty()) add(call.attrs.hash());
    for (const ValueId& v : request.calls.operands(entry)) add_value(v);
  }
  add(request.wanted.size());
  for (const ValueId& v : request.wanted) add_value(v);
  add(request.roots.size());
  for (std::size_t k = 0; k < request.roots.size(); ++k) {
    add_value(request.roots[k]);
    add(request.seeds[k].has_value());
    if (request.seeds[k]) add_value(*request.seeds[k]);
  }
  add(request.groups.size());
  for (std::size_t g = 0; g < request.groups.size(); ++g) {
    add(request.groups[g].size());
    for (const ValueId& v : request.groups[g]) add_value(v);
    add(request.add_to[g].has_value());
    if (request.add_to[g]) add_value(request.add_to[g]->first), add(request.add_to[g]->second);
  }
  add(request.writes.size());
  for (const EagerRequest::Write& write : request.writes) {
    add(write.value ? 1 + (std::uint64_t{write.value->node} << 32 | write.value->output) : 0);
    add(write.version ? 1 + std::uint64_t{*write.version} : 0);
  }
  return words;
}

std::uint64_t hash_words(std::span<const std::uint64_t> words) {
  std::uint64_t h = 0x2545f4914f6cdd1dULL;
  for (const std::uint64_t word : words) h = mix(h, word);
  return h;
}

std::vector<Attrs> attributes(const Extraction& calls) {
  std::vector<Attrs> attrs;
  for (const Extraction::Entry& entry : calls.entries()) attrs.push_back(entry.call->attrs);
  return attrs;
}

bool has_attributes(const Extraction& calls, std::span<const Attrs> attrs) {
  const auto& entries = calls.entries();
  if (entries.size() != attrs.size()) return false;
  for (std::size_t i = 0; i < attrs.size(); ++i)
    if (!(entries[i].known && !entries[i].crossed) && !(entries[i].call->attrs == attrs[i])) return false;
  return true;
}

// ---- Program

namespace {

// The calls of a request as a graph, and its gradients as further nodes.
class RequestGraph {
 public:
  explicit RequestGraph(const EagerRequest& request) : request_(request), builder_(graph_) { add_calls(); }

  const Graph& graph() const { return graph_; }
  Builder& builder() { return builder_; }
  std::size_t num_calls() const { return stands_for_.size(); }

  // An entry is one node; what is known, and no gradient crosses, is an input for each result, in a row.
  ValueId of(ValueId v) const {
    return is_input_[v.node] ? ValueId{first_[v.node] + v.output, 0} : ValueId{first_[v.node], v.output};
  }
  // The entry and the first result that a node stands for, which is no gradient.
  ValueId entry_of(NodeId n) const { return stands_for_[n]; }

  // Of each group.
  std::vector<Value> differentiate() {
    builder_.grad_enabled = false;
    std::vector<Value> roots, seeds;
    for (std::size_t k = 0; k < request_.roots.size(); ++k) {
      roots.push_back(builder_.value(of(request_.roots[k])));
      seeds.push_back(request_.seeds[k] ? builder_.value(of(*request_.seeds[k])) : ones(builder_, roots.back().type()));
    }
    std::vector<std::vector<Value>> wrt(request_.groups.size());
    for (std::size_t g = 0; g < wrt.size(); ++g)
      for (const ValueId& v : request_.groups[g]) wrt[g].push_back(builder_.value(of(v)));
    Gradients gradients = differentiate_groups(builder_, roots, seeds, wrt);
    find_used_up(gradients.used);
    return std::move(gradients.of);
  }
  // Of each entry: whether gradients could not cross it again when values are let go.
  const std::vector<bool>& used_up() const { return used_up_; }

 private:
  void add_calls() {
    const auto& entries = request_.calls.entries();
    first_.resize(entries.size());
    is_input_.resize(entries.size());
    stands_for_.reserve(entries.size());
    std::vector<ValueId> operands;
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      const CapturedCall& call = *entries[i].call;
      is_input_[i] = (entries[i].known && !entries[i].crossed) || call.op == &kInput;
      first_[i] = static_cast<NodeId>(graph_.size());
      const bool needs_grad = call.requires_grad && entries[i].reached;
      if (is_input_[i]) {
        for (std::uint32_t k = 0; k < call.outputs.size(); ++k) {
          graph_.add_input(call.outputs[k], needs_grad, call.where);
          stands_for_.push_back({i, k});
        }
        continue;
      }
      operands.clear();
      for (const ValueId& v : request_.calls.operands(entries[i])) operands.push_back(of(v));
      graph_.add(*call.op, operands, call.attrs, call.outputs, call.where, needs_grad);
      stands_for_.push_back({i, 0});
    }
  }

  // A call is used up when its rule read values, or when gradients go on to one that is.
  void find_used_up(const std::vector<char>& used) {
    const auto& entries = request_.calls.entries();
    used_up_.assign(entries.size(), false);
    for (std::uint32_t i = 0; i < entries.size(); ++i) {
      if (!entries[i].crossed) continue;
      bool up = first_[i] < used.size() && used[first_[i]];
      for (const ValueId& v : request_.calls.operands(entries[i])) up = up || used_up_[v.node];
      used_up_[i] = up;
    }
  }

  const EagerRequest& request_;
  Graph graph_;
  Builder builder_;
  std::vector<NodeId> first_;
  std::vector<char> is_input_;
  std::vector<ValueId> stands_for_;
  std::vector<bool> used_up_;
};

// Cuts out of the graph of a request what its results need; known values are arguments of the program.
class ProgramCutter {
 public:
  ProgramCutter(const EagerRequest& request, const RequestGraph& all)
      : request_(request), all_(all), graph_(all.graph()), first_(graph_.size(), kUnmapped) {}

  void cut(const std::vector<ValueId>& outputs, EagerProgram& program) {
    const std::vector<char> needed = needed_nodes(outputs);
    std::vector<std::int32_t> variable_of(request_.calls.entries().size(), -1);
    for (std::size_t j = 0; j < request_.writes.size(); ++j)
      if (request_.writes[j].version) variable_of[*request_.writes[j].version] = static_cast<std::int32_t>(j);
    for (NodeId n = 0; n < graph_.size(); ++n)
      if (needed[n] && known(n) && variable_of[all_.entry_of(n).node] < 0) add_argument(n, program);
    std::vector<NodeId> variables;
    for (const EagerRequest::Write& write : request_.writes)
      variables.push_back(program.graph.add_input(write.variable->type()));
    for (NodeId n = 0; n < graph_.size(); ++n) {
      if (!needed[n] || first_[n] != kUnmapped) continue;
      if (known(n))
        first_[n] = variables[static_cast<std::size_t>(variable_of[all_.entry_of(n).node])];
      else
        copy(n, program.graph);
    }
    for (const ValueId& v : outputs) program.graph.outputs().push_back(moved(v));
  }

 private:
  static constexpr NodeId kUnmapped = ~NodeId{0};

  bool known(NodeId n) const { return n < all_.num_calls() && request_.calls.entries()[all_.entry_of(n).node].known; }

  std::vector<char> needed_nodes(const std::vector<ValueId>& outputs) const {
    std::vector<char> needed(graph_.size(), 0);
    for (const ValueId& v : outputs) needed[v.node] = 1;
    for (auto n = static_cast<NodeId>(graph_.size()); n-- > 0;)
      if (needed[n] && !known(n))
        for (std::size_t slot = 0; slot < graph_.num_operands(n); ++slot) needed[graph_.operand(n, slot).node] = 1;
    return needed;
  }

  void add_argument(NodeId n, EagerProgram& program) {
    const ValueId source = all_.entry_of(n);
    for (std::uint32_t k = 0; k < graph_.node(n).outputs.size(); ++k) {
      const NodeId input = program.graph.add_input(graph_.node(n).outputs[k], false, graph_.node(n).where);
      if (k == 0) first_[n] = input;
      program.arguments.push_back({source.node, source.output + k});
    }
  }

  void copy(NodeId n, Graph& to) {
    const Node& node = graph_.node(n);
    if (node.op == &kInput) throw Error("[compile] a tensor of a traced function is used outside of it", node.where);
    std::vector<ValueId> operands;
    for (std::size_t slot = 0; slot < graph_.num_operands(n); ++slot)
      operands.push_back(moved(graph_.operand(n, slot)));
    first_[n] = to.add(*node.op, operands, node.attrs, node.outputs, node.where);
  }

  ValueId moved(ValueId v) const {
    return known(v.node) ? ValueId{first_[v.node] + v.output, 0} : ValueId{first_[v.node], v.output};
  }

  const EagerRequest& request_;
  const RequestGraph& all_;
  const Graph& graph_;
  std::vector<NodeId> first_;  // of each node: its place in the program
};

}  // namespace

EagerProgram build_program(const EagerRequest& request) {
  RequestGraph all(request);
  EagerProgram program;
  std::vector<ValueId> outputs, writes;
  for (const ValueId& v : request.wanted) outputs.push_back(all.of(v));
  for (const EagerRequest::Write& write : request.writes)
    writes.push_back(write.value ? all.of(*write.value) : ValueId{});
  program.num_wanted = outputs.size();
  if (!request.groups.empty()) {
    const std::vector<Value> gradients = all.differentiate();
    program.used_up = all.used_up();
    for (std::size_t g = 0; g < gradients.size(); ++g) {
      program.has_gradient.push_back(gradients[g].defined());
      if (const auto& add_to = request.add_to[g]) {
        const Value before = all.builder().value(all.of(add_to->first));
        writes[add_to->second] =
            (gradients[g].defined() ? accumulate_values(all.builder(), {before, gradients[g]}) : before).id();
      } else if (gradients[g].defined()) {
        outputs.push_back(gradients[g].id());
      }
    }
  }
  outputs.insert(outputs.end(), writes.begin(), writes.end());
  ProgramCutter(request, all).cut(outputs, program);
  return program;
}

std::vector<ValueId> values_read_by_gradients(EagerRequest request) {
  for (std::uint32_t i = 0; i < request.calls.entries().size(); ++i)
    if (const auto& entry = request.calls.entries()[i]; entry.reached && !entry.crossed)
      request.groups.push_back({{i, 0}});
  request.add_to.resize(request.groups.size());
  RequestGraph all(request);
  const std::vector<Value> gradients = all.differentiate();
  const Graph& graph = all.graph();
  std::vector<char> needed(graph.size(), 0);
  for (const Value& gradient : gradients)
    if (gradient.defined()) needed[gradient.id().node] = 1;
  std::vector<ValueId> read;
  for (auto n = static_cast<NodeId>(graph.size()); n-- > all.num_calls();) {
    if (!needed[n]) continue;
    for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) {
      const ValueId v = graph.operand(n, slot);
      needed[v.node] = 1;
      if (v.node >= all.num_calls()) continue;
      const ValueId entry = all.entry_of(v.node);
      read.push_back({entry.node, entry.output + v.output});
    }
  }
  std::sort(read.begin(), read.end());
  read.erase(std::unique(read.begin(), read.end()), read.end());
  return read;
}

CapturedGradients capture_gradients(const EagerRequest& request, bool create_graph, SourceLocation at) {
  RequestGraph all(request);
  const std::vector<Value> gradients = all.differentiate();
  const Graph& graph = all.graph();
  CaptureBuilder builder(at);
  builder.grad_enabled = create_graph;
  std::vector<char> needed(graph.size(), 0);
  for (const Value& gradient : gradients)
    if (gradient.defined()) needed[gradient.id().node] = 1;
  for (auto n = static_cast<NodeId>(graph.size()); n-- > all.num_calls();)
    if (needed[n])
      for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) needed[graph.operand(n, slot).node] = 1;
  std::vector<Value> moved(graph.size());
  std::vector<Value> operands;
  for (NodeId n = 0; n < graph.size(); ++n) {
    if (!needed[n]) continue;
    if (n < all.num_calls()) {
      const ValueId entry = all.entry_of(n);
      moved[n] = builder.value(CapturedValue{request.calls.entries()[entry.node].call, entry.output});
      continue;
    }
    const Node& node = graph.node(n);
    operands.clear();
    for (std::size_t slot = 0; slot < graph.num_operands(n); ++slot) {
      const ValueId v = graph.operand(n, slot);
      operands.push_back(moved[v.node].output(moved[v.node].id().output + v.output));
    }
    builder.where = node.where;
    moved[n] = builder.record(*node.op, operands, node.attrs);
  }
  CapturedGradients result;
  for (const Value& gradient : gradients) {
    if (!gradient.defined()) {
      result.of.push_back({});
      continue;
    }
    const Value& value = moved[gradient.id().node];
    result.of.push_back(builder.captured(value.output(value.id().output + gradient.id().output)));
  }
  result.used_up = all.used_up();
  return result;
}

}  // namespace weft
