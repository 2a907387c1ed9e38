// A walk through automatic differentiation, in the order in which one learns it.
#include <gtest/gtest.h>

#include <sstream>

#include "weft/weft.h"

namespace weft {
namespace {

template <class T>
std::string printed(const T& value) {
  std::ostringstream out;
  out << value;
  return out.str();
}

TEST(Tutorial, Step1LeavesHaveNoGradFnAndResultsDo) {
  // A tensor that the user makes is a leaf; one that an operation makes knows which.
  const Tensor x = ones({2, 2}).requires_grad_();
  EXPECT_EQ(printed(x),
            "tensor([[1., 1.],\n"
            "        [1., 1.]], requires_grad=True)");
  EXPECT_EQ(printed(x.grad_fn()), "None");

  const Tensor y = x + 2;
  EXPECT_EQ(printed(y),
            "tensor([[3., 3.],\n"
            "        [3., 3.]], grad_fn=<AddBackward0>)");
  EXPECT_TRUE(printed(y.grad_fn()).starts_with("<AddBackward0 object at 0x")) << printed(y.grad_fn());

  const Tensor z = y * y * 3;
  const Tensor out = z.mean();
  EXPECT_EQ(printed(z),
            "tensor([[27., 27.],\n"
            "        [27., 27.]], grad_fn=<MulBackward0>)");
  EXPECT_EQ(printed(out), "tensor(27., grad_fn=<MeanBackward0>)");
}

TEST(Tutorial, Step2RequiresGradIsOffUntilItIsSetInPlace) {
  Tensor a = randn({2, 2});
  a = (a * 3) / (a - 1);
  EXPECT_FALSE(a.requires_grad());
  a.requires_grad_(true);
  EXPECT_TRUE(a.requires_grad());
  const Tensor b = (a * a).sum();
  EXPECT_TRUE(printed(b.grad_fn()).starts_with("<SumBackward0 object at 0x")) << printed(b.grad_fn());
}

TEST(Tutorial, Step3GradientsAccumulateUntilTheyAreZeroed) {
  const Tensor x = ones({2, 2}).requires_grad_();
  const Tensor y = x + 2;
  const Tensor z = y * y * 3;
  const Tensor out = z.mean();

  out.backward();
  EXPECT_EQ(printed(x.grad()),
            "tensor([[4.5000, 4.5000],\n"
            "        [4.5000, 4.5000]])");

  // A second backward() adds to what is there ...
  const Tensor out2 = x.sum();
  out2.backward();
  EXPECT_EQ(printed(x.grad()),
            "tensor([[5.5000, 5.5000],\n"
            "        [5.5000, 5.5000]])");

  // ... unless the gradient is set to zero before.
  const Tensor out3 = x.sum();
  x.grad().data().zero_();
  out3.backward();
  EXPECT_EQ(printed(x.grad()),
            "tensor([[1., 1.],\n"
            "        [1., 1.]])");
}

TEST(Tutorial, Step4ANonScalarIsDifferentiatedWithWeights) {
  const Tensor x = tensor({1.0, 2.0, 3.0, 4.0}).requires_grad_();
  const Tensor y = 2 * x;
  const Tensor z = y.view({2, 2});
  EXPECT_EQ(printed(z),
            "tensor([[2., 4.],\n"
            "        [6., 8.]], grad_fn=<ViewBackward0>)");

  // The gradient is that of the sum of the elements, each with its weight.
  const Tensor v = tensor({{1.0, 0.1}, {0.01, 0.001}}, kFloat32);
  z.backward(v);
  EXPECT_EQ(printed(x.grad()), "tensor([2.0000, 0.2000, 0.0200, 0.0020])");
}

TEST(Tutorial, Step5NoGradCutsAPartOut) {
  const Tensor x = tensor(1.0).requires_grad_();
  const Tensor y1 = x.pow(2);
  Tensor y2;
  {
    const NoGradGuard no_grad;
    y2 = x.pow(3);
  }
  const Tensor y3 = y1 + y2;
  EXPECT_TRUE(x.requires_grad());
  EXPECT_EQ(printed(y1), "tensor(1., grad_fn=<PowBackward0>)");
  EXPECT_TRUE(y1.requires_grad());
  EXPECT_EQ(printed(y2), "tensor(1.)");
  EXPECT_FALSE(y2.requires_grad());
  EXPECT_EQ(printed(y3), "tensor(2., grad_fn=<AddBackward0>)");
  EXPECT_TRUE(y3.requires_grad());

  // Only the square is seen: d(x^2)/dx = 2. y2 itself cannot be differentiated.
  EXPECT_THROW(y2.backward(), Error);
  y3.backward();
  EXPECT_EQ(printed(x.grad()), "tensor(2.)");
}

TEST(Tutorial, Step6DataChangesALeafBehindTheGraph) {
  const Tensor x = ones({1}).requires_grad_();
  EXPECT_EQ(printed(x.data()), "tensor([1.])");
  EXPECT_FALSE(x.data().requires_grad());

  const Tensor y = 2 * x;
  x.data() *= 100;
  y.backward();  // as captured: d(2 x)/dx = 2, whatever x is now
  EXPECT_EQ(printed(x), "tensor([100.], requires_grad=True)");
  EXPECT_EQ(printed(x.grad()), "tensor([2.])");
}

}  // namespace
}  // namespace weft
