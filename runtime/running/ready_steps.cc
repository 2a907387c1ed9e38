#include "runtime/running/ready_steps.h"

#include <algorithm>
#include <thread>

namespace weft {
namespace {

constexpr std::uint32_t kNowhere = static_cast<std::uint32_t>(-1);

}  // namespace

class ReadySteps::Lock {
 public:
  explicit Lock(std::atomic_flag& busy) : busy_(busy) {
    while (busy_.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
  }
  ~Lock() { busy_.clear(std::memory_order_release); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  std::atomic_flag& busy_;
};

ReadySteps::ReadySteps(const Plan& plan)
    : plan_(plan), less_urgent_{plan.remaining}, ran_(plan.steps.size(), kNowhere) {}

void ReadySteps::provide_workers(std::size_t workers, std::size_t at_once) {
  at_once_ = at_once;
  if (heaps_.size() >= workers) return;
  heaps_.resize(workers);
  for (std::vector<StepId>& heap : heaps_) heap.reserve(plan_.steps.size());
}

std::size_t ReadySteps::preferred_worker(StepId s, std::size_t worker) const {
  const Step& step = plan_.steps[s];
  const std::uint32_t parts = plan_.kernels[step.kernel].parts;
  if (parts > 1) return step.part * at_once_ / parts;
  if (ran_[s] < heaps_.size()) return ran_[s];
  return worker == kNoWorker ? s % at_once_ : worker;
}

void ReadySteps::insert(StepId s, std::size_t worker) {
  const std::size_t preferred = preferred_worker(s, worker);
  heaps_[preferred].push_back(s);
  std::push_heap(heaps_[preferred].begin(), heaps_[preferred].end(), less_urgent_);
}

StepId ReadySteps::take(std::size_t worker) {
  std::size_t best = worker;
  float most =
      heaps_[worker].empty() ? -1 : plan_.remaining[heaps_[worker].front()] + plan_.seconds[heaps_[worker].front()];
  for (std::size_t w = 0; w < heaps_.size(); ++w)
    if (w != worker && !heaps_[w].empty() && plan_.remaining[heaps_[w].front()] > most) {
      most = plan_.remaining[heaps_[w].front()];
      best = w;
    }
  std::vector<StepId>& heap = heaps_[best];
  std::pop_heap(heap.begin(), heap.end(), less_urgent_);
  const StepId s = heap.back();
  heap.pop_back();
  ran_[s] = static_cast<std::uint32_t>(worker);
  return s;
}

void ReadySteps::push(StepId s, std::size_t worker) {
  const Lock lock(busy_);
  insert(s, worker);
}

StepId ReadySteps::pop(std::size_t worker) {
  const Lock lock(busy_);
  return take(worker);
}

StepId ReadySteps::exchange(StepId s, std::size_t worker) {
  const Lock lock(busy_);
  insert(s, worker);
  return take(worker);
}

}  // namespace weft
