#include "runtime/traced_program.h"

#include <algorithm>
#include <cstring>
#include <set>
#include <unordered_map>
#include <utility>

#include "graph/alignment.h"
#include "graph/capture/evaluate.h"
#include "graph/capture/random.h"
#include "graph/passes/optimize.h"
#include "runtime/reports/schedule.h"

namespace weft {

TracedProgram::TracedProgram(const Function::Body& body, const std::vector<Tensor>& inputs, SourceLocation at) {
  Trace trace;
  std::vector<Tensor> symbols;
  for (const Tensor& input : inputs) {
    arguments_.push_back({input.impl()->type, input.requires_grad()});
    symbols.push_back(trace.add_argument(arguments_.back().type, arguments_.back().requires_grad));
  }
  const std::vector<Tensor> results = body(symbols);
  for (const Tensor& symbol : symbols)
    if (symbol.impl()->grad)
      throw Error("[compile] backward() in the function sets the .grad of an argument", at,
                  "use weft::grad() and return the gradient");
  const auto lock = capture_lock();
  build(trace, results, at);
}

// Gradients that are still set become variables of the program.
void TracedProgram::take_gradients(Trace& trace, std::vector<std::pair<std::shared_ptr<Variable>, ValueId>>& writes) {
  for (const Trace::GradField& field : trace.grad_fields()) {
    const std::shared_ptr<TensorImpl> owner = field.owner.lock();
    if (!owner) continue;
    if (field.read) guards_.push_back({owner, field.before});
    if (!field.written) continue;
    const std::shared_ptr<TensorImpl> after = owner->grad;
    if (after && after->graph == trace.graph()) {
      const ValueId id = after->id;
      CapturedGraph::detach(*after);
      after->requires_grad = false;
      after->variable = std::make_shared<Variable>(after->type, nullptr);
      after->plain.store(true, std::memory_order_release);
      writes.emplace_back(after->variable, id);
    }
    effects_.push_back({owner, after});
  }
}

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

void TracedProgram::build(Trace& trace, const std::vector<Tensor>& results, SourceLocation at) {
  CapturedGraph& captured = *trace.graph();
  std::vector<ValueId> outputs;
  for (const Tensor& result : results) {
    if (!result.defined()) throw Error("[compile] the function returns an undefined tensor", at);
    const Tensor* tensor = &result;
    CapturedGraph::of({&tensor, 1}, at);
    outputs.push_back(captured.value_of(result.impl(), at));
    result_types_.push_back(result.impl()->type);
  }
  finish_random(captured);

  std::vector<std::pair<std::shared_ptr<Variable>, ValueId>> writes;
  std::unordered_map<const Variable*, std::size_t> index;
  for (const CapturedGraph::Leaf& leaf : captured.leaves()) {
    if (!leaf.variable || !index.emplace(leaf.variable.get(), variables_.size()).second) continue;
    variables_.push_back({leaf.variable, leaf.assigned});
    if (leaf.assigned) writes.emplace_back(leaf.variable, leaf.now);
  }
  take_gradients(trace, writes);

  Program program;
  Graph& graph = captured.graph();
  for (const auto& [variable, id] : writes) {
    const auto [at_index, fresh] = index.emplace(variable.get(), variables_.size());
    if (fresh) {
      graph.add_input(variable->type());
      variables_.push_back({variable, true});
    }
    program.writes.push_back(static_cast<std::uint32_t>(at_index->second));
    outputs.push_back(id);
  }
  graph.outputs() = std::move(outputs);
  PreparedGraph prepared = run_passes(graph);
  program.unfused_bytes = intermediate_bytes(prepared.unfused);
  program.graph = std::move(prepared.fused);
  program.num_variables = variables_.size();
  plan_ = make_plan(std::move(program));

  for (const Bound& bound : variables_) uses_.push_back({bound.variable.get(), bound.written});
  sort_by_address(uses_);
}

bool TracedProgram::matches(const std::vector<Tensor>& inputs) const {
  if (inputs.size() != arguments_.size()) return false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TensorImpl& impl = *inputs[i].impl();
    if (impl.type != arguments_[i].type || impl.requires_grad != arguments_[i].requires_grad) return false;
  }
  return std::all_of(guards_.begin(), guards_.end(), [](const GradGuard& guard) {
    const auto owner = guard.owner.lock();
    return !owner || owner->grad == guard.before;
  });
}

std::unique_ptr<TracedProgram::Session> TracedProgram::take_session() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Session> session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
    ++sessions_;
  }
  auto session = std::make_unique<Session>(plan_);
  session->results.resize(result_types_.size());
  return session;
}

void TracedProgram::give_back(std::unique_ptr<Session> session) {
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(session));
}

std::size_t TracedProgram::arena_bytes_in_use() const {
  const std::lock_guard lock(mutex_);
  std::size_t bytes = 0;
  for (const auto& session : idle_) bytes += session->run.arena_bytes();
  return bytes + (sessions_ - idle_.size()) * plan_->stats.arena_bytes;
}

void TracedProgram::bind(Session& session) {
  for (std::size_t j = 0; j < variables_.size(); ++j) {
    Variable& variable = *variables_[j].variable;
    session.run.bind_variable(j, variables_[j].written ? variable.own_bytes(true) : variable.buffer()->data());
  }
  for (std::size_t k = 0; k < result_types_.size(); ++k) {
    std::shared_ptr<Buffer>& buffer = session.results[k];
    // The last run's result is written again once nobody else holds it.
    if (!is_sole_owner(buffer)) buffer = std::make_shared<Buffer>(result_types_[k].bytes());
    session.run.bind_result(k, buffer->data());
  }
}

std::vector<Tensor> TracedProgram::wrap(Session& session) const {
  std::vector<Tensor> results;
  results.reserve(result_types_.size());
  for (std::size_t k = 0; k < result_types_.size(); ++k)
    results.push_back(make_leaf(result_types_[k], session.results[k]));
  return results;
}

void TracedProgram::apply_effects() const {
  for (const GradEffect& effect : effects_) {
    const auto owner = effect.owner.lock();
    if (!owner || owner->grad == effect.after) continue;
    const auto lock = capture_lock();
    owner->grad = effect.after;
  }
}

std::vector<double> TracedProgram::step_seconds(Executor& executor) const {
  Run run(plan_);
  std::vector<std::unique_ptr<Buffer>> copies;
  const auto copy = [&](std::size_t bytes, const void* from) {
    Buffer& buffer = *copies.emplace_back(std::make_unique<Buffer>(bytes));
    if (bytes > 0 && from) std::memcpy(buffer.data(), from, bytes);
    if (bytes > 0 && !from) std::memset(buffer.data(), 0, bytes);
    return buffer.data();
  };
  for (std::size_t i = 0; i < arguments_.size(); ++i) run.bind_argument(i, copy(arguments_[i].type.bytes(), nullptr));
  for (std::size_t j = 0; j < variables_.size(); ++j) {
    const std::shared_ptr<const Buffer> now = variables_[j].variable->read();
    run.bind_variable(j, copy(variables_[j].variable->type().bytes(), now ? now->data() : nullptr));
  }
  for (std::size_t k = 0; k < result_types_.size(); ++k) run.bind_result(k, copy(result_types_[k].bytes(), nullptr));
  return measure_steps(run, executor);
}

std::vector<Tensor> TracedProgram::run(const std::vector<Tensor>& inputs, Executor& executor, SourceLocation at) {
  std::vector<std::shared_ptr<const Buffer>> held;  // keeps the inputs' values through the run
  held.reserve(inputs.size());
  for (const Tensor& input : inputs) held.push_back(value(input, at));
  std::unique_ptr<Session> session = take_session();
  try {
    const VariableLocks locks(uses_);
    for (std::size_t i = 0; i < held.size(); ++i) session->run.bind_argument(i, held[i]->data());
    bind(*session);
    session->run.execute(executor);
  } catch (...) {
    give_back(std::move(session));
    throw;
  }
  std::vector<Tensor> results = wrap(*session);
  give_back(std::move(session));
  if (!effects_.empty()) apply_effects();
  return results;
}

}  // namespace weft
