// The rules of vmap() for every operation that has one: the samples of the operation (tests/testing/samples.h), done
// for a batch, against a loop over it.
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "ops/autograd/batching.h"
#include "tests/testing/gradcheck.h"
#include "tests/testing/matchers.h"
#include "tests/testing/samples.h"

namespace weft {
namespace {

constexpr std::int64_t kBatch = 3;

// The elements of a tensor, turned by some places: other numbers of the same kind.
HostTensor turned(const HostTensor& x, std::int64_t places) {
  HostTensor result(x.type());
  for (std::int64_t i = 0; i < x.numel(); ++i) result.set(i, x.at((i + places) % x.numel()));
  return result;
}

// Which inputs differ from sample to sample.
enum class Batches { floating, first, everything };

bool has_rules(const Graph& graph) {
  for (NodeId n = 0; n < graph.size(); ++n) {
    const OpDef& op = *graph.node(n).op;
    if (&op != &kInput && graph.num_operands(n) > 0 && !find_batch_rule(op)) return false;
  }
  return true;
}

struct Case {
  Graph batched;
  std::vector<HostTensor> batched_inputs;
  std::vector<std::vector<HostTensor>> inputs;  // of each sample
};

bool takes_batch(const SampleGraph& sample, std::size_t i, Batches batches) {
  if (batches == Batches::first) return i == 0;
  return batches == Batches::everything || is_floating(sample.inputs[i].type().dtype);
}

HostTensor joined(const std::vector<HostTensor>& samples) {
  Dims dims = samples[0].type().shape.vec();
  dims.insert(dims.begin(), kBatch);
  HostTensor whole({samples[0].type().dtype, Shape(dims)});
  const std::int64_t n = samples[0].numel();
  for (std::int64_t s = 0; s < kBatch; ++s)
    for (std::int64_t i = 0; i < n; ++i) whole.set(s * n + i, samples[static_cast<std::size_t>(s)].at(i));
  return whole;
}

Case make_case(const SampleGraph& sample, Batches batches) {
  Case made;
  made.inputs.assign(kBatch, sample.inputs);
  Builder builder(made.batched);
  std::vector<Batched> values(sample.graph.size());  // of each node: its first result
  for (std::size_t i = 0; i < sample.inputs.size(); ++i) {
    const bool batch = takes_batch(sample, i, batches);
    std::vector<HostTensor> all;
    for (std::size_t s = 0; s < kBatch; ++s) {
      if (batch && sample.inputs[i].numel() > 0)
        made.inputs[s][i] = turned(sample.inputs[i], static_cast<std::int64_t>(s));
      all.push_back(made.inputs[s][i]);
    }
    made.batched_inputs.push_back(batch ? joined(all) : sample.inputs[i]);
    const NodeId n = made.batched.add_input(made.batched_inputs.back().type());
    values[sample.graph.inputs()[i]] = {builder.value({n, 0}), batch};
  }
  for (NodeId n = 0; n < sample.graph.size(); ++n) {
    const Node& node = sample.graph.node(n);
    if (node.op == &kInput) continue;
    std::vector<Batched> operands;
    std::vector<Value> plain;
    bool any = false;
    for (const ValueId& v : sample.graph.operands(n)) {
      operands.push_back({values[v.node].value.output(v.output), values[v.node].has_batch});
      plain.push_back(operands.back().value);
      any = any || operands.back().has_batch;
    }
    if (any)
      values[n] = {record_batched({*node.op, node.attrs, operands, kBatch}), true};
    else
      values[n] = {builder.record(*node.op, plain, node.attrs), false};
  }
  for (const ValueId& v : sample.graph.outputs()) {
    Value result = values[v.node].value.output(v.output);
    made.batched.outputs().push_back(result.id());
  }
  return made;
}

void expect_loop(const SampleGraph& sample, Batches batches, const std::string& name) {
  const Case made = make_case(sample, batches);
  const std::vector<HostTensor> got = interpret(made.batched, made.batched_inputs);
  std::vector<std::vector<HostTensor>> expected;
  for (const auto& inputs : made.inputs) expected.push_back(interpret(sample.graph, inputs));
  for (std::size_t k = 0; k < got.size(); ++k) {
    std::vector<HostTensor> all;
    for (const auto& results : expected) all.push_back(results[k]);
    const bool batch = got[k].type().shape.rank() > all[0].type().shape.rank();
    EXPECT_THAT(got[k], is_near(batch ? joined(all) : all[0], 1e-12)) << name << " result " << k;
  }
}

TEST(BatchRules, GiveWhatALoopGivesForEverySample) {
  std::set<std::string> covered;
  for (const Sample& sample : all_samples()) {
    const SampleGraph graph = build_sample(sample, DType::f64);
    if (graph.inputs.empty() || !has_rules(graph.graph)) continue;
    const std::string name = std::string(sample.op) + " " + std::to_string(sample.index);
    for (const Batches batches : {Batches::floating, Batches::first, Batches::everything}) {
      try {
        expect_loop(graph, batches, name);
      } catch (const Error& error) {
        // A table of each sample has no rule.
        if (std::string(error.what()).find("vmap() has no rule for a table") == std::string::npos)
          ADD_FAILURE() << name << ": " << error.what();
      }
    }
    covered.insert(std::string(sample.op));
  }
  for (const char* op : {"add",       "where",         "accumulate",    "clamp",
                         "cast",      "sum",           "max",           "min",
                         "argmax",    "argmin",        "softmax",       "log_softmax",
                         "cumsum",    "sort",          "flip",          "cat",
                         "slice",     "slice_scatter", "slice_write",   "reshape",
                         "permute",   "expand",        "detach",        "matmul",
                         "gather",    "scatter",       "scatter_sum",   "index_select",
                         "index_sum", "embedding",     "cross_entropy", "cross_entropy_grad",
                         "test.swish"})
    EXPECT_TRUE(covered.contains(op)) << op;
}

}  // namespace
}  // namespace weft
