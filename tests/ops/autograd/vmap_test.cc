// vmap: as torch.vmap. Expected values are those of a loop over the samples.
#include "weft/vmap.h"

#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/testing/custom_ops.h"
#include "tests/testing/error_of.h"
#include "tests/testing/tensor_values.h"
#include "weft/autograd.h"
#include "weft/conv.h"
#include "weft/custom_function.h"
#include "weft/function.h"
#include "weft/functional.h"
#include "weft/indexing.h"
#include "weft/losses.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Tensors = std::vector<Tensor>;

// A batch of three vectors, and what f gives for each.
Tensor batch() { return tensor({{1.0, -2.0}, {3.0, 0.5}, {-1.0, 4.0}}); }
template <class F>
Tensor loop(F f, const Tensor& x) {
  Tensors samples;
  for (std::int64_t i = 0; i < x.size(0); ++i) samples.push_back(f(x.select(0, i)));
  return stack(samples);
}

TEST(Vmap, IsALoopOverSamples) {
  const auto f = [](const Tensor& x) { return (x * x).sum() + x; };
  const Tensor x = batch();
  const Tensor y = vmap(f, x);
  EXPECT_EQ(y.shape(), Shape({3, 2}));
  EXPECT_EQ(y.to_vector<float>(), loop(f, x).to_vector<float>());
  EXPECT_THAT(y, equals(Floats{6, 3, 12.25f, 9.75f, 16, 21}));
}

TEST(Vmap, CallsTheFunctionOnceWithASample) {
  int calls = 0;
  vmap(
      [&](const Tensor& x) {
        ++calls;
        EXPECT_EQ(x.shape(), Shape({2}));
        return x;
      },
      batch());
  EXPECT_EQ(calls, 1);
}

TEST(Vmap, TakesSamplesAlongOtherDimsAndInputsForAll) {
  const auto f = [](const Tensors& in) { return Tensors{in[0] * in[1] + in[2]}; };
  const Tensor a = batch(), b = batch().t().contiguous(), c = tensor({10.0, 20.0});
  const Tensor y = vmap(f, {a, b, c}, {.in_dims = {0, 1, std::nullopt}})[0];
  EXPECT_THAT(y, equals(Floats{11, 24, 19, 20.25f, 11, 36}));
  const Tensor last = vmap(f, {a, b, c}, {.in_dims = {-2, -1, std::nullopt}, .out_dims = {-1}})[0];
  EXPECT_EQ(last.shape(), Shape({2, 3}));
  EXPECT_EQ(last.t().contiguous().to_vector<float>(), y.to_vector<float>());
}

TEST(Vmap, RepeatsResultsThatDependOnNoSample) {
  const Tensors y = vmap([](const Tensors& in) { return Tensors{in[0].sum(), ones({2})}; }, {batch()});
  EXPECT_THAT(y[0], equals(Floats{-1, 3.5f, 3}));
  EXPECT_EQ(y[1].shape(), Shape({3, 2}));
  EXPECT_THAT(y[1], equals(Floats{1, 1, 1, 1, 1, 1}));
}

TEST(Vmap, UsesParametersFromOutsideAndIsDifferentiated) {
  const Tensor w = tensor({{1.0, 2.0}, {3.0, 4.0}}).requires_grad_(), x = batch().requires_grad_();
  const auto f = [&](const Tensor& v) { return tanh(matmul(w, v)).sum(); };
  vmap(f, x).sum().backward();
  const auto of_w = w.grad().to_vector<float>(), of_x = x.grad().to_vector<float>();
  w.set_grad({});
  x.set_grad({});
  loop(f, x).sum().backward();
  for (std::size_t i = 0; i < of_w.size(); ++i) EXPECT_NEAR(of_w[i], w.grad().to_vector<float>()[i], 1e-6);
  for (std::size_t i = 0; i < of_x.size(); ++i) EXPECT_NEAR(of_x[i], x.grad().to_vector<float>()[i], 1e-6);
}

TEST(Vmap, GivesTheGradientOfEachSample) {
  manual_seed(2);
  const Tensor w = randn({4, 3}).requires_grad_(), b = randn({4}).requires_grad_();
  const Tensor x = randn({5, 3}), y = tensor({0, 3, 1, 2, 0}, kInt64);
  const auto gradients = [&](const Tensors& in) {
    const Tensor logits = matmul(w, relu(in[0])) + b;
    return grad({cross_entropy(logits.unsqueeze(0), in[1].unsqueeze(0))}, {w, b});
  };
  const Tensors at_once = vmap(gradients, {x, y});
  EXPECT_EQ(at_once[0].shape(), Shape({5, 4, 3}));
  for (std::int64_t i = 0; i < 5; ++i) {
    const Tensors one = gradients({x.select(0, i), y.select(0, i)});
    for (std::size_t k = 0; k < 2; ++k) {
      const auto got = at_once[k].select(0, i).contiguous().to_vector<float>(), expected = one[k].to_vector<float>();
      for (std::size_t e = 0; e < got.size(); ++e) EXPECT_NEAR(got[e], expected[e], 1e-6) << i << " " << k;
    }
  }
  EXPECT_FALSE(w.grad().defined());
}

TEST(Vmap, OfDerivativesOfTheSampleItself) {
  const auto f = [](const Tensors& in) { return Tensors{(in[0] * in[0] * in[0]).sum()}; };
  const Tensor rows = vmap([&](const Tensor& x) { return autograd::vjp(f, {x}).second[0]; }, batch());
  EXPECT_THAT(rows, equals(Floats{3, 12, 27, 0.75f, 3, 48}));
  const Tensor hessians = vmap([&](const Tensor& x) { return autograd::hessian(f, {x})[0][0]; }, batch());
  EXPECT_THAT(hessians, equals(Floats{6, 0, 0, -12, 18, 0, 0, 3, -6, 0, 0, 24}));
}

TEST(Vmap, IsNested) {
  const Tensor x = batch(), y = tensor({{1.0, 1.0}, {0.0, 2.0}});
  const Tensor products = vmap(
      [&](const Tensor& a) {
        return vmap([](const Tensors& in) { return Tensors{(in[0] * in[1]).sum()}; }, {a, y},
                    {.in_dims = {std::nullopt, 0}})[0];
      },
      x);
  EXPECT_THAT(products, equals(Floats{-1, -4, 3.5f, 1, 3, 8}));
}

TEST(Vmap, UsesWhatWasComputedAroundIt) {
  const Tensor w = tensor({2.0, 3.0}).requires_grad_();
  const Tensor x = batch(), y = tensor({{1.0, 1.0}, {0.0, 2.0}});
  const auto f = [&](const Tensor& in) {
    const Tensor scaled = w * 2;  // the result of an operation, with gradients
    return vmap([&](const Tensor& a) { return vmap([&](const Tensor& b) { return (a * b * scaled).sum(); }, y); }, in);
  };
  const Tensor eager = f(x);
  EXPECT_THAT(eager, equals(Floats{-8, -24, 15, 6, 20, 48}));
  const auto step = compile([&](Tensor in) { return grad({f(in).sum()}, {w})[0]; });
  EXPECT_THAT(step(x), equals(Floats{6, 15}));
  EXPECT_THAT(grad({eager.sum()}, {w})[0], equals(Floats{6, 15}));
}

TEST(Vmap, IsPartOfACompiledFunction) {
  const Tensor w = tensor({2.0, 3.0}).requires_grad_();
  const auto f = compile([&](Tensor x) {
    const Tensor c = tensor({1.0, 1.0});
    const Tensor y = vmap([&](const Tensor& v) { return (v * w + c).sum(); }, x);
    y.sum().backward();
    const NoGradGuard no_grad;
    w.sub_(w.grad());
    w.set_grad({});
    return y;
  });
  EXPECT_THAT(f(batch()), equals(Floats{-2, 9.5f, 12}));
  EXPECT_THAT(w, equals(Floats{-1, 0.5f}));
  EXPECT_THAT(f(batch()), equals(Floats{0, -0.75f, 5}));
  EXPECT_EQ(f.stats().traces, 1u);
}

TEST(Vmap, TakesElementwiseOperationsOfYourOwn) {
  const Tensor x = batch();
  const auto f = [](const Tensor& v) { return swish(v, 1.5) * 2; };
  EXPECT_EQ(vmap(f, x).to_vector<float>(), loop(f, x).to_vector<float>());
}

TEST(Vmap, SortsSelectsAndScatters) {
  const Tensor x = tensor({{3.0, 1.0, 2.0}, {-1.0, 5.0, 0.0}});
  const auto f = [](const Tensor& v) {
    const auto sorted = sort(v, 0, true);
    return cat({sorted.values, v.index_select(0, tensor({2, 0}, kInt64)), v.gather(0, sorted.indices)}, 0);
  };
  EXPECT_EQ(vmap(f, x).to_vector<float>(), loop(f, x).to_vector<float>());
  const Tensor index = tensor({{2, 0}, {1, 1}}, kInt64);
  const auto pick = [](const Tensors& in) { return Tensors{in[0].index_select(0, in[1])}; };
  EXPECT_THAT(vmap(pick, {x, index})[0], equals(Floats{2, 3, 5, 5}));
}

TEST(Vmap, OfNoSamplesHasNoElements) {
  const Tensor y = vmap([](const Tensor& x) { return exp(x).sum(); }, zeros({0, 3}));
  EXPECT_EQ(y.shape(), Shape({0}));
}

TEST(Vmap, UnderNoGradGivesTensorsWithoutGradients) {
  const Tensor x = batch().requires_grad_();
  const NoGradGuard no_grad;
  EXPECT_FALSE(vmap([](const Tensor& v) { return v * 2; }, x).requires_grad());
}

TEST(Vmap, RespectsDetachAndNoGradInTheFunction) {
  const Tensor x = batch().requires_grad_();
  const Tensor y = vmap(
      [](const Tensor& v) {
        Tensor half;
        {
          const NoGradGuard no_grad;
          half = v * 0.5;
        }
        return v * v.detach() + half;
      },
      x);
  y.sum().backward();
  EXPECT_EQ(x.grad().to_vector<float>(), x.detach().to_vector<float>());
}

TEST(Vmap, RefusesByNameWhatHasNoRule) {
  const int line = __LINE__ + 2;
  const std::string error = error_of([] {
    vmap([](const Tensor& x) { return conv1d(x, ones({1, 1, 2})); }, ones({2, 1, 1, 4}));
  });
  EXPECT_THAT(error, AllOf(HasSubstr("[conv] a: f32["), HasSubstr(": vmap() has no rule for this operation"),
                           HasSubstr("vmap_test.cc:" + std::to_string(line))));
  EXPECT_THAT(error_of([] {
                vmap([](const Tensor& x) { return moments_op()({x}); }, ones({2, 2, 2}));
              }),
              HasSubstr("[test.row_moments] a: f32[2,2]: vmap() has no rule"));
}

TEST(Vmap, RefusesWhatCannotBeDoneForABatch) {
  const Tensor outside = ones({2}), parameter = ones({2}).requires_grad_();
  const auto refusal = [](const std::function<Tensor(const Tensor&)>& f) {
    return error_of([&] { vmap(f, batch()); });
  };
  EXPECT_THAT(refusal([](const Tensor& x) { return x * x.sum().item(); }),
              HasSubstr("the value of a tensor is not known"));
  EXPECT_THAT(refusal([](const Tensor& x) { return x + rand({2}); }), HasSubstr("[vmap] the function draws random"));
  EXPECT_THAT(refusal([&](const Tensor& x) { return outside.add_(x); }),
              HasSubstr("[vmap] the function changes f32[2]"));
  EXPECT_THAT(refusal([&](const Tensor& x) {
                (x * parameter).sum().backward();
                return x;
              }),
              HasSubstr("[vmap] the function uses the .grad of f32[2]"));
  EXPECT_THAT(refusal([](const Tensor&) { return Tensor(); }), HasSubstr("gives an undefined tensor"));
  EXPECT_THAT(outside, equals(Floats{1, 1}));
}

TEST(Vmap, RefusesInputsThatDoNotFit) {
  const auto f = [](const Tensors& in) { return in; };
  EXPECT_THAT(error_of([&] {
                vmap(f, {ones({2, 3}), ones({3})});
              }),
              HasSubstr("[vmap] input 1: f32[3]: 3 samples, 2 before"));
  EXPECT_THAT(error_of([&] { vmap(f, {ones({})}); }), HasSubstr("input 0: f32[]: dim 0 is out of range"));
  EXPECT_THAT(error_of([&] { vmap(f, {ones({2})}, {.in_dims = {std::nullopt}}); }), HasSubstr("no input has samples"));
  EXPECT_THAT(error_of([&] { vmap(f, {ones({2})}, {.in_dims = {0, 0}}); }), HasSubstr("2 in_dims for 1 inputs"));
  EXPECT_THAT(error_of([&] { vmap(f, {ones({2})}, {.out_dims = {0, 0}}); }), HasSubstr("2 out_dims for 1 results"));
  EXPECT_THAT(error_of([&] { vmap(f, {ones({2})}, {.out_dims = {1}}); }), HasSubstr("out_dim 1 is out of range"));
  EXPECT_THAT(error_of([&] { vmap(f, Tensors{}); }), HasSubstr("[vmap] no inputs"));
}

}  // namespace
}  // namespace weft
