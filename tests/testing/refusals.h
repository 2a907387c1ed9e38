// Calls that must be refused: tables of them for tests/hostile_public_calls_test.cc.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "weft/weft.h"

namespace weft {

struct Row {
  std::string function;  // as public_functions() calls it
  std::function<void()> call;
  ErrorKind kind;
  std::string text;  // a part of what()
  const char* file;
  int line;  // 0: nobody can know it, for want of a parameter that would carry it
};
using Table = std::vector<Row>;

// A row in one line of the source: that of the call.
#define REFUSES(function, kind, text, ...) \
  table.push_back({function, [=] { __VA_ARGS__; }, ErrorKind::kind, text, __FILE__, __LINE__})
#define REFUSES_SOMEWHERE(function, kind, text, ...) \
  table.push_back({function, [=] { __VA_ARGS__; }, ErrorKind::kind, text, __FILE__, 0})

// refused_arrangements.cc
void add_arrangement_rows(Table& table);
void add_indexing_rows(Table& table);
void add_several_indices_rows(Table& table);
void add_order_rows(Table& table);
// refused_images.cc
void add_image_function_rows(Table& table);
void add_image_module_rows(Table& table);
// refused_files.cc
void add_file_rows(Table& table);
// refused_vocabulary.cc
void add_in_place_rows(Table& table);
void add_distribution_rows(Table& table);
void add_class_loss_rows(Table& table);
void add_sum_rows(Table& table);
// refused_further.cc
void add_further_elementwise_rows(Table& table);
void add_further_statistics_rows(Table& table);
void add_further_arrangement_rows(Table& table);
// refused_layers.cc
void add_function_in_place_rows(Table& table);
void add_binary_in_place_rows(Table& table);
void add_distance_rows(Table& table);
void add_layer_rows(Table& table);
// refused_state.cc
void add_state_rows(Table& table);
// refused_sequences.cc
void add_embedding_rows(Table& table);
void add_attention_rows(Table& table);
void add_transformer_rows(Table& table);
void add_recurrent_rows(Table& table);
// refused_gradient_code.cc
void add_hook_rows(Table& table);
void add_custom_function_rows(Table& table);
void add_custom_op_rows(Table& table);
void add_vmap_rows(Table& table);
void add_functional_rows(Table& table);

}  // namespace weft
