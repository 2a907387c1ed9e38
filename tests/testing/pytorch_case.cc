#include "tests/testing/pytorch_case.h"

#include <gtest/gtest.h>

#include <cmath>
#include <ostream>

namespace weft {
namespace {

void expect_near(const std::vector<double>& found, const std::vector<double>& wanted, double tolerance) {
  ASSERT_EQ(found.size(), wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (std::isfinite(wanted[i]))
      EXPECT_NEAR(found[i], wanted[i], tolerance * std::max(1.0, std::abs(wanted[i]))) << "element " << i;
    else if (std::isnan(wanted[i]))
      EXPECT_TRUE(std::isnan(found[i])) << "element " << i;
    else
      EXPECT_EQ(found[i], wanted[i]) << "element " << i;
  }
}

// The total and the gradients.
std::vector<Tensor> evaluate(const PyTorchCase& c, const Tensor& a, const Tensor& b) {
  const Tensor total = c.function(a, b).sum();
  std::vector<Tensor> results{total.detach()};
  const std::vector<Tensor> slopes = grad({total}, {a, b}, {.allow_unused = true});
  results.insert(results.end(), slopes.begin(), slopes.end());
  return results;
}

std::vector<double> numbers(const Tensor& x) {
  return x.defined() ? x.to(kFloat64).to_vector<double>() : std::vector<double>();
}

}  // namespace

Tensor weighted(const Tensor& x) {
  return x * (arange(1, static_cast<double>(x.numel() + 1), 1, x.dtype()) * 0.1).reshape(x.shape());
}

std::ostream& operator<<(std::ostream& out, const PyTorchCase& c) { return out << c.name; }

void expect_pytorch(const PyTorchCase& c) {
  for (const DType dtype : {kFloat64, kFloat32}) {
    SCOPED_TRACE(name_of(dtype));
    const double tolerance = dtype == kFloat64 ? 1e-8 : 1e-4;  // some constants of PyTorch's are f32
    const Tensor a = tensor(c.a, dtype).requires_grad_(), b = tensor(c.b, dtype).requires_grad_();
    const std::vector<Tensor> eager = evaluate(c, a, b);
    expect_near(numbers(eager[0]), {c.total}, tolerance);
    expect_near(numbers(eager[1]), c.slope_a, tolerance);
    expect_near(numbers(eager[2]), c.slope_b, tolerance);
    auto compiled = compile([&](const Tensor& x, const Tensor& y) {
      std::vector<Tensor> results;
      for (const Tensor& t : evaluate(c, x, y)) results.push_back(t.defined() ? t : zeros({0}));
      return results;
    });
    const std::vector<Tensor> planned = compiled(a, b);
    for (std::size_t i = 0; i < eager.size(); ++i) {
      if (!eager[i].defined()) continue;
      EXPECT_EQ(to_string(planned[i]), to_string(eager[i]));
    }
  }
}

}  // namespace weft
