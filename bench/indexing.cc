// What reads and writes by number costs, on one and on two threads: a million rows of 16 numbers.
//
// indexing/<function>/threads:<n>
#include "weft/indexing.h"

#include <benchmark/benchmark.h>
#include <oneapi/tbb/task_arena.h>

#include <functional>
#include <string>

#include "weft/function.h"
#include "weft/ops.h"

namespace weft {
namespace {

constexpr std::int64_t kRows = 1'000'000, kColumns = 16, kTable = 10'000;

using Body = std::function<Tensor(const Tensor&, const Tensor&, const Tensor&)>;

void measure(benchmark::State& state, bool of_elements, const Body& body) {
  manual_seed(1);
  const Tensor table = randn({kTable, kColumns}), rows = randn({kRows, kColumns});
  const Tensor index = randint(0, kTable, of_elements ? Shape{kRows, kColumns} : Shape{kRows});
  const auto function = compile(body);
  oneapi::tbb::task_arena arena(static_cast<int>(state.range(0)));
  arena.execute([&] {
    for (auto _ : state) benchmark::DoNotOptimize(function(table, rows, index).data_ptr<float>());
  });
  state.SetItemsProcessed(state.iterations() * kRows);
}

const struct {
  const char* name;
  bool of_elements;  // an index for each element, or for each row
  Body body;
} kBodies[] = {
    {"scatter_add", true,
     [](const Tensor& table, const Tensor& rows, const Tensor& index) { return scatter_add(table, 0, index, rows); }},
    {"index_add", false,
     [](const Tensor& table, const Tensor& rows, const Tensor& index) { return index_add(table, 0, index, rows); }},
    {"gather", true, [](const Tensor& table, const Tensor&, const Tensor& index) { return gather(table, 0, index); }},
    {"index_select", false,
     [](const Tensor& table, const Tensor&, const Tensor& index) { return index_select(table, 0, index); }},
};

const bool kRegistered = [] {
  for (const auto& [name, of_elements, body] : kBodies)
    benchmark::RegisterBenchmark(
        (std::string("indexing/") + name).c_str(),
        [of_elements = of_elements, body = body](benchmark::State& state) { measure(state, of_elements, body); })
        ->ArgName("threads")
        ->Arg(1)
        ->Arg(2)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  return true;
}();

}  // namespace
}  // namespace weft

BENCHMARK_MAIN();
