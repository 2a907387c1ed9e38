// A list of items for each of a number of rows, all in one array: consumers, edges, successors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace weft {

template <class T>
class Rows {
 public:
  Rows() = default;
  // visit(add) calls add(row, item) for each item. It is called twice, to count and to fill, and must do the same both
  // times. The items of a row keep the order of the calls.
  template <class F>
  Rows(std::size_t rows, F visit) : first_(rows + 1, 0) {
    visit([&](std::size_t row, const T&) { ++first_[row + 1]; });
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    items_.resize(first_.back());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    visit([&](std::size_t row, const T& item) { items_[next[row]++] = item; });
  }

  std::span<const T> operator[](std::size_t row) const {
    return {items_.data() + first_[row], items_.data() + first_[row + 1]};
  }
  std::span<T> operator[](std::size_t row) { return {items_.data() + first_[row], items_.data() + first_[row + 1]}; }
  std::size_t size() const { return first_.size() - 1; }
  std::size_t num_items() const { return items_.size(); }

  // Adds a row at the end.
  void add_row(std::span<const T> items) {
    items_.insert(items_.end(), items.begin(), items.end());
    first_.push_back(static_cast<std::uint32_t>(items_.size()));
  }

 private:
  std::vector<std::uint32_t> first_ = {0};  // of each row, and the end
  std::vector<T> items_;
};

}  // namespace weft
