// The rules of the tree that a compiler does not check: who may include what, and how long functions are.
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
      {"weft/", "weft"},           {"graph/", "graph"},      {"ops/", "ops"},
      {"runtime/", "runtime"},     {"tests/", "tests"},      {"bench/", "bench"},
      {"boost/", "boost"},         {"oneapi/dnnl/", "dnnl"}, {"dnnl", "dnnl"},
      {"omp.h", "openmp"},         {"hwy/", "highway"},      {"Random123/", "random123"},
      {"oneapi/tbb", "tbb"},       {"tbb/", "tbb"},          {"zlib.h", "zlib"},
      {"nlohmann/", "json"},       {"gtest/", "gtest"},      {"gmock/", "gtest"},
      {"benchmark/", "benchmark"}, {"CLI/", "cli11"},        {"sys/", "posix"},
      {"unistd.h", "posix"},       {"fcntl.h", "posix"},     {"pthread.h", "posix"},
      {"malloc.h", "posix"}};
  for (const auto& [prefix, name] : kPrefixes)
    if (include.starts_with(prefix)) return name;
  return include.find_first_of("./") == std::string::npos ? "std" : "unknown";
}

// What the files of each folder may include. A layer's row has no layer above it: that is the direction.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"include", {"std", "weft"}},
    {"graph", {"std", "posix", "weft", "graph", "boost"}},
    {"ops", {"std", "posix", "weft", "graph", "ops", "dnnl", "openmp", "highway", "random123"}},
    {"runtime", {"std", "posix", "weft", "graph", "runtime", "tbb", "zlib", "json"}},
};

std::vector<std::string> includes_of(const SourceFile& file) {
  static const std::regex kInclude(R"re(^\s*#\s*include\s*[<"]([^">]+)[">])re");
  std::vector<std::string> found;
  for (const std::string& line : file.lines)
    if (std::smatch match; std::regex_search(line, match, kInclude)) found.push_back(match[1]);
  return found;
}

TEST(StructureTest, EachLayerIncludesOnlyWhatIsBelowIt) {
  std::size_t checked = 0;
  for (const auto& [folder, allowed] : kMayInclude) {
    for (const SourceFile& file : sources({folder})) {
      for (const std::string& include : includes_of(file)) {
        ++checked;
        EXPECT_TRUE(allowed.count(origin(include)))
            << file.path << " includes " << include << " (" << origin(include) << ")";
      }
    }
  }
  EXPECT_GT(checked, 100u);
}

// The file's folder, and those that it may include of this layer.
void expect_rooms(const SourceFile& file, const std::string& layer, const std::set<std::string>& rooms) {
  for (const std::string& include : includes_of(file)) {
    if (!include.starts_with(layer + "/")) continue;
    EXPECT_TRUE(rooms.count(fs::path(include).parent_path().string())) << file.path << " includes " << include;
  }
}

// What a graph is does not know where graphs come from, what passes make of them, or how they are written down.
TEST(StructureTest, RoomsOfTheGraphIncludeOnlyWhatComesBeforeThem) {
  const std::map<std::string, std::set<std::string>> rooms = {
      {"graph", {"graph"}}, {"graph/text", {"graph", "graph/text"}}, {"graph/passes", {"graph", "graph/passes"}}};
  std::set<std::string> met;
  for (const SourceFile& file : sources({"graph"})) {
    const auto room = rooms.find(fs::path(file.path).parent_path().string());
    if (room == rooms.end()) continue;
    met.insert(room->first);
    expect_rooms(file, "graph", room->second);
  }
  EXPECT_EQ(met.size(), rooms.size());
}

TEST(StructureTest, KernelsKnowNoOperation) {
  static const std::regex kOp(R"(\bOpDef\b|\bOpCall\b|\bWEFT_REGISTER_OP\b)");
  std::size_t checked = 0;
  for (const SourceFile& file : sources({"ops/kernels"})) {
    ++checked;
    for (const std::string& include : includes_of(file)) {
      EXPECT_TRUE(!include.starts_with("ops/") || include.starts_with("ops/kernels/"))
          << file.path << " includes " << include;
      EXPECT_TRUE(!include.starts_with("graph/capture/") && !include.starts_with("graph/passes/") &&
                  include != "graph/op.h" && include != "graph/graph.h" && include != "graph/builder.h")
          << file.path << " includes " << include;
    }
    for (const std::string& line : file.lines) EXPECT_FALSE(std::regex_search(line, kOp)) << file.path << ": " << line;
  }
  EXPECT_GT(checked, 10u);
}

TEST(StructureTest, LibrariesAreNamedOnlyInTheirLayer) {
  const std::vector<std::pair<std::regex, std::string>> names = {
      {std::regex(R"(\bboost::|\bBOOST_)"), "graph"},
      {std::regex(R"(\bdnnl::|\bdnnl_|\bDNNL_|\bomp_|\bhwy::|\bHWY_)"), "ops"},
      {std::regex(R"(\btbb::|\bTBB_|\bnlohmann::)"), "runtime"},
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

constexpr std::size_t kFunctionLimit = 60;

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
