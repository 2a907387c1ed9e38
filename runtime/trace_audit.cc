// Why leaves of a traced function get no gradient.
#include <set>
#include <string>

#include "graph/op.h"
#include "graph/rows.h"
#include "runtime/trace_builder.h"

namespace weft {
namespace {

std::string place(SourceLocation where) {
  return where.line > 0 ? std::string(" at ") + where.file + ":" + std::to_string(where.line) : "";
}

// What gradients were asked of, and the way back to leaves.
class Ways {
 public:
  Ways(const std::vector<CapturedValue>& roots, SourceLocation at) : calls_(roots, {}, at) {
    readers_ = Rows<std::uint32_t>(calls_.entries().size(), [this](auto add) {
      for (std::uint32_t i = 0; i < calls_.entries().size(); ++i)
        for (const ValueId& v : calls_.operands(calls_.entries()[i])) add(v.node, i);
    });
  }

  // The first call that gradients by the leaf do not cross, among those that it comes to.
  void explain(const CapturedCall* leaf, std::string& reason, SourceLocation& where) const {
    reason = "what gradients are asked of does not depend on it";
    if (!leaf || !calls_.contains(leaf)) return;
    std::set<std::uint32_t> met, open;
    for (std::uint32_t i = 0; i < calls_.entries().size(); ++i)
      if (calls_.entries()[i].call.get() == leaf) open.insert(i);
    while (!open.empty()) {
      const std::uint32_t i = *open.begin();
      open.erase(open.begin());
      for (const std::uint32_t reader : readers_[i]) {
        const CapturedCall& call = *calls_.entries()[reader].call;
        if (!met.insert(reader).second) continue;
        if (!call.requires_grad) {
          where = call.where;
          reason = ends_at(call) + place(where);
          return;
        }
        open.insert(reader);
      }
    }
    reason = "the operations on its way have no gradient by it";
  }

 private:
  static std::string ends_at(const CapturedCall& call) {
    static const OpDef* const detach = find_op("detach");
    if (call.op == detach) return "it is detached";
    const std::string name = "[" + std::string(call.op->name) + "]";
    if (!is_floating(call.outputs[0].dtype))
      return name + " gives " + call.outputs[0].str() + ", which has no gradient,";
    return name + " is under no_grad";
  }

  Extraction calls_;
  Rows<std::uint32_t> readers_;
};

}  // namespace

// Leaves are met by what the function reads, and by the .grad that an optimizer looks for.
void TracedProgram::Builder::take_audit() {
  program_.differentiates_ = !trace_.differentiated().empty();
  std::optional<Ways> ways;
  std::set<const TensorImpl*> seen;
  const auto add = [&](const Impl& tensor, const CapturedCall* input) {
    if (!tensor->leaf_requires_grad || tensor->born_in == trace_.id() || !seen.insert(tensor.get()).second) return;
    AuditRow row{.tensor = tensor, .argument = trace_.argument(*tensor), .type = tensor->type};
    row.has_gradient = trace_.has_gradient(*tensor);
    if (!row.has_gradient && !program_.differentiates_) {
      row.reason = "the function asks for no gradients";
    } else if (!row.has_gradient) {
      if (!ways) ways.emplace(trace_.differentiated(), at_);
      ways->explain(input, row.reason, row.where);
    }
    program_.audit_.push_back(std::move(row));
  };
  for (const Trace::Outside& outside : trace_.outside()) add(outside.tensor, outside.input.call.get());
  for (const auto& field : trace_.grad_fields()) add(field->owner, nullptr);
}

}  // namespace weft
