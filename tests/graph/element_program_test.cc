#include "graph/element_program.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "tests/testing/malformed.h"
#include "tests/testing/matchers.h"

namespace weft {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

// Programs with statements of every form.
constexpr std::string_view kPrograms[] = {
    "inputs 2; mul 0 1; tanh 2; out elements 3",
    "inputs 3; constant 0.5; clamp 0 -1 2.5; where 4 3 1; relu_grad 5 2; out column_sums 6; out elements 0",
    "inputs 12; constant -1e-07; sub 10 12; out elements 13; out block_sums 11; out block_sums 13"};

// Whether everything that it reads is there: those who run a program rely on it.
bool reads_what_is_written(const ElementProgram& program) {
  std::size_t known = program.num_inputs;
  for (const Instruction& i : program.code) {
    for (std::size_t k = 0; k < facts(i.fn).operands; ++k)
      if (i.operands[k] >= known) return false;
    ++known;
  }
  return std::all_of(program.outputs.begin(), program.outputs.end(), [&](auto& o) { return o.from < known; });
}

// Whether it is a program. Expects of one that it can be run, and that its text is its own; of what is none an Error.
bool parses(std::string_view text) {
  ElementProgram program;
  try {
    program = ElementProgram::parse(text);
  } catch (const Error&) {
    return false;
  }
  EXPECT_TRUE(reads_what_is_written(program)) << text;
  const std::string printed = program.str();
  EXPECT_EQ(ElementProgram::parse(printed).str(), printed) << text;
  return true;
}

TEST(ElementProgram, IsTheSameAfterPrintingAndParsing) {
  for (const char* text : {"inputs 2; mul 0 1; tanh 2; out elements 3", "inputs 0; constant 0.1; out elements 0",
                           "inputs 3; clamp 0 -1 2.5; where 3 1 2; out column_sums 4; out block_sums 0"})
    EXPECT_EQ(ElementProgram::parse(text).str(), text);
}

TEST(ElementProgram, KeepsNumbersThatAreNotFinite) {
  for (const char* text : {"inputs 1; clamp 0 -inf inf", "inputs 0; constant nan", "inputs 0; constant -nan",
                           "inputs 0; constant -0", "inputs 0; constant 1e-45", "inputs 0; constant 3.4028235e+38"})
    EXPECT_EQ(ElementProgram::parse(text).str(), text);
}

TEST(ElementProgram, MayGiveARegisterMoreThanOnce) {
  for (const char* text : {"inputs 1; neg 0; out elements 1; out elements 1; out column_sums 1; out column_sums 1",
                           "inputs 1; out elements 0; out elements 0; out block_sums 0"})
    EXPECT_EQ(ElementProgram::parse(text).str(), text);
}

TEST(ElementProgram, NumbersCompareByTheirBits) {
  const auto constant = [](double value) {
    ElementProgram program;
    program.constant(value);
    return program;
  };
  EXPECT_NE(constant(0.0), constant(-0.0));
  EXPECT_EQ(constant(NAN), constant(NAN));
}

TEST(ElementProgram, RefusesWhatIsNoProgram) {
  for (const char* text : {"inputs", "inputs x", "inputs 1; mul 0", "inputs 1; mul 0 1", "inputs 1; jump 0",
                           "inputs 1; out rows 0", "inputs 1; out elements 1", "inputs 1; neg 0 0", "neg 0",
                           "constant 1; inputs 1", "inputs 70000", "inputs 1; clamp 0 1"})
    EXPECT_THROW(ElementProgram::parse(text), Error) << text;
}

TEST(ElementProgram, RefusesRegistersThatAreNoSmallNumbers) {
  for (const std::string r :
       {"-1", "-0", "+0", "0.0", "0e0", "0x0", "nan", "inf", "65536", "18446744073709551616", "x"})
    for (const std::string& text :
         {"inputs 3; neg " + r, "inputs 3; mul " + r + " 0", "inputs 3; mul 0 " + r, "inputs 3; where 0 1 " + r,
          "inputs 3; clamp " + r + " 0 1", "inputs 3; out elements " + r, "inputs " + r})
      EXPECT_FALSE(parses(text)) << text;
}

TEST(ElementProgram, RefusesRegistersThatALaterInstructionWrites) {
  EXPECT_THAT([] { ElementProgram::parse("inputs 2; neg 2"); }, ThrowsMessage<Error>(HasSubstr("register 2")));
  EXPECT_THAT([] { ElementProgram::parse("inputs 2; add 3 0; neg 0"); }, ThrowsMessage<Error>(HasSubstr("register 3")));
  EXPECT_THAT([] { ElementProgram::parse("inputs 2; out elements 2; neg 0"); },
              ThrowsMessage<Error>(HasSubstr("register 2")));
}

TEST(ElementProgram, RefusesNumbersThatAreNone) {
  for (const std::string x : {"x", "1e999", "-1e999", "0.5.5", "0x", "--1", "+1", "1,", "one", "\xc2\xb2"})
    for (const std::string& text :
         {"inputs 1; constant " + x, "inputs 1; clamp 0 " + x + " 1", "inputs 1; clamp 0 0 " + x})
      EXPECT_FALSE(parses(text)) << text;
}

TEST(ElementProgram, HasAtMostAsManyRegistersAsCanBeNamed) {
  const auto of_length = [](std::size_t length) {
    std::string text = "inputs 1";
    for (std::size_t i = 0; i < length; ++i) text += "; neg 0";
    return text;
  };
  EXPECT_TRUE(parses(of_length(50000)));
  EXPECT_FALSE(parses(of_length(70000)));
  EXPECT_FALSE(parses("inputs 65535; neg 65534"));
}

// Cut after its n-th byte, a program is whole only where a statement is.
TEST(ElementProgram, CutAnywhereIsAProgramOrAnError) {
  for (const std::string_view text : kPrograms)
    for (std::size_t n = 0; n <= text.size(); ++n) {
      const std::string_view cut = text.substr(0, n);
      const std::string_view last = cut.substr(std::min(cut.rfind(';') + 1, n));  // npos + 1 is 0
      const bool parsed = parses(cut), at_end = n == text.size() || text[n] == ';';
      EXPECT_TRUE(parsed || !at_end) << cut;
      EXPECT_TRUE(!parsed || last.empty() || last.find_first_of("0123456789") != last.npos) << cut;
    }
}

TEST(ElementProgram, WithAnyWordReplacedIsAProgramOrAnError) {
  std::size_t parsed = 0, all = 0;
  for (const std::string_view program : kPrograms)
    for_each_word_replaced(program, [&](const std::string& text) {
      parsed += parses(text);
      ++all;
    });
  EXPECT_GT(parsed, all / 20);
  EXPECT_LT(parsed, all / 2);
}

TEST(ElementProgram, MutatedAtRandomIsAProgramOrAnError) {
  std::mt19937_64 random(1);
  std::size_t parsed = 0;
  constexpr std::size_t kMutations = 6000;
  for (std::size_t i = 0; i < kMutations; ++i)
    parsed += parses(mutated(std::string(kPrograms[i % std::size(kPrograms)]), random));
  EXPECT_GT(parsed, kMutations / 20);
  EXPECT_LT(parsed, kMutations / 2);
}

TEST(ElementProgram, SeesOperandsAsMatricesRowsColumnsAndNumbers) {
  const Shape shape{2, 3, 4};
  EXPECT_EQ(broadcast_kind({2, 3, 4}, shape), BroadcastKind::elements);
  EXPECT_EQ(broadcast_kind({4}, shape), BroadcastKind::row);
  EXPECT_EQ(broadcast_kind({1, 1, 4}, shape), BroadcastKind::row);
  EXPECT_EQ(broadcast_kind({2, 3, 1}, shape), BroadcastKind::column);
  EXPECT_EQ(broadcast_kind({1}, shape), BroadcastKind::scalar);
  EXPECT_EQ(broadcast_kind({3, 4}, shape), BroadcastKind::none);
  EXPECT_EQ(broadcast_kind({2, 1, 1}, shape), BroadcastKind::none);
}

TEST(ElementProgram, SeesNothingInOperandsWithoutElements) {
  for (const Shape& operand : {Shape{0}, Shape{0, 4}, Shape{4, 0}, Shape{0, 1}, Shape{2, 3, 0}})
    EXPECT_EQ(broadcast_kind(operand, {2, 3, 4}), BroadcastKind::none) << operand.str();
}

}  // namespace
}  // namespace weft
