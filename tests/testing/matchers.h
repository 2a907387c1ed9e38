// Matchers whose failures name the element that differs, and helpers for graphs as text.
#pragma once

#include <gmock/gmock.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/testing/interpreter.h"

namespace weft {

// Of equal type, with each element within tolerance * max(1, |expected|); equal infinities and any two NaNs are equal.
::testing::Matcher<const HostTensor&> is_near(const HostTensor& expected, double tolerance);
// Equal type and equal bytes.
::testing::Matcher<const HostTensor&> has_bits_of(const HostTensor& expected);
// The elements as numbers, within tolerance * max(1, |expected|).
::testing::Matcher<const HostTensor&> has_values(const std::vector<double>& expected, double tolerance = 0);

// Applies a pass to the graph that `before` describes: what it gives must print as `after` and obey the rules.
void expect_rewrite(Graph (*pass)(const Graph&), std::string_view before, std::string_view after);

// The text without the indentation of its first line and without empty lines at both ends; ends with a newline.
std::string dedent(std::string_view text);

}  // namespace weft
