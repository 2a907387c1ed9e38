// Function::trace_run(): one run as a file for Chrome's trace viewer.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include "weft/function.h"
#include "weft/ops.h"

namespace weft {
namespace {

using ::testing::HasSubstr;

// Reads one JSON value; false where it is malformed.
bool skip_value(const std::string& text, std::size_t& at, int depth = 0) {
  static const std::regex token(
      R"(\s*("(?:[^"\\\x00-\x1f]|\\["\\/bfnrt]|\\u[0-9a-f]{4})*"|-?[0-9]+(?:\.[0-9]+)?|[{}\[\],:]))");
  const auto next = [&] {
    std::smatch found;
    const auto begin = text.begin() + static_cast<std::ptrdiff_t>(at);
    if (!std::regex_search(begin, text.end(), found, token, std::regex_constants::match_continuous))
      return std::string();
    at += static_cast<std::size_t>(found.length());
    return found[1].str();
  };
  const std::string first = next();
  if (first.empty() || depth > 8) return false;
  if (first != "{" && first != "[") return first.size() > 1 || std::isdigit(static_cast<unsigned char>(first[0]));
  const std::string close = first == "{" ? "}" : "]";
  for (bool any = false;; any = true) {
    const std::size_t before = at;
    const std::string separator = next();
    if (separator == close) return true;
    if (any ? separator != "," : (at = before, false)) return false;
    if (first == "{" && (next().front() != '"' || next() != ":")) return false;
    if (!skip_value(text, at, depth + 1)) return false;
  }
}

std::string contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST(TraceRun, WritesEachStepWithItsWorkerTimesAndLine) {
  const Tensor w = ones({64, 64}).requires_grad_();
  const int line = __LINE__ + 1;
  auto step = compile([&](Tensor x) { return x.matmul(w).sum(); });
  step(ones({64, 64}));
  const std::string path = ::testing::TempDir() + "weft_trace.json";
  step.trace_run(path);
  const std::string text = contents(path);
  std::size_t end = 0;
  EXPECT_TRUE(skip_value(text, end)) << text;
  EXPECT_EQ(text.find_first_not_of(" \n", end), std::string::npos);
  EXPECT_THAT(text, HasSubstr("\"traceEvents\":["));
  EXPECT_THAT(text, HasSubstr("\"ph\":\"X\",\"pid\":1,\"tid\":"));
  EXPECT_THAT(text, HasSubstr("trace_run_test.cc:" + std::to_string(line)));
  EXPECT_THAT(text, HasSubstr("\"GFLOP/s\":"));
  EXPECT_THAT(text, HasSubstr("\"bytes\":"));
  std::size_t events = 0;
  for (std::size_t at = 0; (at = text.find("\"cat\":\"step\"", at)) != std::string::npos; ++at) ++events;
  EXPECT_EQ(events, step.stats().steps);
  std::filesystem::remove(path);
}

TEST(TraceRun, ChangesNothing) {
  const Tensor w = ones({4}).requires_grad_();
  auto step = compile([&](Tensor x) { (x * w).sum().backward(); });
  step(ones({4}));
  const auto before = w.grad().to_vector<float>();
  const auto runs = step.stats().runs;
  const std::string path = ::testing::TempDir() + "weft_trace_2.json";
  step.trace_run(path);
  EXPECT_EQ(w.grad().to_vector<float>(), before);
  EXPECT_EQ(step.stats().runs, runs);
  std::filesystem::remove(path);
}

TEST(TraceRun, IsOfWhatWasRunLast) {
  auto step = compile([](Tensor x) { return x * 2; });
  try {
    step.trace_run("anywhere");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[trace_run] no program yet"));
  }
  step(ones(2));
  try {
    step.trace_run("/no/such/folder/trace.json");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
  }
}

}  // namespace
}  // namespace weft
