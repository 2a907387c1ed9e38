// Which parameters get gradients in a compiled function, and why others do not.
#include <gmock/gmock.h>

#include "weft/autograd.h"
#include "weft/diagnosis.h"
#include "weft/function.h"
#include "weft/nn.h"
#include "weft/ops.h"
#include "weft/optim.h"
#include "weft/recompute.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

Tensor leaf() { return tensor({1.0, 2.0}).requires_grad_(); }

// The audit of the one parameter of a step.
template <class F>
GradientAudit::Parameter audit_of(const Tensor& w, F loss_of) {
  const auto step = compile([&](Tensor x) {
    const Tensor loss = loss_of(x);
    loss.backward();
    return loss;
  });
  step(tensor({3.0, 4.0}));
  const GradientAudit audit = step.gradient_audit({{"w", w}});
  EXPECT_TRUE(audit.differentiates);
  return audit.parameters.at(0);
}

TEST(GradientAudit, IsFineWhereAllParametersHaveGradients) {
  const Tensor w = leaf();
  const auto step = compile([&](Tensor x) {
    (w * x).sum().backward();
    w.set_grad({});  // it had one
  });
  step(tensor({3.0, 4.0}));
  const GradientAudit audit = step.gradient_audit();
  ASSERT_EQ(audit.parameters.size(), 1u);
  EXPECT_TRUE(audit.parameters[0].has_gradient);
  EXPECT_TRUE(audit.parameters[0].tensor.is_same(w));
  EXPECT_EQ(audit.str(), "every parameter has a gradient\n");
}

TEST(GradientAudit, NamesTheLineWhereAParameterIsDetached) {
  const Tensor w = leaf(), other = leaf();
  const int line = __LINE__ + 1;
  const auto row = audit_of(w, [&](const Tensor& x) { return (w.detach() * x * other).sum(); });
  EXPECT_FALSE(row.has_gradient);
  EXPECT_THAT(row.reason, HasSubstr("it is detached"));
  EXPECT_EQ(row.where.line, line);
  const auto data = audit_of(w, [&](const Tensor& x) { return ((w * 2).data() * x * other).sum(); });
  EXPECT_THAT(data.reason, HasSubstr("it is detached"));
}

TEST(GradientAudit, NamesTheOperationUnderNoGrad) {
  const Tensor w = leaf(), other = leaf();
  int line = 0;
  const auto row = audit_of(w, [&](const Tensor& x) {
    Tensor scaled;
    {
      const NoGradGuard no_grad;
      line = __LINE__ + 1;
      scaled = w * x;
    }
    return (scaled * other).sum();
  });
  EXPECT_THAT(row.reason, HasSubstr("[mul] is under no_grad at "));
  EXPECT_EQ(row.where.line, line);
}

TEST(GradientAudit, NamesAComparisonOnTheWay) {
  const Tensor w = leaf(), other = leaf();
  const auto row = audit_of(w, [&](const Tensor& x) { return where(w > x, other, other * 2).sum(); });
  EXPECT_THAT(row.reason, HasSubstr("[gt] gives bool[2], which has no gradient, at "));
}

TEST(GradientAudit, TellsWhatTheLossDoesNotDependOn) {
  const Tensor w = leaf(), other = leaf();
  Tensor beside;
  const auto row = audit_of(w, [&](const Tensor& x) {
    beside = (w * x).sum();
    return (other * x).sum();
  });
  EXPECT_EQ(row.reason, "what gradients are asked of does not depend on it");
  const auto unused = audit_of(w, [&](const Tensor& x) { return (other * x).sum(); });
  EXPECT_EQ(unused.reason, "the function does not use it");
  const Tensor frozen = tensor({1.0, 2.0});
  EXPECT_EQ(audit_of(frozen, [&](const Tensor& x) { return (other * x * frozen).sum(); }).reason,
            "it does not require gradients");
}

TEST(GradientAudit, CoversTheParametersOfAnOptimizer) {
  nn::Linear used(2, 2), unused(2, 2);
  std::vector<Tensor> parameters = used.parameters();
  for (const Tensor& p : unused.parameters()) parameters.push_back(p);
  optim::SGD optimizer(parameters, {.lr = 0.1});
  const auto step = compile([&](Tensor x) {
    const Tensor loss = used(x).sum();
    loss.backward();
    optimizer.step();
    optimizer.zero_grad();
    return loss;
  });
  step(ones({3, 2}));
  const GradientAudit audit = step.gradient_audit(used.named_parameters());
  ASSERT_EQ(audit.parameters.size(), 4u);
  EXPECT_EQ(audit.parameters[0].name, "weight");
  EXPECT_TRUE(audit.parameters[0].has_gradient && audit.parameters[1].has_gradient);
  EXPECT_FALSE(audit.parameters[2].has_gradient || audit.parameters[3].has_gradient);
  EXPECT_FALSE(audit.ok());
  EXPECT_THAT(audit.str(), HasSubstr("parameter 0 f32[2,2]: what gradients are asked of does not depend on it\n"));
}

TEST(GradientAudit, CountsWhatGradAndCheckpointReach) {
  const Tensor w = leaf(), v = leaf();
  const auto f = compile([&](Tensor x) {
    const Tensor loss = checkpoint([&](const Tensor& a) { return a * w * a; }, x * v).sum();
    return grad({loss}, {w, v});
  });
  f(tensor({3.0, 4.0}));
  const GradientAudit audit = f.gradient_audit();
  EXPECT_EQ(audit.parameters.size(), 2u);
  EXPECT_TRUE(audit.ok()) << audit.str();
}

TEST(GradientAudit, TellsOfFunctionsThatAskForNone) {
  const Tensor w = leaf();
  const auto f = compile([&](Tensor x) { return w * x; });
  f(tensor({3.0, 4.0}));
  const GradientAudit audit = f.gradient_audit();
  EXPECT_FALSE(audit.differentiates);
  EXPECT_THAT(audit.str(), HasSubstr("the function asks for no gradients"));
}

TEST(GradientAudit, CoversArgumentsThatAreLeaves) {
  const auto step = compile([](Tensor x, Tensor w) { (x * w.detach()).sum().backward(); });
  const Tensor x = leaf(), w = leaf();
  step(x, w);
  const GradientAudit audit = step.gradient_audit({{"w", w}});
  ASSERT_EQ(audit.parameters.size(), 2u);
  EXPECT_EQ(audit.parameters[0].name, "w");
  EXPECT_FALSE(audit.parameters[0].has_gradient);
  EXPECT_EQ(audit.parameters[1].name, "argument 0 f32[2]");
  EXPECT_TRUE(audit.parameters[1].has_gradient);
}

TEST(GradientAudit, KeepsNoTensorAlive) {
  const auto step = compile([](Tensor x) { (x * 2).sum().backward(); });
  {
    const Tensor x = leaf();
    step(x);
  }
  EXPECT_FALSE(step.gradient_audit().parameters.at(0).tensor.defined());
}

}  // namespace
}  // namespace weft
