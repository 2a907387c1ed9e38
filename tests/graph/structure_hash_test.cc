#include "graph/structure_hash.h"

#include <gtest/gtest.h>

#include "graph/text/text.h"

namespace weft {
namespace {

constexpr const char* kText =
    "x = input f32[2]\ny = input f32[2]\nz = sub(x, y)\nw = full(dtype=f32, shape=[2], value=0.0)\nreturn z, w";

void expect_same(const char* a, const char* b) {
  const Graph x = parse_graph(a), y = parse_graph(b);
  EXPECT_TRUE(same_structure(x, y));
  EXPECT_EQ(structure_hash(x), structure_hash(y));
}

void expect_different(const char* b) {
  const Graph x = parse_graph(kText), y = parse_graph(b);
  EXPECT_FALSE(same_structure(x, y)) << b;
  EXPECT_NE(structure_hash(x), structure_hash(y)) << b;
}

TEST(StructureHash, NamesAndPlacesDoNotCount) {
  expect_same(
      kText,
      "a = input f32[2]\nb = input f32[2]\nc = sub(a, b)\nd = full(dtype=f32, shape=[2], value=0.0)\nreturn c, d");
}

TEST(StructureHash, OpsOperandsAttributesTypesAndOutputsCount) {
  expect_different(
      "x = input f32[2]\ny = input f32[2]\nz = add(x, y)\nw = full(dtype=f32, shape=[2], value=0.0)\nreturn z, w");
  expect_different(
      "x = input f32[2]\ny = input f32[2]\nz = sub(y, x)\nw = full(dtype=f32, shape=[2], value=0.0)\nreturn z, w");
  expect_different(
      "x = input f32[2]\ny = input f32[2]\nz = sub(x, y)\nw = full(dtype=f32, shape=[2], value=-0.0)\nreturn z, w");
  expect_different(
      "x = input f64[2]\ny = input f64[2]\nz = sub(x, y)\nw = full(dtype=f32, shape=[2], value=0.0)\nreturn z, w");
  expect_different(
      "x = input f32[2]\ny = input f32[2]\nz = sub(x, y)\nw = full(dtype=f32, shape=[2], value=0.0)\nreturn w, z");
  expect_different(
      "x = input f32[2]\ny = input f32[2]\nz = sub(x, y)\nw = full(dtype=f32, shape=[2], value=0.0)\nreturn z");
}

TEST(StructureHash, ProgramsCountByWhatTheyCompute) {
  const auto call = [](const std::string& function) {
    return parse_graph("x = input f32[2]\ny = fused(x, program=\"inputs 1; " + function +
                       " 0; out elements 1\", shape=[2])\nreturn y");
  };
  EXPECT_TRUE(same_structure(call("exp"), call("exp")));
  EXPECT_EQ(structure_hash(call("exp")), structure_hash(call("exp")));
  EXPECT_FALSE(same_structure(call("exp"), call("log")));
  EXPECT_NE(structure_hash(call("exp")), structure_hash(call("log")));
}

}  // namespace
}  // namespace weft
