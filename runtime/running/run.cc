#include "runtime/running/run.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "runtime/running/arena_pool.h"
#include "runtime/running/failure.h"
#include "runtime/running/float_environment.h"

namespace weft {

Run::Run(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {
  ArenaPool::values().enter(plan_->stats.arena_bytes);
  ArenaPool::scratch().enter(plan_->stats.scratch_bytes);
  const Program& program = plan_->program;
  bound_.assign(program.graph.inputs().size() + program.num_results() + program.num_variables, nullptr);
  pointers_.resize(plan_->slots.size());
  for (std::size_t i = 0; i < pointers_.size(); ++i)
    if (plan_->slots[i].space == Space::constant) pointers_[i] = resolve(plan_->slots[i]);
  index_externals();
  make_invocations();
}

Run::~Run() {
  give_back_memory();
  ArenaPool::values().leave(plan_->stats.arena_bytes);
  ArenaPool::scratch().leave(plan_->stats.scratch_bytes);
}

// The bytes of a run that could not be had are laid to the call with the largest results in the arena, in whose line
// the user can do something about it.
void Run::refuse_memory(const std::exception_ptr& cause) const {
  const Graph& graph = plan_->program.graph;
  NodeId largest = Step::kNoNode;
  std::size_t most = 0;
  for (const Step& step : plan_->steps) {
    if (step.node == Step::kNoNode) continue;
    std::size_t bytes = 0;
    for (std::uint32_t k = 0; k < step.num_outputs; ++k)
      if (plan_->slots[step.first_slot + step.num_inputs + k].space == Space::arena)
        bytes += graph.type({step.node, k}).bytes();
    if (largest != Step::kNoNode && bytes <= most) continue;
    largest = step.node;
    most = bytes;
  }
  if (largest == Step::kNoNode) std::rethrow_exception(cause);
  throw_failure(graph, largest, cause);
}

// The pointers into the arena are computed again when it has moved since the last run.
void Run::take_memory() {
  try {
    if (!arena_) arena_ = ArenaPool::values().take(plan_->stats.arena_bytes, arena_address_);
    provide_scratch(1);
  } catch (const Error&) {
    refuse_memory(std::current_exception());
  }
  if (arena_->as<char>() == arena_address_) return;
  arena_address_ = arena_->as<char>();
  for (std::size_t i = 0; i < pointers_.size(); ++i)
    if (plan_->slots[i].space == Space::arena) pointers_[i] = resolve(plan_->slots[i]);
}

void Run::give_back_memory() {
  if (arena_) ArenaPool::values().give_back(std::move(arena_));
  for (auto& buffer : scratch_) ArenaPool::scratch().give_back(std::move(buffer));
  scratch_.clear();
}

void Run::make_invocations() {
  const auto needs_instance = [&](const Step& step) { return plan_->kernels[step.kernel].instance != nullptr; };
  instances_.reserve(static_cast<std::size_t>(std::count_if(plan_->steps.begin(), plan_->steps.end(), needs_instance)));
  invocations_.reserve(plan_->steps.size());
  for (const Step& step : plan_->steps) {
    const Kernel& kernel = plan_->kernels[step.kernel];
    if (kernel.instance) instances_.push_back(kernel.instance());
    void** slots = pointers_.data() + step.first_slot;
    invocations_.push_back(
        {kernel.instance ? &instances_.back() : &kernel.run, slots, slots + step.num_inputs, step.part});
  }
}

void Run::watch_steps(StepWatcher watch) {
  const auto shared = std::make_shared<const StepWatcher>(std::move(watch));
  watched_.reserve(invocations_.size());  // calls keep the addresses
  for (StepId s = 0; s < invocations_.size(); ++s) {
    watched_.push_back([run = invocations_[s].run, shared, s](const KernelArgs& args) {
      const Clock::time_point begin = Clock::now();
      (*run)(args);
      (*shared)(s, begin, Clock::now());
    });
    invocations_[s].run = &watched_[s];
  }
}

void Run::provide_scratch(std::size_t workers) {
  workers_ = std::max(workers_, workers);
  while (scratch_.size() < workers) scratch_.push_back(ArenaPool::scratch().take(plan_->stats.scratch_bytes, nullptr));
}

// Null for what is bound later.
void* Run::resolve(const Slot& slot) const {
  if (slot.space == Space::arena) return const_cast<char*>(arena_address_) + slot.where;
  if (slot.space != Space::constant) return nullptr;
  // Kernels never write to constants.
  return plan_->constants->data() ? plan_->constants->as<char>() + slot.where : nullptr;
}

namespace {

// The number of an external slot: arguments, variables, results, next values of variables.
std::size_t external_of(const Program& program, const Slot& slot) {
  if (slot.space == Space::variable) return program.num_arguments() + slot.where;
  if (slot.space == Space::result) return program.graph.inputs().size() + slot.where;
  if (slot.space == Space::next) return program.graph.inputs().size() + program.num_results() + slot.where;
  return slot.where;
}

}  // namespace

void Run::index_externals() {
  uses_ = Rows<std::uint32_t>(bound_.size(), [this](auto add) {
    for (std::uint32_t i = 0; i < plan_->slots.size(); ++i) {
      const Slot& slot = plan_->slots[i];
      if (slot.space != Space::arena && slot.space != Space::constant) add(external_of(plan_->program, slot), i);
    }
  });
}

void Run::bind(std::size_t external, const void* bytes) {
  if (bound_[external] == bytes) return;
  is_checked_ = false;
  bound_[external] = bytes;
  for (const std::uint32_t slot : uses_[external])
    pointers_[slot] = const_cast<void*>(bytes);  // no step writes to an argument
}

void Run::bind_argument(std::size_t i, const void* bytes) { bind(i, bytes); }
void Run::bind_variable(std::size_t j, const void* now, void* next) {
  bind(external_of(plan_->program, {Space::variable, j}), now);
  bind(external_of(plan_->program, {Space::next, j}), next);
}
void Run::bind_result(std::size_t k, void* bytes) { bind(external_of(plan_->program, {Space::result, k}), bytes); }

// What is used and has bytes must be bound: a null pointer must never reach a kernel.
void Run::check_bound() const {
  const Graph& graph = plan_->program.graph;
  const std::size_t arguments = plan_->program.num_arguments(), inputs = graph.inputs().size();
  const std::size_t results_end = inputs + plan_->program.num_results();
  const auto is_result = [&](std::size_t e) { return e >= inputs && e < results_end; };
  for (std::size_t e = 0; e < bound_.size(); ++e) {
    if (bound_[e] || uses_[e].empty()) continue;
    const std::size_t input = e < inputs ? e : arguments + e - results_end;
    const TensorType& type =
        is_result(e) ? graph.type(graph.outputs()[e - inputs]) : graph.node(graph.inputs()[input]).outputs[0];
    if (type.bytes() == 0) continue;
    throw Error(ErrorKind::state, "[run] " +
                                      (is_result(e)        ? "result " + std::to_string(e - inputs)
                                       : input < arguments ? "argument " + std::to_string(input)
                                                           : "variable " + std::to_string(input - arguments)) +
                                      " is not bound");
  }
}

void Run::execute(Executor& executor) {
  if (!is_checked_) check_bound();
  is_checked_ = true;
  failed_.store(false, std::memory_order_relaxed);
  struct Memory {
    Run& run;
    explicit Memory(Run& r) : run(r) { run.take_memory(); }
    ~Memory() { run.give_back_memory(); }
  } memory(*this);
  const FloatEnvironment environment(flush_denormals_);
  executor.run(*this);
  if (failed()) rethrow();
}

void Run::fail(StepId s) noexcept {
  if (failed_.exchange(true)) return;
  error_ = std::current_exception();
  failed_step_ = s;
}

void Run::rethrow() {
  const std::exception_ptr error = std::exchange(error_, nullptr);
  const NodeId n = plan_->steps[failed_step_].node;
  if (n == Step::kNoNode) std::rethrow_exception(error);
  throw_failure(plan_->program.graph, n, error);
}

}  // namespace weft
