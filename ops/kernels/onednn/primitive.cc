#include "ops/kernels/onednn/primitive.h"

#include <omp.h>

#include <mutex>
#include <set>
#include <string>

#include "ops/kernels/onednn/onednn.h"
#include "weft/error.h"

namespace weft {
namespace {

struct Implementations {
  std::mutex mutex;
  std::set<std::string> names;
};
// Never destroyed, as the caches of primitives.
Implementations& implementations() {
  static auto& all = *new Implementations;
  return all;
}

}  // namespace

Primitive noted(Primitive primitive) {
  const_dnnl_primitive_desc_t desc = nullptr;
  const char* name = nullptr;
  if (dnnl_primitive_get_primitive_desc(primitive.primitive.get(), &desc) == dnnl_success &&
      dnnl_primitive_desc_query(desc, dnnl_query_impl_info_str, 0, &name) == dnnl_success) {
    const std::lock_guard lock(implementations().mutex);
    implementations().names.insert(name);
  }
  return primitive;
}

std::set<std::string> onednn_implementations() {
  const std::lock_guard lock(implementations().mutex);
  return implementations().names;
}

OneThread::OneThread() : before_(omp_get_max_threads()) {
  if (before_ != 1) omp_set_num_threads(1);
}
OneThread::~OneThread() {
  if (before_ != 1) omp_set_num_threads(before_);
}

const dnnl::engine& onednn_engine() {
  static const auto& cpu = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return cpu;
}

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

PrimitiveExecution::PrimitiveExecution(std::shared_ptr<const Primitive> primitive)
    : primitive_(std::move(primitive)), stream_(onednn_engine()) {
  for (const auto& [argument, desc] : primitive_->arguments) {
    memories_.emplace_back(desc, onednn_engine(), nullptr);
    args_.push_back({argument, memories_.back().get()});
  }
  bound_.resize(args_.size());
}

void PrimitiveExecution::operator()(std::initializer_list<const void*> pointers) {
  const OneThread guard;
  std::size_t i = 0;
  for (const void* pointer : pointers) {
    if (bound_[i] != pointer) {
      check(dnnl_memory_set_data_handle(args_[i].memory, const_cast<void*>(pointer)));
      bound_[i] = pointer;
    }
    ++i;
  }
  check(
      dnnl_primitive_execute(primitive_->primitive.get(), stream_.get(), static_cast<int>(args_.size()), args_.data()));
}

void PrimitiveExecution::check(dnnl_status_t status) const {
  if (status == dnnl_success) return;
  throw Error(status == dnnl_out_of_memory ? ErrorKind::memory : ErrorKind::state,
              "[" + std::string(primitive_->op) + "] oneDNN failed with status " + std::to_string(status));
}

}  // namespace weft
