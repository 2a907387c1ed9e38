#include "runtime/planning/reachability.h"

#include <algorithm>

namespace weft {

Reachability::Reachability(const StepGraph& graph, std::size_t exact_steps) {
  if (graph.size() <= exact_steps) find_ancestors(graph);
  find_chains(graph);
}

void Reachability::find_ancestors(const StepGraph& graph) {
  words_ = (graph.size() + 63) / 64;
  ancestors_.assign(graph.size() * words_, 0);
  for (StepId s = 0; s < graph.size(); ++s) {
    std::uint64_t* row = ancestors_.data() + s * words_;
    for (const StepId p : graph.of(s)) {
      if ((row[p / 64] >> (p % 64)) & 1) continue;
      const std::uint64_t* other = ancestors_.data() + p * words_;
      for (std::size_t w = 0; w <= p / 64; ++w) row[w] |= other[w];
      row[p / 64] |= std::uint64_t{1} << (p % 64);
    }
  }
}

std::vector<std::uint64_t> Reachability::common_ancestors(StepId first, std::uint32_t count) const {
  const std::uint64_t* row = ancestors_.data() + first * words_;
  std::vector<std::uint64_t> common(row, row + words_);
  for (StepId s = first + 1; s < first + count; ++s)
    for (std::size_t w = 0; w < words_; ++w) common[w] &= ancestors_[s * words_ + w];
  return common;
}

void Reachability::find_chains(const StepGraph& graph) {
  const std::size_t n = graph.size();
  chain_.resize(n);
  marks_.resize(n * kChains);
  num_marks_.assign(n, 0);
  std::vector<StepId> tail;          // the last step of each chain
  std::vector<std::uint32_t> found;  // where in `known` a chain is, if it is there
  std::vector<Mark> known;
  const auto learn = [&](Mark mark) {
    const std::uint32_t at = found[mark.chain];
    if (at < known.size() && known[at].chain == mark.chain) {
      known[at].step = std::max(known[at].step, mark.step);
    } else {
      found[mark.chain] = static_cast<std::uint32_t>(known.size());
      known.push_back(mark);
    }
  };
  for (StepId s = 0; s < n; ++s) {
    const std::span<const StepId> predecessors = graph.of(s);
    const auto on_tail =
        std::find_if(predecessors.rbegin(), predecessors.rend(), [&](StepId p) { return tail[chain_[p]] == p; });
    if (on_tail != predecessors.rend()) {
      chain_[s] = chain_[*on_tail];
      tail[chain_[s]] = s;
    } else {
      chain_[s] = static_cast<std::uint32_t>(tail.size());
      tail.push_back(s);
      found.push_back(0);
    }
    known.clear();
    for (const StepId p : predecessors) {
      learn({chain_[p], p});
      for (const Mark& mark : marks(p)) learn(mark);
    }
    const std::size_t kept = std::min(known.size(), kChains);
    const auto newest_first = [](const Mark& a, const Mark& b) { return a.step > b.step; };
    std::partial_sort(known.begin(), known.begin() + static_cast<std::ptrdiff_t>(kept), known.end(), newest_first);
    std::copy_n(known.begin(), kept, marks_.begin() + static_cast<std::ptrdiff_t>(s * kChains));
    num_marks_[s] = static_cast<std::uint8_t>(kept);
  }
  num_chains_ = static_cast<std::uint32_t>(tail.size());
}

bool Reachability::before_by_chains(StepId a, StepId b) const {
  if (chain_[a] == chain_[b]) return true;  // a < b
  for (const Mark& mark : marks(b))
    if (mark.chain == chain_[a]) return mark.step >= a;
  return false;
}

}  // namespace weft
