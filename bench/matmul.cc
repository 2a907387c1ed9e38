// How fast products are on one thread, and what a fused epilogue saves.
//
// gemm/<m>x<n>x<k>[/at][/bt], onednn/... and, where its library is installed (Debian: libopenblas0-openmp),
// openblas/...: one product; at and bt say which operand is stored transposed. of_peak is the share of what the fused
// multiply-adds of one core give, measured beside it. update/fused/... and update/apart/...: a weight gradient with the
// SGD step, as an epilogue and as a pass of its own.
// --benchmark_enable_random_interleaving=true --benchmark_repetitions=9 makes them comparable on a busy machine.
#include <benchmark/benchmark.h>
#include <dlfcn.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bench/matmul.cc"
#include <hwy/foreach_target.h>
// foreach_target.h must come first: it includes this file once for each instruction set.
#include <hwy/highway.h>

#include "bench/peak-inl.h"

HWY_BEFORE_NAMESPACE();
namespace weft {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// SGD with momentum over an array: m = 0.9 m + g, w -= 0.01 m.
void sgd_row(const float* g, float* m, float* w, std::size_t n) {
  const hn::ScalableTag<float> d;
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto next = hn::MulAdd(hn::Set(d, 0.9f), hn::LoadU(d, m + i), hn::LoadU(d, g + i));
    hn::StoreU(next, d, m + i);
    hn::StoreU(hn::NegMulAdd(hn::Set(d, 0.01f), next, hn::LoadU(d, w + i)), d, w + i);
  }
  for (; i < n; ++i) {
    m[i] = 0.9f * m[i] + g[i];
    w[i] -= 0.01f * m[i];
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace weft
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include "graph/storage.h"
#include "ops/kernels/gemm/gemm.h"
#include "ops/kernels/onednn/onednn.h"

namespace weft {
namespace {

HWY_EXPORT(sgd_row);

// A matrix in memory as the library allocates it.
struct Matrix {
  explicit Matrix(std::int64_t elements) : buffer(static_cast<std::size_t>(elements) * sizeof(float)) {
    for (std::int64_t i = 0; i < elements; ++i) data()[i] = static_cast<float>(i * 37 % 101) / 101 - 0.5f;
  }
  float* data() { return static_cast<float*>(buffer.data()); }
  Buffer buffer;
};

struct Operands {
  explicit Operands(const GemmShape& p) : a(p.m * p.k), b(p.k * p.n), c(p.m * p.n) {}
  Matrix a, b, c;
};

// The first element against a sum in f64: what was measured computed something.
void check(benchmark::State& state, const GemmShape& p, Operands& o, float value) {
  double sum = 0, size = 0;
  for (std::int64_t l = 0; l < p.k; ++l) {
    const double term = static_cast<double>(o.a.data()[p.transpose_a ? l * p.m : l]) *
                        static_cast<double>(o.b.data()[p.transpose_b ? l : l * p.n]);
    sum += term;
    size += std::abs(term);
  }
  if (std::abs(value - sum) > 1e-5 * size) state.SkipWithError("wrong product");
}

void report(benchmark::State& state, const GemmShape& p) {
  const double peak = peak_flops();
  state.counters["GF/s"] = benchmark::Counter(p.flops() * 1e-9, benchmark::Counter::kIsIterationInvariantRate);
  state.counters["of_peak"] = benchmark::Counter(p.flops() / peak, benchmark::Counter::kIsIterationInvariantRate);
}

using Parts = std::vector<GemmPart<float>>;

Parts make_parts(const GemmShape& p, bool has_epilogue) {
  Parts parts;
  for (const Block& block : parts_of(p)) parts.emplace_back(p, block, has_epilogue);
  return parts;
}

// All parts one after the other.
void run_gemm(const Parts& parts, Operands& o, float* scratch, const GemmEpilogue<float>* epilogue = nullptr) {
  for (const GemmPart<float>& part : parts) gemm(part, o.a.data(), o.b.data(), o.c.data(), scratch, epilogue);
}

Matrix scratch_of(const Parts& parts) {
  std::size_t size = 1;
  for (const GemmPart<float>& part : parts) size = std::max(size, part.scratch());
  return Matrix(static_cast<std::int64_t>(size));
}

void BM_gemm(benchmark::State& state, const GemmShape& p) {
  Operands o(p);
  const Parts parts = make_parts(p, /*has_epilogue=*/false);
  Matrix scratch = scratch_of(parts);
  for (auto _ : state) run_gemm(parts, o, scratch.data());
  check(state, p, o, o.c.data()[0]);
  report(state, p);
}

void BM_onednn(benchmark::State& state, const GemmShape& p) {
  Operands o(p);
  const Kernel kernel = onednn_matmul(p);
  const KernelFn run = kernel.instance();
  Buffer scratch(kernel.scratch_bytes + 1);
  const std::array<const void*, 2> in{o.a.data(), o.b.data()};
  const std::array<void*, 1> out{o.c.data()};
  for (auto _ : state) run({in.data(), out.data(), scratch.data()});
  check(state, p, o, o.c.data()[0]);
  report(state, p);
}

// OpenBLAS's cblas_sgemm, or null.
using Sgemm = void (*)(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha, const float* a,
                       int lda, const float* b, int ldb, float beta, float* c, int ldc);
Sgemm openblas() {
  static const Sgemm sgemm = []() -> Sgemm {
    void* library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library) return nullptr;
    if (void* set = dlsym(library, "openblas_set_num_threads")) reinterpret_cast<void (*)(int)>(set)(1);
    return reinterpret_cast<Sgemm>(dlsym(library, "cblas_sgemm"));
  }();
  return sgemm;
}

void BM_openblas(benchmark::State& state, const GemmShape& p) {
  constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
  Operands o(p);
  const int m = static_cast<int>(p.m), n = static_cast<int>(p.n), k = static_cast<int>(p.k);
  for (auto _ : state)
    openblas()(kRowMajor, p.transpose_a ? kTransposed : kPlain, p.transpose_b ? kTransposed : kPlain, m, n, k, 1,
               o.a.data(), p.transpose_a ? m : k, o.b.data(), p.transpose_b ? k : n, 0, o.c.data(), n);
  check(state, p, o, o.c.data()[0]);
  report(state, p);
}

void BM_update(benchmark::State& state, const GemmShape& p, bool fused) {
  Operands o(p);
  Matrix momentum(p.m * p.n), weights(p.m * p.n);
  const Parts parts = make_parts(p, fused);
  Matrix scratch = scratch_of(parts);
  const float* const fetched[] = {momentum.data(), weights.data()};
  const MomentumUpdate<float> update{weights.data(), momentum.data(), weights.data(), momentum.data(), 0.9f, 0.01f};
  const auto nothing_left = [](void* failed, const Block&, const float*, std::int64_t) {
    *static_cast<bool*>(failed) = true;
  };
  bool failed = false;
  const GemmEpilogue<float> epilogue{nothing_left, &failed, fetched, &update};
  for (auto _ : state) {
    run_gemm(parts, o, scratch.data(), fused ? &epilogue : nullptr);
    if (!fused) HWY_DYNAMIC_DISPATCH(sgd_row)
    (o.c.data(), momentum.data(), weights.data(), static_cast<std::size_t>(p.m * p.n));
  }
  if (failed) state.SkipWithError("not all was updated");
  report(state, p);
}

std::string name(const GemmShape& p) {
  return std::to_string(p.m) + "x" + std::to_string(p.n) + "x" + std::to_string(p.k) + (p.transpose_a ? "/at" : "") +
         (p.transpose_b ? "/bt" : "");
}

void register_all() {
  struct Case {
    std::int64_t m, n, k;
    bool ta = false, tb = false;
  };
  const Case cases[] = {{128, 512, 784},
                        {128, 512, 512},
                        {784, 512, 128, true},
                        {512, 512, 128, true},
                        {64, 4096, 1024},
                        {64, 4096, 4096},
                        {64, 1024, 4096},
                        {1024, 4096, 64, true},
                        {4096, 4096, 64, true},
                        {4096, 1024, 64, true},
                        {512, 512, 512},
                        {1024, 1024, 1024},
                        {16, 64, 64},
                        {64, 64, 16, true},
                        {128, 10, 512},
                        {512, 10, 128, true},
                        {128, 512, 10},
                        {16, 16, 2},
                        {128, 512, 512, false, true},
                        {64, 4096, 4096, false, true},
                        {64, 4096, 1024, false, true},
                        {128, 512, 784, false, true},
                        {128, 10, 512, false, true},
                        {16, 64, 64, false, true},
                        {128, 512, 10, false, true}};
  for (const Case& c : cases) {
    const GemmShape p{.m = c.m, .n = c.n, .k = c.k, .transpose_a = c.ta, .transpose_b = c.tb};
    benchmark::RegisterBenchmark(("gemm/" + name(p)).c_str(), BM_gemm, p);
    benchmark::RegisterBenchmark(("onednn/" + name(p)).c_str(), BM_onednn, p);
    if (openblas()) benchmark::RegisterBenchmark(("openblas/" + name(p)).c_str(), BM_openblas, p);
    if (!c.ta || c.m < 512 || c.n % 64 != 0) continue;
    benchmark::RegisterBenchmark(("update/fused/" + name(p)).c_str(), BM_update, p, true);
    benchmark::RegisterBenchmark(("update/apart/" + name(p)).c_str(), BM_update, p, false);
  }
}

}  // namespace
}  // namespace weft

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  weft::register_all();
  benchmark::RunSpecifiedBenchmarks();
}
#endif  // HWY_ONCE
