// Eager evaluation: requests for values and gradients, planned once for each structure and then only run. Requests of
// different threads run side by side.
#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>
#include <unordered_set>

#include "graph/capture/evaluate.h"
#include "graph/passes/optimize.h"
#include "runtime/planning/plan.h"
#include "runtime/running/failure.h"
#include "runtime/running/float_environment.h"
#include "runtime/running/run.h"
#include "runtime/running/variable_access.h"
#include "weft/function.h"

namespace weft {
namespace {

// A structure that was planned. Its words and attributes are kept to tell structures of one hash apart.
struct PlannedRequest {
  std::uint64_t hash = 0;
  std::vector<std::uint64_t> words;
  std::vector<Attrs> attrs;
  std::shared_ptr<const EagerProgram> program;
  std::shared_ptr<const Plan> plan;
  std::vector<SourceLocation> places;  // of the calls that it was planned for

  // Throws the error with the line of this request that corresponds to the line in the plan.
  [[noreturn]] void fail(const Error& error, const Extraction& calls) const {
    for (std::size_t i = 0; i < places.size(); ++i)
      if (places[i].line == error.where().line && std::string_view(places[i].file) == error.where().file)
        throw error.at(calls.entries()[i].call->where);
    throw error;
  }

  std::size_t constant_bytes() const { return plan->stats.constant_bytes; }

  std::mutex mutex;  // guards what follows
  std::vector<std::unique_ptr<Run>> idle;

  std::unique_ptr<Run> take_run() {
    {
      const std::lock_guard lock(mutex);
      if (!idle.empty()) {
        std::unique_ptr<Run> run = std::move(idle.back());
        idle.pop_back();
        return run;
      }
    }
    return std::make_unique<Run>(plan);
  }
  void give_back(std::unique_ptr<Run> run) {
    const std::lock_guard lock(mutex);
    idle.push_back(std::move(run));
  }
};

std::shared_ptr<PlannedRequest> plan_request(const EagerRequest& request, std::uint64_t hash,
                                             std::vector<std::uint64_t> words) {
  const FloatEnvironment environment(/*flush_denormals=*/false);  // constants are computed here
  auto planned = std::make_shared<PlannedRequest>();
  planned->hash = hash;
  planned->words = std::move(words);
  planned->attrs = attributes(request.calls);
  for (const Extraction::Entry& entry : request.calls.entries()) planned->places.push_back(entry.call->where);
  EagerProgram eager = build_program(request);
  Program program;
  program.graph = run_passes(std::exchange(eager.graph, {})).fused;
  program.num_variables = request.writes.size();
  for (std::uint32_t j = 0; j < request.writes.size(); ++j) program.writes.push_back(j);
  planned->program = std::make_shared<const EagerProgram>(std::move(eager));
  planned->plan = make_plan(std::move(program));
  return planned;
}

// The plans used last.
class PlanCache {
 public:
  static constexpr std::size_t kCapacity = 256;
  // Values that depend on no tensor are computed when a plan is made, and stay in it.
  static constexpr std::size_t kMostConstantBytes = std::size_t{8} << 20;

  // Numbers are constants of a plan, until the same structure comes with others: then they are arguments of one plan,
  // as a learning rate is that differs from step to step.
  std::shared_ptr<PlannedRequest> plan_for(EagerRequest& request) {
    std::vector<std::uint64_t> words = structure_words(request);
    if (auto planned = find_locked(words, request.calls)) return planned;
    if (came_with_other_numbers(request)) {
      hand_over_numbers(request);
      words = structure_words(request);
      if (auto planned = find_locked(words, request.calls)) return planned;
    }
    const std::uint64_t hash = hash_words(words);
    auto planned = plan_request(request, hash, std::move(words));  // others go on meanwhile
    std::vector<std::shared_ptr<PlannedRequest>> evicted;          // let go without the lock
    const std::lock_guard lock(mutex_);
    ++stats_.plans;
    if (auto first = find(hash, planned->words, request.calls)) return first;
    constant_bytes_ += planned->constant_bytes();
    while (!entries_.empty() && (entries_.size() >= kCapacity || constant_bytes_ > kMostConstantBytes)) {
      evicted.push_back(evict());
      constant_bytes_ -= evicted.back()->constant_bytes();
    }
    entries_.push_front(planned);
    index_.emplace(hash, entries_.begin());
    return planned;
  }

  EagerStats stats() {
    const std::lock_guard lock(mutex_);
    EagerStats stats = stats_;
    stats.cached = entries_.size();
    return stats;
  }

  void clear() {
    std::list<std::shared_ptr<PlannedRequest>> dropped;
    const std::lock_guard lock(mutex_);
    index_.clear();
    without_numbers_.clear();
    constant_bytes_ = 0;
    dropped.swap(entries_);
  }

 private:
  std::shared_ptr<PlannedRequest> find_locked(const std::vector<std::uint64_t>& words, const Extraction& calls) {
    const std::uint64_t hash = hash_words(words);
    const std::lock_guard lock(mutex_);
    auto planned = find(hash, words, calls);
    if (planned) ++stats_.cache_hits;
    return planned;
  }

  // A hash that another structure has, too, costs no more than a plan whose numbers are arguments.
  bool came_with_other_numbers(const EagerRequest& request) {
    constexpr std::size_t kMostRemembered = 4096;
    const std::uint64_t hash = hash_words(structure_words(request, /*with_numbers=*/false));
    const std::lock_guard lock(mutex_);
    if (without_numbers_.size() >= kMostRemembered) without_numbers_.clear();
    return !without_numbers_.insert(hash).second;
  }

  std::shared_ptr<PlannedRequest> find(std::uint64_t hash, const std::vector<std::uint64_t>& words,
                                       const Extraction& calls) {
    for (auto [at, end] = index_.equal_range(hash); at != end; ++at) {
      const auto entry = at->second;
      if ((*entry)->words != words || !has_attributes(calls, (*entry)->attrs)) continue;
      entries_.splice(entries_.begin(), entries_, entry);
      return *entry;
    }
    return nullptr;
  }

  std::shared_ptr<PlannedRequest> evict() {
    const auto last = std::prev(entries_.end());
    for (auto [at, end] = index_.equal_range((*last)->hash); at != end; ++at) {
      if (at->second != last) continue;
      index_.erase(at);
      break;
    }
    std::shared_ptr<PlannedRequest> evicted = std::move(*last);
    entries_.pop_back();
    return evicted;
  }

  std::mutex mutex_;
  std::list<std::shared_ptr<PlannedRequest>> entries_;  // the one used last comes first
  std::unordered_multimap<std::uint64_t, std::list<std::shared_ptr<PlannedRequest>>::iterator> index_;
  std::unordered_set<std::uint64_t> without_numbers_;  // structures that were planned, by hash
  std::size_t constant_bytes_ = 0;                     // of all entries
  EagerStats stats_;
};

PlanCache& plan_cache() {
  static auto& cache = *new PlanCache;  // never destroyed: tensors may be evaluated while statics are destroyed
  return cache;
}

std::vector<std::shared_ptr<Buffer>> result_buffers(const Program& program) {
  std::vector<std::shared_ptr<Buffer>> buffers;
  for (std::size_t k = 0; k < program.num_results(); ++k) {
    const ValueId v = program.graph.outputs()[k];
    try {
      buffers.push_back(std::make_shared<Buffer>(program.graph.type(v).bytes()));
    } catch (const Error&) {
      throw_failure(program.graph, v.node, std::current_exception());
    }
  }
  return buffers;
}

EagerResults run_eagerly(EagerRequest request) {
  const std::shared_ptr<PlannedRequest> planned = plan_cache().plan_for(request);
  const Program& program = planned->plan->program;
  EagerResults results{{}, planned->program};
  std::vector<std::shared_ptr<Buffer>> buffers;
  try {
    buffers = result_buffers(program);
  } catch (const Error& error) {
    planned->fail(error, request.calls);
  }

  std::vector<VariableAccess::Use> uses;
  for (const EagerRequest::Write& write : request.writes)
    uses.push_back({write.variable, VariableAccess::Kind::write, {}, 0, {}});
  std::unique_ptr<Run> run = planned->take_run();
  struct GiveBack {
    PlannedRequest& to;
    std::unique_ptr<Run>& run;
    ~GiveBack() { to.give_back(std::move(run)); }
  } give_back{*planned, run};
  VariableAccess access(uses);
  while (!access.take(uses.size())) continue;
  for (std::size_t i = 0; i < planned->program->arguments.size(); ++i) {
    const ValueId v = planned->program->arguments[i];
    run->bind_argument(i, request.calls.entries()[v.node].call->value(v.output)->data());
  }
  let_go_of_old_values(request);
  access.begin();
  for (std::size_t j = 0; j < uses.size(); ++j) run->bind_variable(j, uses[j].bytes.now, uses[j].bytes.next);
  for (std::size_t k = 0; k < buffers.size(); ++k) run->bind_result(k, buffers[k]->data());
  try {
    run->execute(tbb_executor());
  } catch (const Error& error) {
    planned->fail(error, request.calls);
  }
  access.commit();
  results.buffers.assign(buffers.begin(), buffers.end());
  return results;
}

[[maybe_unused]] const bool g_installed = (set_evaluator(run_eagerly), true);

}  // namespace

EagerStats eager_stats() { return plan_cache().stats(); }

void clear_plan_cache() { plan_cache().clear(); }

}  // namespace weft
