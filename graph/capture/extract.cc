#include "graph/capture/extract.h"

#include <algorithm>

#include "graph/known_ops.h"

namespace weft {
namespace {

constexpr std::uint64_t mix(std::uint64_t h, std::uint64_t word) {
  h = (h ^ (h >> 29) ^ word) * 0x9e3779b97f4a7c15ULL;
  return h ^ (h >> 32);
}

Error used_up_error(const CapturedCall& call, SourceLocation at) {
  return Error(
      ErrorKind::state,
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

namespace {

// A number that the user wrote beside a tensor.
bool is_number(const CapturedCall& call) { return call.op == &known_ops::full() && call.outputs[0].shape.rank() == 0; }

std::shared_ptr<const Buffer> value_of_number(const CapturedCall& call) {
  auto buffer = std::make_shared<Buffer>(call.outputs[0].bytes());
  const Kernel kernel = call.op->compile({*call.op, {}, call.attrs, call.where, call.outputs});
  void* out = buffer->data();
  kernel.run({nullptr, &out, nullptr, 0});
  return buffer;
}

}  // namespace

void hand_over_numbers(EagerRequest& request) {
  for (Extraction::Entry& entry : request.calls.entries()) {
    if (entry.known || !is_number(*entry.call)) continue;
    entry.call->publish({value_of_number(*entry.call)});
    entry.known = true;
  }
}

std::vector<std::uint64_t> structure_words(const EagerRequest& request, bool with_numbers) {
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
    if (!with_numbers && is_number(call))
      add(static_cast<std::uint64_t>(call.outputs[0].dtype));
    else if (!call.attrs.empty())
      add(call.attrs.hash());
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

}  // namespace weft
