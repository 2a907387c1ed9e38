// How products and losses of rows are done for a batch.
#include "ops/autograd/batching.h"
#include "ops/loss/loss.h"
#include "ops/values.h"

namespace weft {
namespace {

// ---- matmul: of matrices a batch of them; of batches one batch of all.

Value product(const BatchCall& call) {
  const Shape a = call.sample(0), b = call.sample(1);
  if (a.rank() == 2 && b.rank() == 2)
    return call.record({{call.operands[0].value, call.operands[1].value}}, call.attrs);
  // Every batch of every sample beside the matrices of the sample.
  const Shape& longer = a.rank() > 2 ? a : b;
  const Shape batches(longer.dims().first(static_cast<std::size_t>(longer.rank() - 2)));
  const auto flat = [&](std::size_t i) {
    const Batched& operand = call.operands[i];
    const Shape sample = call.sample(i);
    if (!operand.has_batch && sample.rank() == 2) return operand.value;  // one matrix for all
    Dims dims{call.size};
    if (sample.rank() == 2) {  // a matrix for all batches of its sample
      dims.insert(dims.end(), static_cast<std::size_t>(batches.rank()), 1);
      dims.insert(dims.end(), sample.begin(), sample.end());
      Dims all{call.size};
      all.insert(all.end(), batches.begin(), batches.end());
      all.insert(all.end(), sample.begin(), sample.end());
      return reshape(expand(reshape(operand.value, Shape(dims)), Shape(all)),
                     {call.size * batches.numel(), sample[0], sample[1]});
    }
    const Value v = call.whole(i);
    return reshape(v, {call.size * batches.numel(), v.shape()[v.rank() - 2], v.shape()[v.rank() - 1]});
  };
  const Value c = call.record({{flat(0), flat(1)}}, call.attrs);
  Dims dims{call.size};
  dims.insert(dims.end(), batches.begin(), batches.end());
  dims.push_back(c.shape()[1]);
  dims.push_back(c.shape()[2]);
  return reshape(c, Shape(dims));
}
const BatchRuleRegistration g_product({"matmul"}, product);

// ---- cross_entropy: the rows of all samples as rows of one.

struct LossRows {
  explicit LossRows(const BatchCall& call)
      : n(call.sample(0)[0]),
        classes(call.sample(0)[1]),
        logits(reshape(call.whole(0), {call.size * n, classes})),
        target(reshape(call.whole(1), {call.size * n})),
        reduction(static_cast<Reduction>(call.attrs.get<std::int64_t>("reduction"))) {}

  Attrs of_rows() const { return {{"reduction", static_cast<std::int64_t>(Reduction::none)}}; }

  std::int64_t n, classes;
  Value logits, target;
  Reduction reduction;
};

Value loss(const BatchCall& call) {
  const LossRows rows(call);
  const Value losses = reshape(call.record({{rows.logits, rows.target}}, rows.of_rows()), {call.size, rows.n});
  if (rows.reduction == Reduction::none) return losses;
  return rows.reduction == Reduction::sum ? sum(losses, {1}, false) : mean(losses, {1}, false);
}
const BatchRuleRegistration g_loss({"cross_entropy"}, loss);

Value loss_gradient(const BatchCall& call) {
  const LossRows rows(call);
  Value dloss = call.whole(2);
  if (rows.reduction == Reduction::mean) dloss = dloss / static_cast<double>(rows.n);
  if (rows.reduction != Reduction::none) dloss = expand(unsqueeze(dloss, 1), {call.size, rows.n});
  const Value of_rows = call.record({{rows.logits, rows.target, reshape(dloss, {call.size * rows.n})}}, rows.of_rows());
  return reshape(of_rows, {call.size, rows.n, rows.classes});
}
const BatchRuleRegistration g_loss_gradient({"cross_entropy_grad"}, loss_gradient);

}  // namespace
}  // namespace weft
