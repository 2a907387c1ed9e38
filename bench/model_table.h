// A table of a model's layers: what each is, the shapes of its parameters and results, and how many parameters it has.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include "weft/weft.h"

namespace weft::bench {

// "1.5 MB"; exact below 1 kB.
inline std::string bytes_text(std::size_t bytes) {
  char text[32];
  if (bytes < 1000)
    std::snprintf(text, sizeof text, "%zu B", bytes);
  else if (bytes < 1000 * 1000)
    std::snprintf(text, sizeof text, "%.1f kB", static_cast<double>(bytes) / 1e3);
  else
    std::snprintf(text, sizeof text, "%.1f MB", static_cast<double>(bytes) / 1e6);
  return text;
}

inline void print_model_table(std::FILE* out, nn::Sequential& model, const Tensor& example) {
  using Row = std::array<std::string, 4>;
  std::vector<Row> rows{{"layer", "parameters", "output", "count"}};
  NoGradGuard no_grad;
  Tensor x = example;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < model.size(); ++i) {
    x = model[i](x);
    std::string shapes;
    std::int64_t count = 0;
    for (const auto& [name, parameter] : model[i].named_parameters()) {
      shapes += (shapes.empty() ? "" : ", ") + name + parameter.shape().str();
      count += parameter.numel();
    }
    rows.push_back({std::to_string(i) + " " + model[i].str(), shapes, x.shape().str(), std::to_string(count)});
    total += count;
  }
  rows.push_back({"total", "", "", std::to_string(total)});

  std::array<int, 4> width{};
  for (const Row& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) width[c] = std::max(width[c], static_cast<int>(row[c].size()));
  for (const Row& row : rows)
    std::fprintf(out, "%-*s  %-*s  %-*s  %*s\n", width[0], row[0].c_str(), width[1], row[1].c_str(), width[2],
                 row[2].c_str(), width[3], row[3].c_str());
}

inline void print_memory_table(std::FILE* out, const MemoryReport& memory) {
  const std::array<std::pair<const char*, std::size_t>, 5> rows{{
      {"planned peak of a step", memory.planned_peak_bytes},
      {"  without reuse", memory.without_reuse_bytes},
      {"  without reuse and fusion", memory.unfused_bytes},
      {"parameters and optimizer state", memory.variable_bytes},
      {"constants", memory.constant_bytes},
  }};
  for (const auto& [name, bytes] : rows) std::fprintf(out, "%-32s %10s\n", name, bytes_text(bytes).c_str());
}

}  // namespace weft::bench
