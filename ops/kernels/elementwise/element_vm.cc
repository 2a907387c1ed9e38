#include "ops/kernels/elementwise/element_vm.h"

#include <algorithm>
#include <cstring>

#include "ops/kernels/reduce/sum_simd.h"

namespace weft {
namespace {

constexpr std::uint32_t kNone = static_cast<std::uint32_t>(-1);
constexpr std::size_t kTile = static_cast<std::size_t>(kSumBlock);  // elements
constexpr std::size_t kLanes = 16;                                  // rows of a tile begin at whole vectors

// For the column sums of a tile: those of a block of rows, and the levels to which blocks are added.
constexpr std::size_t kColumnRoom = (1 + kSumLevels) * kTile;

constexpr std::size_t whole(std::size_t n, std::size_t unit) { return (n + unit - 1) / unit * unit; }

}  // namespace

ElementVm::ElementVm(const ElementProgram& program)
    : num_inputs_(program.num_inputs), num_registers_(program.num_inputs + program.code.size()) {
  std::vector<bool> needed(num_registers_, false);
  for (const ElementOutput& output : program.outputs) needed[output.from] = true;
  for (std::size_t i = program.code.size(); i-- > 0;)
    for (std::size_t k = 0; k < facts(program.code[i].fn).operands && needed[num_inputs_ + i]; ++k)
      needed[program.code[i].operands[k]] = true;
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& instruction = program.code[i];
    const auto out = static_cast<Register>(num_inputs_ + i);
    if (!needed[out]) continue;
    if (instruction.fn == ElementFn::constant) {
      constants_.push_back(instruction.x);
      constant_registers_.push_back(out);
      continue;
    }
    Step step{
        instruction.fn, facts(instruction.fn).operands, instruction.operands, out, instruction.x, instruction.y, {}};
    for (unsigned same = 0; same < 8; ++same) step.run[same] = element_rows(step.fn, same);
    steps_.push_back(step);
  }
  for (const ElementOutput& output : program.outputs) outputs_.push_back({output.kind, output.from, {}});
  join_pairs();
  allocate(program);
  list_outputs(program);
}

// An instruction whose result is read once becomes part of the one that reads it, where there is such a pair.
void ElementVm::join_pairs() {
  std::vector<std::uint32_t> reads(num_registers_, 0), writer(num_registers_, kNone);
  for (const Output& output : outputs_) reads[output.from] += 2;
  for (const Step& step : steps_)
    for (std::size_t k = 0; k < step.operands; ++k) ++reads[step.in[k]];
  std::vector<bool> joined(steps_.size(), false), is_pair(steps_.size(), false);
  for (std::uint32_t s = 0; s < steps_.size(); ++s) {
    Step& second = steps_[s];
    writer[second.out] = s;
    for (std::size_t k = 0; second.operands == 2 && k < 2; ++k) {
      const std::uint32_t f = writer[second.in[k]];
      if (f == kNone || is_pair[f] || reads[second.in[k]] != 1) continue;
      const Step& first = steps_[f];
      const bool square = first.fn == ElementFn::square;
      const ElementFn fn = square ? ElementFn::mul : first.fn;
      if (!element_row_pairs(fn, second.fn, k == 1, 0)) continue;
      const std::array<Register, 3> in{first.in[0], square ? first.in[0] : first.in[1], second.in[1 - k]};
      for (unsigned same = 0; same < 8; ++same) second.run[same] = element_row_pairs(fn, second.fn, k == 1, same);
      second.in = in;
      second.operands = 3;
      joined[f] = is_pair[s] = true;
      break;
    }
  }
  std::size_t kept = 0;
  for (std::uint32_t s = 0; s < steps_.size(); ++s)
    if (!joined[s]) steps_[kept++] = steps_[s];
  steps_.resize(kept);
}

// Tiles for what instructions write. A register's tile is free again after its last use; outputs keep theirs.
void ElementVm::allocate(const ElementProgram& program) {
  slot_.assign(num_registers_, kNone);
  written_.assign(num_registers_, 0);
  last_use_.assign(num_registers_, 0);
  for (std::uint32_t s = 0; s < steps_.size(); ++s) {
    written_[steps_[s].out] = s;
    for (std::size_t k = 0; k < steps_[s].operands; ++k) last_use_[steps_[s].in[k]] = s;
  }
  std::vector<bool> kept(num_registers_, false);
  for (const ElementOutput& output : program.outputs) kept[output.from] = true;
  std::vector<std::uint32_t> free;
  for (std::uint32_t s = 0; s < steps_.size(); ++s) {
    // Before the operands are freed: an instruction that reads and writes one tile would depend on its own loads.
    if (free.empty()) free.push_back(static_cast<std::uint32_t>(num_slots_++));
    slot_[steps_[s].out] = free.back();
    free.pop_back();
    for (std::size_t k = 0; k < steps_[s].operands; ++k) {
      const Register r = steps_[s].in[k];
      const bool again = std::find(steps_[s].in.begin(), steps_[s].in.begin() + static_cast<std::ptrdiff_t>(k), r) !=
                         steps_[s].in.begin() + static_cast<std::ptrdiff_t>(k);
      if (slot_[r] != kNone && !kept[r] && last_use_[r] == s && !again) free.push_back(slot_[r]);
    }
  }
}

void ElementVm::list_outputs(const ElementProgram& program) {
  const auto is_output = [&](Register r) {
    return std::any_of(program.outputs.begin(), program.outputs.end(), [&](auto& o) { return o.from == r; });
  };
  for (Output& output : outputs_) {
    column_sums_ += output.kind == ElementOutputKind::column_sums;
    const bool is_listed =
        std::find(written_outputs_.begin(), written_outputs_.end(), output.from) != written_outputs_.end();
    if (slot_[output.from] != kNone && !is_listed) written_outputs_.push_back(output.from);
    for (Register i = 0; i < num_inputs_; ++i)
      if (last_use_[i] > written_[output.from] || is_output(i)) output.read_later.push_back(i);
  }
}

std::size_t ElementVm::scratch_bytes() const {
  // Narrow tiles have rows that are padded to whole vectors: at most kLanes times as long, in at most kTile rows.
  return whole(num_registers_ * sizeof(Place), 64) + whole(constants_.size() * sizeof(float), 64) +
         num_slots_ * kTile * sizeof(float) + column_sums_ * kColumnRoom * sizeof(float);
}

// For the first tile.
void ElementVm::place(const ElementOperand* operands, const ElementResult* results, Place* places, float* room,
                      std::size_t tile_stride) const {
  for (std::size_t i = 0; i < num_inputs_; ++i)
    places[i] = {const_cast<float*>(operands[i].data), static_cast<std::size_t>(operands[i].row_stride),
                 operands[i].same_in_row, false};
  for (std::size_t i = 0; i < constants_.size(); ++i)
    places[constant_registers_[i]] = {const_cast<float*>(&constants_[i]), 0, true, true};
  for (const Step& step : steps_) places[step.out] = {room + slot_[step.out] * kTile, tile_stride, false, true};
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    const Output& output = outputs_[k];
    if (output.kind != ElementOutputKind::elements || slot_[output.from] == kNone) continue;
    const auto has_its_memory = [&](Register i) { return operands[i].data == results[k].data; };
    if (std::none_of(output.read_later.begin(), output.read_later.end(), has_its_memory))
      places[output.from] = {results[k].data, static_cast<std::size_t>(results[k].row_stride), false, false};
  }
}

// To the next tile, which is so many rows and columns away.
void ElementVm::move(std::ptrdiff_t rows, std::ptrdiff_t cols, Place* places) const {
  const auto move_one = [&](Place& place) {
    place.data += rows * static_cast<std::ptrdiff_t>(place.row_stride) + (place.same_in_row ? 0 : cols);
  };
  for (std::size_t i = 0; i < num_inputs_; ++i) move_one(places[i]);
  for (const Register r : written_outputs_)
    if (!places[r].in_tile) move_one(places[r]);
}

void ElementVm::run_tile(const Tile& tile, const Place* places) const {
  ElementRows rows;
  for (const Step& step : steps_) {
    const Place& out = places[step.out];
    rows = {tile.rows, tile.cols, out.data, out.row_stride, {}, {}, step.x, step.y};
    unsigned same = 0;
    for (std::size_t k = 0; k < step.operands; ++k) {
      const Place& in = places[step.in[k]];
      rows.in[k] = in.data;
      rows.stride[k] = in.row_stride;
      same |= static_cast<unsigned>(in.same_in_row) << k;
    }
    step.run[same](rows);
  }
}

void ElementVm::finish_tile(const Tile& tile, const Place* places, const ElementResult* results, float* columns,
                            std::int64_t first_row) const {
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    const Place& from = places[outputs_[k].from];
    const float* data = from.data;
    switch (outputs_[k].kind) {
      case ElementOutputKind::elements: {
        float* to = results[k].data + tile.row * static_cast<std::size_t>(results[k].row_stride) + tile.col;
        if (to == data) break;
        for (std::size_t r = 0; r < tile.rows; ++r, to += results[k].row_stride, data += from.row_stride)
          from.same_in_row ? static_cast<void>(std::fill_n(to, tile.cols, *data))
                           : static_cast<void>(std::memcpy(to, data, tile.cols * sizeof(float)));
        break;
      }
      case ElementOutputKind::column_sums:
        add_rows_f32({.x = data,
                      .stride = from.row_stride,
                      .same_in_row = from.same_in_row,
                      .rows = tile.rows,
                      .cols = tile.cols,
                      .first_row = static_cast<std::size_t>(first_row) + tile.row,
                      .ends = tile.is_last,
                      .block = columns,
                      .levels = columns + kTile,
                      .total = results[k].data + tile.col});
        columns += kColumnRoom;
        break;
      default:
        results[k].data[tile.col / kTile] =
            from.same_in_row ? sum_same_f32(*data, tile.cols) : sum_block_f32(data, tile.cols);
    }
  }
}

void ElementVm::run(std::int64_t rows, std::int64_t cols, const ElementOperand* operands, const ElementResult* results,
                    void* scratch, std::int64_t first_row) const {
  auto height = static_cast<std::size_t>(rows), width = static_cast<std::size_t>(cols);
  char* room = static_cast<char*>(scratch);
  auto* places = reinterpret_cast<Place*>(room);
  room += whole(num_registers_ * sizeof(Place), 64);
  auto* columns = reinterpret_cast<float*>(room);
  room += column_sums_ * kColumnRoom * sizeof(float);

  const std::size_t tile_cols = std::min(width, kTile), tile_stride = whole(tile_cols, kLanes);
  const std::size_t tile_rows = std::min(height, kTile / tile_stride);
  place(operands, results, places, reinterpret_cast<float*>(room), tile_stride);
  Tile tile{};
  for (std::size_t c = 0; c < width; c += tile_cols)
    for (std::size_t r = 0; r < height; r += tile_rows) {
      if (r + c > 0)
        move(static_cast<std::ptrdiff_t>(r) - static_cast<std::ptrdiff_t>(tile.row),
             static_cast<std::ptrdiff_t>(c) - static_cast<std::ptrdiff_t>(tile.col), places);
      tile = {r, c, std::min(tile_rows, height - r), std::min(tile_cols, width - c), r + tile_rows >= height};
      run_tile(tile, places);
      finish_tile(tile, places, results, columns, first_row);
    }
}

}  // namespace weft
