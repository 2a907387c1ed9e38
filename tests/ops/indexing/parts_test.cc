// Tensors so large that their kernels run in parts, against loops over all elements.
#include <gmock/gmock.h>

#include <algorithm>

#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::FloatNear;
using ::testing::Pointwise;

struct Case {
  Shape whole, index;
  std::int64_t dim;
};
const Case kCases[] = {{{40, 1031}, {300, 1031}, 0}, {{301, 40}, {301, 1031}, 1},     {{5, 1100}, {70, 1003}, 0},
                       {{401, 30}, {350, 900}, 1},   {{7, 50, 401}, {7, 90, 401}, 1}, {{90, 7, 401}, {150, 7, 401}, 0},
                       {{1000}, {300000}, 0},        {{500, 3}, {90000, 3}, 0}};

// Calls f(element of the whole, element of the index) in row-major order of the index.
template <class F>
void walk(const Case& c, const std::vector<std::int64_t>& index, F f) {
  const int rank = c.index.rank();
  std::vector<std::int64_t> at(static_cast<std::size_t>(rank), 0);
  for (std::size_t i = 0; i < index.size(); ++i) {
    std::int64_t place = 0;
    for (int d = 0; d < rank; ++d)
      place = place * c.whole[d] + (d == c.dim ? index[i] : at[static_cast<std::size_t>(d)]);
    f(static_cast<std::size_t>(place), i);
    for (int d = rank; d-- > 0;) {
      if (++at[static_cast<std::size_t>(d)] < c.index[d]) break;
      at[static_cast<std::size_t>(d)] = 0;
    }
  }
}

class IndexingParts : public ::testing::TestWithParam<Case> {
 protected:
  const Case& c = GetParam();
  Tensor x = randn(c.whole), src = randn(c.index);
  Tensor index = randint(0, c.whole[static_cast<int>(c.dim)], c.index);
  std::vector<float> from = x.to_vector<float>(), given = src.to_vector<float>();
  std::vector<std::int64_t> places = index.to_vector<std::int64_t>();
};

TEST_P(IndexingParts, GatherTakesEachElement) {
  std::vector<float> expected(given.size());
  walk(c, places, [&](std::size_t at, std::size_t i) { expected[i] = from[at]; });
  EXPECT_EQ(gather(x, c.dim, index).to_vector<float>(), expected);
}

TEST_P(IndexingParts, ScatterAddAddsEachElement) {
  std::vector<float> sums(from.size(), 0);
  walk(c, places, [&](std::size_t at, std::size_t i) { sums[at] += given[i]; });
  for (std::size_t i = 0; i < sums.size(); ++i) sums[i] = from[i] + sums[i];
  // Many elements for each place are added in chunks.
  EXPECT_THAT(scatter_add(x, c.dim, index, src).to_vector<float>(), Pointwise(FloatNear(1e-4), sums));
}

TEST_P(IndexingParts, IndexAddAddsRowsAndGivesThemTheirGradients) {
  const std::int64_t n = c.index[static_cast<int>(c.dim)];
  const Tensor one = randint(0, 3, {n});
  if (c.whole.rank() == 3) return;
  std::vector<std::int64_t> row = c.whole.vec();
  row[static_cast<std::size_t>(c.dim)] = n;
  const Tensor given_rows = randn(row).requires_grad_();
  const Tensor sums = index_add(x, c.dim, one, given_rows);
  const Tensor expected = scatter_add(
      x, c.dim, c.dim == 0 && c.whole.rank() > 1 ? one.unsqueeze(1).expand(row) : one.expand(row), given_rows.detach());
  EXPECT_THAT(sums.to_vector<float>(), Pointwise(FloatNear(1e-3), expected.to_vector<float>()));
  const Tensor weight = randn(c.whole);
  sums.backward(weight);
  EXPECT_EQ(given_rows.grad().to_vector<float>(), weight.index_select(c.dim, one).to_vector<float>());
}

TEST_P(IndexingParts, ScatterKeepsTheLast) {
  std::vector<float> expected = from;
  walk(c, places, [&](std::size_t at, std::size_t i) { expected[at] = given[i]; });
  EXPECT_EQ(scatter(x, c.dim, index, src).to_vector<float>(), expected);
}

TEST_P(IndexingParts, ScatterReduceKeepsTheLargest) {
  std::vector<float> expected = from;
  walk(c, places, [&](std::size_t at, std::size_t i) { expected[at] = std::max(expected[at], given[i]); });
  EXPECT_EQ(scatter_reduce(x, c.dim, index, src, "amax").to_vector<float>(), expected);
}

TEST_P(IndexingParts, AnIndexOutsideIsRefused) {
  places.back() = c.whole[static_cast<int>(c.dim)];
  const Tensor wrong = from_data(places, c.index);
  EXPECT_THROW(gather(x, c.dim, wrong).sum().item(), Error);
  EXPECT_THROW(scatter_add(x, c.dim, wrong, src).sum().item(), Error);
}

INSTANTIATE_TEST_SUITE_P(All, IndexingParts, ::testing::ValuesIn(kCases));

}  // namespace
}  // namespace weft
