#include "runtime/planned_trace.h"

#include <algorithm>
#include <mutex>

namespace weft {

void PlannedTrace::Session::clear() {
  arguments.clear();
  versions.clear();
  fresh.clear();
  history.clear();
  new_grads.clear();
}

bool PlannedTrace::same_structure(const PlannedTrace& other) const {
  return words == other.words &&
         std::equal(ops.begin(), ops.end(), other.ops.begin(), other.ops.end(),
                    [](const Op& a, const Op& b) { return a.op == b.op && a.attrs == b.attrs; });
}

const PlannedTrace::Op* PlannedTrace::first_difference(const PlannedTrace& other) const {
  for (std::size_t i = 0; i < ops.size(); ++i)
    if (i >= other.ops.size() || ops[i].op != other.ops[i].op || !(ops[i].attrs == other.ops[i].attrs)) return &ops[i];
  return nullptr;
}

std::unique_ptr<PlannedTrace::Session> PlannedTrace::take_session() {
  {
    const std::lock_guard guard(lock_);
    if (!idle_.empty()) {
      std::unique_ptr<Session> session = std::move(idle_.back());
      idle_.pop_back();
      return session;
    }
    ++sessions_;
  }
  return std::make_unique<Session>(plan);
}

void PlannedTrace::give_back(std::unique_ptr<Session> session) {
  session->clear();
  const std::lock_guard guard(lock_);
  idle_.push_back(std::move(session));
}

std::size_t PlannedTrace::arena_bytes_in_use() const {
  const std::lock_guard guard(lock_);
  std::size_t bytes = 0;
  for (const auto& session : idle_) bytes += session->run.arena_bytes();
  return bytes + (sessions_ - idle_.size()) * plan->stats.arena_bytes;
}

}  // namespace weft
