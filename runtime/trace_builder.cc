// From a trace to a program: what it reads and writes, what it gives back, and the plan of all that.
#include <algorithm>
#include <set>
#include <unordered_map>
#include <utility>

#include "graph/alignment.h"
#include "graph/capture/capture.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/random.h"
#include "graph/passes/optimize.h"
#include "runtime/traced_program.h"
#include "weft/autograd.h"

namespace weft {
namespace {

// What the results of all calls take but for those that have no operands and those that the graph returns.
std::size_t intermediate_bytes(const Graph& graph) {
  std::set<ValueId> returned;
  for (ValueId v : graph.outputs()) {
    while (graph.node(v.node).op->alias) v = graph.operand(v.node, 0);
    returned.insert(v);
  }
  std::size_t bytes = 0;
  for (NodeId n = 0; n < graph.size(); ++n) {
    const Node& node = graph.node(n);
    if (node.op->alias || graph.num_operands(n) == 0) continue;
    for (std::uint32_t k = 0; k < node.outputs.size(); ++k)
      if (!returned.contains({n, k})) bytes += aligned(node.outputs[k].bytes());
  }
  return bytes;
}

}  // namespace

class TracedProgram::Builder {
 public:
  Builder(TracedProgram& program, SourceLocation at) : program_(program), at_(at) {}

  void trace(const Body& body, const detail::Bundle& bundle, const FindPlan& find_plan) {
    const std::vector<Tensor>& inputs = bundle.tensors;
    program_.numbers_ = bundle.numbers;
    program_.names_ = bundle.names;
    hand_over(inputs);
    program_.grad_mode_ = grad_enabled();
    std::vector<Tensor> results;
    {
      const GradModeGuard same_mode_after(grad_enabled());
      detail::Bundle given = body({handles_, bundle.numbers, bundle.names});
      results = std::move(given.tensors);
      given.tensors.clear();
      program_.result_shape_ = std::move(given);
      if (grad_enabled() != program_.grad_mode_)
        throw Error("[compile] the function leaves another grad mode than it found", at_, "use a NoGradGuard");
    }
    finish_random(trace_);
    take_fields();
    for (const Tensor& result : results) take_result(result);
    check_overlaps(inputs);
    take_history();
    bind_outside();
    plan(find_plan);
    program_.guards_ = trace_.guards();
  }

 private:
  static std::optional<std::size_t> index_of(const std::vector<Impl>& all, const Impl& one) {
    const auto at = std::find(all.begin(), all.end(), one);
    return at == all.end() ? std::nullopt : std::optional(static_cast<std::size_t>(at - all.begin()));
  }

  // Gives the function handles of its own for its arguments.
  void hand_over(const std::vector<Tensor>& inputs) {
    std::vector<Impl> given;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Impl& impl = TensorAccess::impl(inputs[i]);
      Argument argument{impl->type, false, false, false, i, nullptr};
      if (const auto first = index_of(given, impl)) argument.same_as = *first;
      given.push_back(impl);
      if (argument.same_as != i) {
        argument = program_.arguments_[argument.same_as];
        handles_.push_back(handles_[argument.same_as]);
        impls_.push_back(impls_[argument.same_as]);
      } else {
        const TraceSuspended suspended;
        argument.by_value = impl->view || (!impl->storage_if_any() && impl->requires_grad());
        argument.requires_grad = impl->requires_grad();
        auto shadow = std::make_shared<TensorImpl>(impl->type);
        shadow->leaf_requires_grad = argument.requires_grad;
        if (argument.by_value)
          shadow->set_storage(std::make_shared<Variable>(
              impl->type, std::const_pointer_cast<Buffer>(value_of(current_version(impl, at_)))));
        else
          shadow->set_storage(impl->storage());
        impls_.push_back(argument.by_value ? shadow : impl);
        trace_.add_argument(i, shadow, impls_.back());
        handles_.push_back(TensorAccess::wrap(std::move(shadow)));
      }
      program_.arguments_.push_back(std::move(argument));
    }
  }

  // ---- What becomes of .grad fields
  void take_fields() {
    for (const auto& field : trace_.grad_fields()) {
      const Trace::Path path = trace_.path_to(field->owner);
      if (path.origin.kind == Origin::Kind::argument && program_.arguments_[path.origin.index].by_value &&
          field->written)
        throw Error("[compile] backward() in the function reaches argument " + std::to_string(path.origin.index) +
                        ", which is the result of an operation",
                    at_, "use weft::grad(), or hand over a leaf");
      Field effect{path.origin, path.root, field->read, field->written, field->before != nullptr, {}, {}, nullptr};
      if (field->written && field->now) {
        const Impl now = trace_.without_shadow(field->now);
        if (now->born_in != trace_.id()) {
          const Trace::Path to = trace_.path_to(now);
          effect.after = to.origin;
          effect.after_root = to.root;
        } else
          effect.fresh = fresh(now);
      }
      program_.fields_.push_back(std::move(effect));
    }
  }

  std::size_t fresh(const Impl& gradient) {
    if (const auto known = index_of(fresh_, gradient)) return *known;
    fresh_.push_back(gradient);
    fresh_values_.push_back(current_version(gradient, at_));
    program_.fresh_.push_back(gradient->type);
    return fresh_.size() - 1;
  }

  // ---- What the function gives back
  void take_result(const Tensor& tensor) {
    if (!tensor.defined()) throw Error("[compile] the function returns an undefined tensor", at_);
    const Impl impl = trace_.without_shadow(TensorAccess::impl(tensor));
    Result result;
    result.type = impl->type;
    if (const auto same = index_of(result_impls_, impl)) {
      result.kind = Result::Kind::same;
      result.index = *same;
    } else if (const auto gradient = index_of(fresh_, impl)) {
      result.kind = Result::Kind::fresh;
      result.index = *gradient;
    } else if (const auto argument = trace_.argument(*impl)) {
      result.kind = Result::Kind::argument;
      result.index = *argument;
    } else if (impl->born_in != trace_.id()) {
      const Trace::Path path = trace_.path_to(impl);
      result.kind = Result::Kind::captured;
      result.tensor = path.root;
      result.origin = path.origin;
      (void)current_version(impl, at_);  // throws where it cannot be seen in a trace
    } else if (!take_view(impl, result)) {
      take_output(impl, result);
    }
    result_impls_.push_back(impl);
    program_.results_.push_back(std::move(result));
  }

  bool take_view(const Impl& impl, Result& result) {
    if (!impl->view || impl->leaf_requires_grad) return false;
    const Impl base = trace_.without_shadow(impl->view->base);
    if (base->born_in == trace_.id()) return false;
    if (const auto argument = trace_.argument(*base)) {
      if (program_.arguments_[*argument].by_value) return false;
      result.kind = Result::Kind::argument;
      result.index = *argument;
    } else {
      const Trace::Path path = trace_.path_to(base);
      result.kind = Result::Kind::captured;
      result.tensor = path.root;
      result.origin = path.origin;
    }
    result.is_view = true;
    result.steps = impl->view->steps;
    result.strides = impl->view->strides;
    result.tracks_grad = impl->view->tracks_grad;
    result.grad_name = impl->grad_name;
    (void)current_version(impl, at_);
    return true;
  }

  void take_output(const Impl& impl, Result& result) {
    const CapturedValue value = current_version(impl, at_);
    result.index = output(value);
    result.op = value.call->op;
    result.grad_name = impl->grad_name;
    result.requires_grad = value.call->requires_grad && is_floating(impl->type.dtype);
    result.output = value.output;
    if (result.requires_grad && !value.call->used_up()) live_results_.push_back({program_.results_.size(), value});
  }

  // The number of a result of the plan.
  std::size_t output(const CapturedValue& value) {
    const auto at = std::find(outputs_.begin(), outputs_.end(), value);
    if (at != outputs_.end()) return static_cast<std::size_t>(at - outputs_.begin());
    outputs_.push_back(value);
    program_.output_types_.push_back(value.call->outputs[value.output]);
    return outputs_.size() - 1;
  }

  // Two handles of overlapping elements, one of which is written: each run would have to see the other.
  void check_overlaps(const std::vector<Tensor>& inputs) const {
    const auto written = [&](const Impl& impl) {
      return std::any_of(trace_.outside().begin(), trace_.outside().end(),
                         [&](const Trace::Outside& outside) { return outside.tensor == impl && outside.written; });
    };
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      if (!program_.arguments_[i].by_value || program_.arguments_[i].same_as != i) continue;
      const Impl& impl = TensorAccess::impl(inputs[i]);
      const bool own = written(impls_[i]);
      if (own && program_.arguments_[i].requires_grad)
        throw Error(
            "[compile] argument " + std::to_string(i) + " is the result of an operation and is written in place", at_,
            "write to a clone() of it");
      if (!impl->view) continue;
      const Impl& base = impl->view->base;
      bool overlap = written(base) || (own && trace_.knows(base));
      for (std::size_t j = 0; j < inputs.size(); ++j) {
        const Impl& other = TensorAccess::impl(inputs[j]);
        if (j == i || program_.arguments_[j].same_as == i || !other->view || other->view->base != base) continue;
        overlap = overlap || own || written(impls_[j]);
      }
      if (overlap)
        throw Error("[compile] argument " + std::to_string(i) +
                        " is a view of a tensor that the function also reaches, "
                        "and writes",
                    at_, "hand over a clone()");
    }
  }

  // ---- The history that results stand on
  void take_history() {
    if (live_results_.empty()) return;
    std::vector<CapturedValue> roots;
    for (const auto& [index, value] : live_results_) roots.push_back(value);
    EagerRequest request{Extraction({}, roots, at_, 0, /*stop_at_used_up=*/true)};
    for (const CapturedValue& root : roots) request.roots.push_back(request.calls.id(root));
    request.seeds.resize(roots.size());
    const std::vector<ValueId> read = values_read_by_gradients(request);
    for (const Extraction::Entry& entry : request.calls.entries()) {
      Live live{entry.call, {request.calls.operands(entry).begin(), request.calls.operands(entry).end()}, {}, {}};
      program_.history_.push_back(std::move(live));
    }
    const auto save = [&](std::uint32_t i) {
      Live& live = program_.history_[i];
      if (live.call->op == &kInput || live.saved) return;
      live.saved = output({live.call, 0});
      // The results of one call lie next to each other, or are all new.
      for (std::uint32_t k = 1; k < live.call->outputs.size(); ++k)
        if (output({live.call, k}) != *live.saved + k) live.saved.reset();
    };
    for (const ValueId& v : read) save(v.node);
    for (std::size_t k = 0; k < live_results_.size(); ++k) {
      save(request.roots[k].node);
      program_.results_[live_results_[k].first].live = request.roots[k].node;
    }
  }

  // ---- What is read and written
  void bind_outside() {
    std::vector<CapturedValue> values = outputs_;
    values.insert(values.end(), fresh_values_.begin(), fresh_values_.end());
    for (const Trace::Outside& outside : trace_.outside())
      if (is_effect(outside)) values.push_back(outside.now);
    calls_.emplace(values, std::span<const CapturedValue>{}, at_);
    for (const Trace::Outside& outside : trace_.outside()) {
      const bool written = is_effect(outside);
      const bool live = std::any_of(program_.history_.begin(), program_.history_.end(),
                                    [&](const Live& l) { return l.call == outside.input.call; });
      if (!written && !live && !outside.becomes_leaf && !calls_->contains(outside.input.call.get())) continue;
      const Trace::Path path = trace_.path_to(outside.tensor);
      bound_input_.push_back(outside.input.call);
      bound_now_.push_back(written ? outside.now : CapturedValue{});
      program_.bound_.push_back(
          {path.origin, path.root, outside.tensor->type, outside.tensor->leaf_requires_grad, written,
           outside.becomes_leaf,
           path.origin.kind == Origin::Kind::argument || path.origin.grads > 0 ? nullptr : outside.tensor->storage()});
    }
    for (Live& live : program_.history_)
      if (live.call->op == &kInput) live.bound = index_of_input(live.call);
    for (const std::size_t i : trace_.captured_arguments()) {
      program_.arguments_[i].captured = true;
      program_.arguments_[i].tensor = impls_[i];
    }
  }

  bool is_effect(const Trace::Outside& outside) const {
    if (!outside.written || outside.tensor->born_in == trace_.id()) return false;
    if (outside.now.call->requires_grad && !outside.tensor->leaf_requires_grad && !outside.becomes_leaf)
      throw Error("[compile] " + outside.tensor->type.str() +
                      ": a tensor from outside of the function gets a value that requires gradients",
                  at_, "return it, or write under a NoGradGuard");
    return true;
  }
  std::size_t index_of_input(const std::shared_ptr<CapturedCall>& call) const {
    return static_cast<std::size_t>(std::find(bound_input_.begin(), bound_input_.end(), call) - bound_input_.begin());
  }

  void plan(const FindPlan& find_plan) {
    program_.planned_ = std::make_shared<PlannedTrace>();
    if (find_plan) {
      program_.planned_->words = structure();
      program_.planned_->attrs = attributes(*calls_);
      if (auto known = find_plan(*program_.planned_)) {
        program_.planned_ = std::move(known);
        return;
      }
    }
    program_.planned_->plan = make_plan(make_program());
  }

  // What the plan depends on, but for attributes.
  std::vector<std::uint64_t> structure() const {
    EagerRequest request{*calls_};
    for (const CapturedValue& v : outputs_) request.wanted.push_back(calls_->id(v));
    request.wanted.push_back({~NodeId{0}, 0});
    for (const CapturedValue& v : bound_now_)
      if (v) request.wanted.push_back(calls_->id(v));
    request.wanted.push_back({~NodeId{0}, 0});
    for (const CapturedValue& v : fresh_values_) request.wanted.push_back(calls_->id(v));
    std::vector<std::uint64_t> words = structure_words(request);
    for (std::size_t b = 0; b < bound_input_.size(); ++b) {
      words.push_back(program_.bound_[b].written);
      words.push_back(calls_->contains(bound_input_[b].get()) ? calls_->id({bound_input_[b], 0}).node
                                                              : ~std::uint64_t{0});
      words.push_back(static_cast<std::uint64_t>(program_.bound_[b].type.dtype));
      for (const std::int64_t d : program_.bound_[b].type.shape) words.push_back(static_cast<std::uint64_t>(d));
    }
    return words;
  }

  Program make_program() const {
    Program program;
    std::unordered_map<const CapturedCall*, NodeId> inputs;
    const auto add_inputs = [&](bool written) {
      for (std::size_t b = 0; b < bound_input_.size(); ++b)
        if (program_.bound_[b].written == written)
          inputs[bound_input_[b].get()] =
              program.graph.add_input(program_.bound_[b].type, false, bound_input_[b]->where);
    };
    add_inputs(false);
    add_inputs(true);
    for (const TensorType& type : program_.fresh_) program.graph.add_input(type);
    std::vector<NodeId> moved(calls_->entries().size());
    const auto value = [&](const CapturedValue& v) {
      const ValueId id = calls_->id(v);
      return ValueId{moved[id.node], id.output};
    };
    std::vector<ValueId> operands;
    for (std::size_t i = 0; i < moved.size(); ++i) {
      const CapturedCall& call = *calls_->entries()[i].call;
      if (call.op == &kInput) {
        const auto at = inputs.find(&call);
        if (at == inputs.end())
          throw Error("[compile] a tensor of another traced function is used in this one", at_, "return it from there");
        moved[i] = at->second;
        continue;
      }
      operands.clear();
      for (const ValueId& v : calls_->operands(calls_->entries()[i])) operands.push_back({moved[v.node], v.output});
      moved[i] = program.graph.add(*call.op, operands, call.attrs, call.outputs, call.where);
    }
    for (const CapturedValue& v : outputs_) program.graph.outputs().push_back(value(v));
    for (const CapturedValue& v : bound_now_)
      if (v) program.graph.outputs().push_back(value(v));
    for (const CapturedValue& v : fresh_values_) program.graph.outputs().push_back(value(v));
    const std::size_t written = program.graph.outputs().size() - outputs_.size();
    program.num_variables = written;
    for (std::uint32_t j = 0; j < written; ++j) program.writes.push_back(j);
    PreparedGraph prepared = run_passes(program.graph);
    program.unfused_bytes = intermediate_bytes(prepared.unfused);
    program.graph = std::move(prepared.fused);
    return program;
  }

  TracedProgram& program_;
  const SourceLocation at_;
  Trace trace_;
  std::vector<Tensor> handles_;
  std::vector<Impl> impls_;  // of the arguments: the tensors that the program reads
  std::vector<Impl> fresh_, result_impls_;
  std::vector<CapturedValue> fresh_values_, outputs_;
  std::vector<std::pair<std::size_t, CapturedValue>> live_results_;
  std::optional<Extraction> calls_;
  std::vector<std::shared_ptr<CapturedCall>> bound_input_;
  std::vector<CapturedValue> bound_now_;
};

TracedProgram::TracedProgram(const Body& body, const detail::Bundle& inputs, SourceLocation at,
                             const FindPlan& find_plan) {
  Builder(*this, at).trace(body, inputs, find_plan);
}

}  // namespace weft
