// Nodes that depend on no input: computed once, here.
#include <memory>
#include <unordered_map>

#include "graph/alignment.h"
#include "runtime/planning/draft.h"
#include "runtime/planning/kernel_cache.h"
#include "runtime/running/failure.h"

namespace weft {
namespace {

class Constants {
 public:
  Constants(Draft& draft, KernelCache& kernels) : d_(draft), kernels_(kernels) {}

  void compute() {
    count_uses();
    make_block();
    for (NodeId n = 0; n < d_.graph.size(); ++n) {
      if (d_.role[n] != Role::constant) continue;
      run(n);
      for (std::size_t slot = 0; slot < d_.graph.num_operands(n); ++slot)
        done_with(d_.storage_of(d_.graph.operand(n, slot)));
    }
  }

 private:
  // Which constants the run reads, and how often other constants read each.
  void count_uses() {
    kept_.assign(d_.storage.size(), false);
    uses_.assign(d_.storage.size(), 0);
    for (NodeId n = 0; n < d_.graph.size(); ++n) {
      if (d_.role[n] != Role::step && d_.role[n] != Role::constant) continue;
      for (std::size_t slot = 0; slot < d_.graph.num_operands(n); ++slot) {
        const ValueNumber v = d_.storage_of(d_.graph.operand(n, slot));
        if (d_.role[n] == Role::step)
          kept_[v] = true;
        else
          ++uses_[v];
      }
    }
    for (const ValueId& v : d_.graph.outputs()) kept_[d_.storage_of(v)] = true;
  }

  void make_block() {
    std::size_t bytes = 0;
    for (ValueNumber v = 0; v < d_.storage.size(); ++v) {
      if (d_.role[d_.owner[v]] != Role::constant || !kept_[v]) continue;
      d_.placement[v] = {Space::constant, bytes};
      bytes += aligned(d_.type_of(v).bytes());
    }
    d_.plan.constants = std::make_shared<Buffer>(bytes);
    d_.plan.stats.constant_bytes = bytes;
  }

  void* bytes_of(ValueNumber v) {
    if (kept_[v]) {
      char* block = d_.plan.constants->as<char>();
      return block ? block + d_.placement[v].where : nullptr;
    }
    std::unique_ptr<Buffer>& buffer = temporaries_[v];
    if (!buffer) buffer = std::make_unique<Buffer>(d_.type_of(v).bytes());
    return buffer->data();
  }

  void run(NodeId n) {
    in_.clear();
    out_.clear();
    for (std::size_t slot = 0; slot < d_.graph.num_operands(n); ++slot)
      in_.push_back(bytes_of(d_.storage_of(d_.graph.operand(n, slot))));
    for (std::size_t k = 0; k < d_.graph.node(n).outputs.size(); ++k)
      out_.push_back(bytes_of(d_.first_value[n] + static_cast<ValueNumber>(k)));
    const Kernel& kernel = d_.plan.kernels[kernels_.of_node(n)];
    if (!scratch_ || scratch_->bytes() < kernel.scratch_bytes)
      scratch_ = std::make_unique<Buffer>(kernel.scratch_bytes);
    try {
      const KernelFn run = kernel.instance ? kernel.instance() : kernel.run;
      for (std::uint32_t part = 0; part < kernel.parts; ++part) run({in_.data(), out_.data(), scratch_->data(), part});
    } catch (...) {
      throw_failure(d_.graph, n, std::current_exception());
    }
  }

  void done_with(ValueNumber v) {
    if (--uses_[v] == 0) temporaries_.erase(v);
  }

  Draft& d_;
  KernelCache& kernels_;
  std::vector<bool> kept_;
  std::vector<std::uint32_t> uses_;
  std::unordered_map<ValueNumber, std::unique_ptr<Buffer>> temporaries_;
  std::unique_ptr<Buffer> scratch_;
  std::vector<const void*> in_;
  std::vector<void*> out_;
};

}  // namespace

void compute_constants(Draft& draft, KernelCache& kernels) { Constants(draft, kernels).compute(); }

}  // namespace weft
