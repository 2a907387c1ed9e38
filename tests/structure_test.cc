// The rules of the tree that a compiler does not check: who may include what, and how long things are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace weft {
namespace {

namespace fs = std::filesystem;

struct SourceFile {
  std::string path;  // from the root of the repository
  std::vector<std::string> lines;
};

std::string extension(const std::string& path) { return fs::path(path).extension().string(); }

// The C++ files of these folders. Bazel runs tests in a copy of the tree that holds a test's data.
std::vector<SourceFile> sources(const std::vector<std::string>& folders) {
  std::vector<SourceFile> found;
  for (const std::string& folder : folders) {
    for (const auto& entry :
         fs::recursive_directory_iterator(folder, fs::directory_options::follow_directory_symlink)) {
      const std::string path = entry.path().string();
      if (extension(path) != ".h" && extension(path) != ".cc") continue;
      SourceFile file{path, {}};
      std::ifstream in(path);
      for (std::string line; std::getline(in, line);) file.lines.push_back(line);
      found.push_back(std::move(file));
    }
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  return found;
}

const std::vector<std::string> kLibrary = {"include", "graph", "ops", "runtime"};
const std::vector<std::string> kTree = {"include", "graph", "ops", "runtime", "tests", "bench"};

// ---- Includes

// Where an included file comes from: "std", "posix", a layer, a library, or "unknown".
std::string origin(const std::string& include) {
  static const std::vector<std::pair<std::string, std::string>> kPrefixes = {
      {"weft/", "weft"},       {"graph/", "graph"},      {"ops/", "ops"},
      {"runtime/", "runtime"}, {"tests/", "tests"},      {"bench/", "bench"},
      {"boost/", "boost"},     {"oneapi/dnnl/", "dnnl"}, {"dnnl", "dnnl"},
      {"omp.h", "openmp"},     {"hwy/", "highway"},      {"Random123/", "random123"},
      {"oneapi/tbb", "tbb"},   {"tbb/", "tbb"},          {"zlib.h", "zlib"},
      {"gtest/", "gtest"},     {"gmock/", "gtest"},      {"benchmark/", "benchmark"},
      {"CLI/", "cli11"},       {"sys/", "posix"},        {"unistd.h", "posix"},
      {"fcntl.h", "posix"},    {"pthread.h", "posix"},   {"malloc.h", "posix"}};
  for (const auto& [prefix, name] : kPrefixes)
    if (include.starts_with(prefix)) return name;
  return include.find_first_of("./") == std::string::npos ? "std" : "unknown";
}

// What the files of each folder may include. A layer's row has no layer above it: that is the direction.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"include", {"std", "weft"}},
    {"graph", {"std", "posix", "weft", "graph", "boost"}},
    {"ops", {"std", "posix", "weft", "graph", "ops", "dnnl", "openmp", "highway", "random123"}},
    {"runtime", {"std", "posix", "weft", "graph", "runtime", "tbb", "zlib"}},
};

TEST(StructureTest, EachLayerIncludesOnlyWhatIsBelowIt) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*[<"]([^">]+)[">])re");
  std::size_t checked = 0;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const SourceFile& file : sources({folder})) {
      for (const std::string& line : file.lines) {
        std::smatch match;
        if (!std::regex_search(line, match, kInclude)) continue;
        ++checked;
        EXPECT_TRUE(allowed.count(origin(match[1])))
            << file.path << " includes " << match[1] << " (" << origin(match[1]) << ")";
      }
    }
  }
  EXPECT_GT(checked, 100u);
}

TEST(StructureTest, LibrariesAreNamedOnlyInTheirLayer) {
  const std::vector<std::pair<std::regex, std::string>> names = {
      {std::regex(R"(\bboost::|\bBOOST_)"), "graph"},
      {std::regex(R"(\bdnnl::|\bdnnl_|\bDNNL_|\bomp_|\bhwy::|\bHWY_)"), "ops"},
      {std::regex(R"(\btbb::|\bTBB_)"), "runtime"},
  };
  static const std::regex kComment("//.*$");
  for (const SourceFile& file : sources(kLibrary)) {
    for (const std::string& line : file.lines) {
      const std::string code = std::regex_replace(line, kComment, "");
      for (const auto& [name, home] : names)
        EXPECT_TRUE(file.path.starts_with(home + "/") || !std::regex_search(code, name)) << file.path << ": " << line;
    }
  }
}

// Highway includes headers of this name once for each instruction set: they have its own guard.
bool is_included_repeatedly(const std::string& path) { return path.ends_with("-inl.h"); }

TEST(StructureTest, HeadersAreGuarded) {
  for (const SourceFile& file : sources(kTree)) {
    if (extension(file.path) != ".h") continue;
    const auto guards = std::count(file.lines.begin(), file.lines.end(), "#pragma once");
    EXPECT_EQ(guards, is_included_repeatedly(file.path) ? 0 : 1) << file.path;
  }
}

// ---- Lengths

constexpr std::size_t kFileLimit = 300;
constexpr std::size_t kOpFileLimit = 150;
constexpr std::size_t kFunctionLimit = 60;

// Files that may be longer than their kind, and why.
const std::map<std::string, std::string> kLongFiles = {
    {"ops/random/random.cc", "rand, randn and randint are three readings of one generator"},
    {"ops/shape/slice.cc", "slice and slice_scatter are each other's gradient"},
};

// A file that defines an operation is read from top to bottom; what operations share has more room.
std::size_t line_limit(const SourceFile& file) {
  const bool defines_op =
      file.path.starts_with("ops/") && std::any_of(file.lines.begin(), file.lines.end(),
                                                   [](auto& line) { return line.starts_with("WEFT_REGISTER_OP"); });
  return defines_op ? kOpFileLimit : kFileLimit;
}

TEST(StructureTest, FilesAreShort) {
  for (const SourceFile& file : sources(kTree)) {
    if (kLongFiles.count(file.path)) continue;
    EXPECT_LE(file.lines.size(), line_limit(file)) << file.path << ": does it hold one idea?";
  }
}

TEST(StructureTest, LongFilesAreStillThereAndStillLong) {
  for (const SourceFile& file : sources(kTree)) {
    if (!kLongFiles.count(file.path)) continue;
    EXPECT_GT(file.lines.size(), line_limit(file)) << file.path << " needs no exception any more";
  }
  for (const auto& [path, reason] : kLongFiles) EXPECT_TRUE(fs::exists(path)) << path << " is gone: " << reason;
}

// Relies on the format that .ci/run checks: a definition at namespace scope starts in the first column and its body
// ends with the line "}", while a class ends with "};" and a namespace with "}  // namespace".
TEST(StructureTest, FunctionsAreShort) {
  for (const SourceFile& file : sources(kTree)) {
    std::size_t start = 0;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string& line = file.lines[i];
      if (!line.empty() && std::string(" }/#").find(line[0]) == std::string::npos) start = i;
      if (line != "}") continue;
      EXPECT_LE(i - start + 1, kFunctionLimit) << file.path << ":" << start + 1;
    }
  }
}

TEST(StructureTest, EachFolderExplainsItself) {
  for (const std::string folder : {"include", "graph", "ops", "runtime", "tests", "bench", "bazel"})
    EXPECT_TRUE(fs::exists(fs::path(folder) / "README.md")) << folder;
}

}  // namespace
}  // namespace weft
