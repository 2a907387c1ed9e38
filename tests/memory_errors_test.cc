// Bytes that cannot be had are an Error of the user's line, which leaves everything as it was.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <fstream>
#include <functional>

#include "weft/weft.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kCanLimit = false;  // sanitizers reserve more than any limit
#else
constexpr bool kCanLimit = true;
#endif
constexpr std::int64_t kMoreThanTheLimit = 24000, kMoreThanAnyMachine = 1 << 20;

// Tensors of rows x rows elements: more than the machine has, or than the process may have.
class MemoryErrors : public ::testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    getrlimit(RLIMIT_AS, &before_);
    if (rows != kMoreThanTheLimit) return;
    if (!kCanLimit) GTEST_SKIP();
    column + row;  // what starts once has started
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    rlimit limit = before_;
    limit.rlim_cur = pages * 4096 + (std::size_t{1} << 30);
    setrlimit(RLIMIT_AS, &limit);
  }
  void TearDown() override { setrlimit(RLIMIT_AS, &before_); }

  const std::int64_t rows = GetParam();
  const Tensor column = zeros({rows, 1}), row = zeros({1, rows});

 private:
  rlimit before_{};
};

void expect_no_memory(const std::function<void()>& call, int line, const std::string& text) {
  try {
    call();
    FAIL() << "nothing is thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::memory) << error.what();
    EXPECT_THAT(error.what(), HasSubstr(text));
    EXPECT_THAT(error.what(), HasSubstr("cannot allocate "));
    EXPECT_THAT(error.what(), HasSubstr("memory_errors_test.cc:" + std::to_string(line)));
  }
}

// The call must stand in one line.
#define EXPECT_NO_MEMORY(text, ...) expect_no_memory([&] { __VA_ARGS__; }, __LINE__, text)

TEST_P(MemoryErrors, OfTensorsFromNothingNameTheirLine) {
  EXPECT_NO_MEMORY("[full] cannot allocate", zeros({rows, rows}));
  EXPECT_NO_MEMORY("[eye]", eye(rows));
  EXPECT_NO_MEMORY("[rand] a: i64[2]: cannot allocate", rand({rows, rows}));
}

TEST_P(MemoryErrors, OfResultsNameTheLineOfTheOperation) {
  const Tensor sum = column + row;
  const int line = __LINE__ - 1;
  expect_no_memory([&] { sum.data_ptr<float>(); }, line, "a: f32" + column.shape().str() + ", b: f32");
  EXPECT_NO_MEMORY("[matmul] a: f32" + column.shape().str(), matmul(column, row).data_ptr<float>());
}

TEST_P(MemoryErrors, OfIntermediatesNameALineThatMadeOne) {
  EXPECT_NO_MEMORY("[matmul] a: ", matmul(matmul(column, row), column).sum().item());
}

TEST_P(MemoryErrors, OfGradientsNameALineOfTheGraph) {
  const Tensor x = zeros({rows, 1}).requires_grad_();
  EXPECT_NO_MEMORY("", matmul(exp(matmul(x, row)), x).sum().backward());
  EXPECT_FALSE(x.grad().defined());
}

TEST_P(MemoryErrors, OfWritesInPlaceNameTheirLine) {
  EXPECT_NO_MEMORY("[matmul] a: ", column.add_(matmul(matmul(column, row), column)));
  EXPECT_EQ(column.sum().item(), 0);
}

TEST_P(MemoryErrors, OfCompiledCallsNameALine) {
  const auto inside = compile([](Tensor a, Tensor b) { return matmul(matmul(a, b), a).sum(); });
  const int line = __LINE__ - 1;
  for (int i = 0; i < 2; ++i) expect_no_memory([&] { inside(column, row); }, line, "[matmul] a: ");
  EXPECT_EQ(inside(ones({2, 1}), ones({1, 2})).item(), 4);
}

TEST_P(MemoryErrors, OfResultsOfCompiledCallsNameALine) {
  // What is too large for the machine is refused in the line that makes it, the rest where it is asked for.
  const auto outer = compile([](Tensor a, Tensor b) { return matmul(a, b); });
  const int line = __LINE__ - 1;
  const int call = __LINE__ + 1;
  for (int i = 0; i < 2; ++i) expect_no_memory([&] { outer(column, row); }, rows > kMoreThanTheLimit ? line : call, "");
}

INSTANTIATE_TEST_SUITE_P(More, MemoryErrors, ::testing::Values(kMoreThanTheLimit, kMoreThanAnyMachine));

}  // namespace
}  // namespace weft
