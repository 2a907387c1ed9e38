#include "graph/op.h"

#include <map>
#include <mutex>

#include "graph/registry.h"

namespace weft {
namespace {

// Never destroyed: graphs may outlive main.
struct Registry {
  std::mutex mutex;  // guards what follows
  std::map<std::string_view, const OpDef*> ops;
};

Registry& registry() {
  static auto& registry = *new Registry;
  return registry;
}

}  // namespace

const OpDef* enter_op(const OpDef& op) {
  const std::lock_guard lock(registry().mutex);
  const auto [at, fresh] = registry().ops.emplace(op.name, &op);
  return fresh ? nullptr : at->second;
}

OpRegistration::OpRegistration(const OpDef& op) { enter_op(op); }

const OpDef* find_op(std::string_view name) {
  const std::lock_guard lock(registry().mutex);
  const auto at = registry().ops.find(name);
  return at == registry().ops.end() ? nullptr : at->second;
}

std::vector<const OpDef*> registered_ops() {
  const std::lock_guard lock(registry().mutex);
  std::vector<const OpDef*> ops;
  for (const auto& [name, op] : registry().ops) ops.push_back(op);
  return ops;
}

bool never_in_place(const Attrs&, std::size_t, std::size_t) { return false; }
bool elementwise_in_place(const Attrs&, std::size_t, std::size_t) { return true; }

constexpr OpDef kInput{.name = "input"};
WEFT_REGISTER_OP(kInput);

std::string describe(std::span<const TensorType* const> types) {
  std::string text;
  for (std::size_t i = 0; i < types.size(); ++i) {
    if (i == 8 && types.size() > 9) return text + ", ... (" + std::to_string(types.size()) + " operands)";
    if (i > 0) text += ", ";
    const char letter = static_cast<char>('a' + i);
    text += (types.size() <= 26 ? std::string(1, letter) : std::to_string(i)) + ": " + types[i]->str();
  }
  return text;
}

void OpCall::fail(ErrorKind kind, std::string_view rule, std::string_view hint) const {
  std::string text = "[" + std::string(op.name) + "] " + describe(inputs);
  if (!inputs.empty()) text += ": ";
  throw Error(kind, text + std::string(rule), where, std::string(hint));
}

Types infer_types(const OpCall& call) {
  const auto n = static_cast<int>(call.inputs.size());
  call.require(ErrorKind::value, n >= call.op.min_inputs && (call.op.max_inputs < 0 || n <= call.op.max_inputs),
               "wrong number of operands");
  try {
    return call.op.infer(call);
  } catch (const ShapeError& error) {
    call.fail(error.rule());
  }
}

}  // namespace weft
