#include "ops/kernels/onednn/onednn.h"

#include <omp.h>

#include <array>
#include <dnnl.hpp>
#include <map>
#include <mutex>
#include <string>

#include "weft/error.h"

namespace weft {
namespace {

// Sets the OpenMP thread count of this thread to 1 and restores it: the host may use OpenMP itself. Primitives depend
// on the count when they are made and when they are executed.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) {
    if (before_ != 1) omp_set_num_threads(1);
  }
  ~OneThread() {
    if (before_ != 1) omp_set_num_threads(before_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

// Primitives and streams must share one engine object, because oneDNN compares the pointers. Never destroyed: programs
// may outlive the destructors of statics.
const dnnl::engine& engine() {
  static const auto& cpu = *new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return cpu;
}

// An attribute object is a shared handle, so each primitive gets its own.
dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attr;
}

// The matrices as oneDNN sees them: rank 3 where there is a batch, and transposed by strides.
dnnl::memory::desc describe(const GemmShape& p, bool batched, std::int64_t rows, std::int64_t cols, bool transposed) {
  const dnnl::memory::dim row_stride = transposed ? 1 : cols, col_stride = transposed ? rows : 1;
  constexpr auto kF32 = dnnl::memory::data_type::f32;
  if (p.batch == 1) return {{rows, cols}, kF32, dnnl::memory::dims{row_stride, col_stride}};
  return {{batched ? p.batch : 1, rows, cols}, kF32, dnnl::memory::dims{rows * cols, row_stride, col_stride}};
}

// A primitive and the layouts of its arguments. Immutable, so any number of programs and threads share it.
struct Matmul {
  explicit Matmul(const GemmShape& p)
      : a(describe(p, p.batched_a, p.m, p.k, p.transpose_a)),
        b(describe(p, p.batched_b, p.k, p.n, p.transpose_b)),
        c(describe(p, true, p.m, p.n, false)) {
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc pd(engine(), a, b, c, user_scratchpad());
#else
    const dnnl::matmul::primitive_desc pd(dnnl::matmul::desc(a, b, c), user_scratchpad(), engine());
#endif
    scratch = pd.scratchpad_desc();
    primitive = dnnl::matmul(pd);
  }

  dnnl::memory::desc a, b, c, scratch;
  dnnl::matmul primitive;
};

// Equal products of all programs that live now share a primitive: making one takes microseconds, its code far longer.
std::shared_ptr<const Matmul> matmul_of(const GemmShape& product) {
  static auto& mutex = *new std::mutex;
  static auto& cache = *new std::map<GemmShape, std::weak_ptr<const Matmul>>;
  static std::size_t sweep_at = 256;
  const std::lock_guard lock(mutex);
  if (cache.size() >= sweep_at) {
    std::erase_if(cache, [](const auto& entry) { return entry.second.expired(); });
    sweep_at = 2 * cache.size() + 256;
  }
  std::weak_ptr<const Matmul>& entry = cache[product];
  std::shared_ptr<const Matmul> matmul = entry.lock();
  if (!matmul) {
    const OneThread guard;
    matmul = std::make_shared<const Matmul>(product);
    entry = matmul;
  }
  return matmul;
}

// What one Run needs to execute a primitive: memory objects, whose pointers change only when the Run's do.
class Execution {
 public:
  explicit Execution(std::shared_ptr<const Matmul> matmul)
      : matmul_(std::move(matmul)),
        stream_(engine()),
        memories_{memory(matmul_->a), memory(matmul_->b), memory(matmul_->c), memory(matmul_->scratch)},
        args_{{{DNNL_ARG_SRC, memories_[0].get()},
               {DNNL_ARG_WEIGHTS, memories_[1].get()},
               {DNNL_ARG_DST, memories_[2].get()},
               {DNNL_ARG_SCRATCHPAD, memories_[3].get()}}} {}

  void operator()(const KernelArgs& args) {
    const OneThread guard;
    bind(0, const_cast<void*>(args.in[0]));
    bind(1, const_cast<void*>(args.in[1]));
    bind(2, args.out[0]);
    bind(3, args.scratch);
    check(
        dnnl_primitive_execute(matmul_->primitive.get(), stream_.get(), static_cast<int>(args_.size()), args_.data()));
  }

 private:
  static dnnl::memory memory(const dnnl::memory::desc& desc) { return {desc, engine(), nullptr}; }

  void bind(std::size_t i, void* pointer) {
    if (bound_[i] == pointer) return;
    check(dnnl_memory_set_data_handle(args_[i].memory, pointer));
    bound_[i] = pointer;
  }
  static void check(dnnl_status_t status) {
    if (status == dnnl_success) return;
    throw Error(status == dnnl_out_of_memory ? ErrorKind::memory : ErrorKind::state,
                "[matmul] oneDNN failed with status " + std::to_string(status));
  }

  std::shared_ptr<const Matmul> matmul_;
  dnnl::stream stream_;
  std::array<dnnl::memory, 4> memories_;
  std::array<dnnl_exec_arg_t, 4> args_;
  std::array<void*, 4> bound_{};
};

}  // namespace

Kernel onednn_matmul(const GemmShape& product) {
  const std::shared_ptr<const Matmul> matmul = matmul_of(product);
  const auto instance = [matmul] {
    return KernelFn([execution = std::make_shared<Execution>(matmul)](const KernelArgs& args) { (*execution)(args); });
  };
  return {.run = [matmul](const KernelArgs& args) { Execution{matmul}(args); },
          .scratch_bytes = matmul->scratch.get_size(),
          .instance = instance,
          .flops = product.flops()};
}

}  // namespace weft
