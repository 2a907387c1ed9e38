// Eager evaluation: small graphs cut out of captured ones, planned once for each structure and then only run.
#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>

#include "graph/capture/evaluate.h"
#include "graph/passes/optimize.h"
#include "graph/structure_hash.h"
#include "runtime/planning/plan.h"
#include "runtime/running/run.h"
#include "runtime/running/variable_locks.h"
#include "weft/function.h"

namespace weft {
namespace {

// What is cached for a structure. The graph as it was captured is kept to tell structures of one hash apart.
struct Cached {
  StructureHash hash;
  Graph captured;
  std::size_t num_variables;
  std::unique_ptr<Run> run;
};

// The plans used last. Guarded by the capture lock: eager evaluation of different threads takes turns.
class PlanCache {
 public:
  static constexpr std::size_t kCapacity = 256;

  Run& run_for(Graph graph, std::size_t num_variables) {
    const StructureHash hash = structure_hash(graph);
    for (auto [at, end] = index_.equal_range(hash.low); at != end; ++at) {
      const auto entry = at->second;
      if (entry->hash != hash || entry->num_variables != num_variables || !same_structure(entry->captured, graph))
        continue;
      entries_.splice(entries_.begin(), entries_, entry);
      ++stats_.cache_hits;
      return *entry->run;
    }
    Program program;
    program.graph = run_passes(graph).fused;
    program.num_variables = num_variables;
    for (std::uint32_t j = 0; j < num_variables; ++j) program.writes.push_back(j);
    auto run = std::make_unique<Run>(make_plan(std::move(program)));
    ++stats_.plans;
    if (entries_.size() >= kCapacity) evict();
    entries_.push_front({hash, std::move(graph), num_variables, std::move(run)});
    index_.emplace(hash.low, entries_.begin());
    return *entries_.front().run;
  }

  EagerStats stats() const {
    EagerStats stats = stats_;
    stats.cached = entries_.size();
    return stats;
  }

  void clear() {
    index_.clear();
    entries_.clear();
  }

 private:
  void evict() {
    const auto last = std::prev(entries_.end());
    for (auto [at, end] = index_.equal_range(last->hash.low); at != end; ++at) {
      if (at->second != last) continue;
      index_.erase(at);
      break;
    }
    entries_.pop_back();
  }

  std::list<Cached> entries_;  // the one used last comes first
  std::unordered_multimap<std::uint64_t, std::list<Cached>::iterator> index_;
  EagerStats stats_;
};

PlanCache& plan_cache() {
  static auto& cache = *new PlanCache;  // never destroyed: tensors may be evaluated while statics are destroyed
  return cache;
}

// The locks that a run takes which writes these variables.
std::vector<VariableUse> written(const std::vector<std::shared_ptr<Variable>>& variables) {
  std::vector<VariableUse> uses;
  for (const auto& variable : variables) uses.push_back({variable.get(), true});
  sort_by_address(uses);
  const auto same = [](const VariableUse& a, const VariableUse& b) { return a.variable == b.variable; };
  if (std::adjacent_find(uses.begin(), uses.end(), same) != uses.end()) throw Error("[assign] a leaf is written twice");
  return uses;
}

std::vector<std::shared_ptr<Buffer>> run_eagerly(Extract extract) {
  const auto lock = capture_lock();
  std::vector<std::shared_ptr<Buffer>> results;
  const std::vector<ValueId>& outputs = extract.graph.outputs();
  for (std::size_t k = 0; k + extract.variables.size() < outputs.size(); ++k)
    results.push_back(std::make_shared<Buffer>(extract.graph.type(outputs[k]).bytes()));
  Run& run = plan_cache().run_for(std::move(extract.graph), extract.variables.size());
  const std::vector<VariableUse> uses = written(extract.variables);
  const VariableLocks locks(uses);
  for (std::size_t i = 0; i < extract.arguments.size(); ++i) run.bind_argument(i, extract.arguments[i]->data());
  for (std::size_t j = 0; j < extract.variables.size(); ++j)
    run.bind_variable(j, extract.variables[j]->own_bytes(true));
  for (std::size_t k = 0; k < results.size(); ++k) run.bind_result(k, results[k]->data());
  run.execute(tbb_executor());
  return results;
}

[[maybe_unused]] const bool g_installed = (set_evaluator(run_eagerly), true);

}  // namespace

EagerStats eager_stats() {
  const auto lock = capture_lock();
  return plan_cache().stats();
}

void clear_plan_cache() {
  const auto lock = capture_lock();
  plan_cache().clear();
}

}  // namespace weft
