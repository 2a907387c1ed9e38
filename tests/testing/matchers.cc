#include "tests/testing/matchers.h"

#include <algorithm>
#include <cmath>

#include "graph/text/text.h"
#include "graph/verify.h"

namespace weft {
namespace {

using ::testing::MatchResultListener;

bool close(double got, double expected, double tolerance) {
  if (got == expected || (std::isnan(got) && std::isnan(expected))) return true;
  return std::abs(got - expected) <= tolerance * std::max(1.0, std::abs(expected));
}

bool all_close(const HostTensor& got, const std::vector<double>& expected, double tolerance,
               MatchResultListener* listener) {
  if (static_cast<std::size_t>(got.numel()) != expected.size()) {
    *listener << "which has " << got.numel() << " elements";
    return false;
  }
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double x = got.at(static_cast<std::int64_t>(i));
    if (close(x, expected[i], tolerance)) continue;
    *listener << "whose element " << i << " is " << x << " instead of " << expected[i] << ", off by "
              << x - expected[i];
    return false;
  }
  return true;
}

MATCHER_P2(IsNear, expected, tolerance, "is near " + ::testing::PrintToString(expected)) {
  if (arg.type() == expected.type()) return all_close(arg, expected.doubles(), tolerance, result_listener);
  *result_listener << "which is " << arg.type().str();
  return false;
}

MATCHER_P(HasBitsOf, expected, "has the bits of " + ::testing::PrintToString(expected)) {
  return arg.same_bits(expected);
}

MATCHER_P2(HasValues, expected, tolerance, "has the elements " + ::testing::PrintToString(expected)) {
  return all_close(arg, expected, tolerance, result_listener);
}

}  // namespace

::testing::Matcher<const HostTensor&> is_near(const HostTensor& expected, double tolerance) {
  return IsNear(expected, tolerance);
}

::testing::Matcher<const HostTensor&> has_bits_of(const HostTensor& expected) { return HasBitsOf(expected); }

::testing::Matcher<const HostTensor&> has_values(const std::vector<double>& expected, double tolerance) {
  return HasValues(expected, tolerance);
}

void expect_rewrite(Graph (*pass)(const Graph&), std::string_view before, std::string_view after) {
  const Graph result = pass(parse_graph(before));
  EXPECT_EQ(print_graph(result), dedent(after));
  EXPECT_NO_THROW(verify(result));
}

std::string dedent(std::string_view text) {
  while (!text.empty() && text.front() == '\n') text.remove_prefix(1);
  const std::size_t margin = std::min(text.find_first_not_of(' '), text.size());
  std::string result;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    if (indent == line.size()) continue;
    result.append(line.substr(std::min(margin, indent))).append("\n");
  }
  return result;
}

}  // namespace weft
