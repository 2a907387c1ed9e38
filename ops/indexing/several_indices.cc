// Tensor::index and index_put_: numbers, slices and new dims are views; tensors are one index into the dims that they
// name, taken together.
#include <algorithm>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "weft/arrange.h"
#include "weft/indexing.h"
#include "weft/ops.h"

namespace weft {
namespace {

using Dims = std::vector<std::int64_t>;

[[noreturn]] void refuse(const char* name, const Tensor& x, const std::string& rule, SourceLocation at,
                         ErrorKind kind = ErrorKind::value) {
  throw Error(kind, "[" + std::string(name) + "] a: " + name_of(x.dtype(at)) + x.shape(at).str() + ": " + rule, at);
}

// Dims of the operand that one index takes.
std::int64_t dims_of(const TensorIndex::Kind& kind, SourceLocation at) {
  if (const Tensor* t = std::get_if<Tensor>(&kind))
    return t->dtype(at) == kBool ? std::max<std::int64_t>(t->dim(at), 1) : 1;
  return std::holds_alternative<std::int64_t>(kind) || std::holds_alternative<indexing::Slice>(kind);
}

// A view of x, of which some dims are indexed by tensors.
struct Indexed {
  Tensor view;
  std::vector<std::pair<std::int64_t, Tensor>> tensors;  // dim, i64 index
};

class Reader {
 public:
  Reader(const char* name, const Tensor& x, SourceLocation at) : name_(name), whole_(x), at_(at), result_{x, {}} {}

  Indexed read(std::span<const TensorIndex> indices) {
    std::int64_t taken = 0, open = 0;
    for (const TensorIndex& index : indices) {
      taken += dims_of(index.kind(), at_);
      open += std::holds_alternative<indexing::EllipsisType>(index.kind());
    }
    if (open > 1) refuse(name_, whole_, "more than one Ellipsis", at_);
    if (taken > whole_.dim(at_))
      refuse(name_, whole_, std::to_string(taken) + " indices: more than there are dims", at_, ErrorKind::shape);
    for (const TensorIndex& index : indices) {
      if (std::holds_alternative<indexing::EllipsisType>(index.kind()))
        dim_ += whole_.dim(at_) - taken;
      else
        std::visit([this](const auto& one) { take(one); }, index.kind());
    }
    return std::move(result_);
  }

 private:
  void take(indexing::NoneType) { result_.view = result_.view.unsqueeze(dim_++, at_); }
  void take(indexing::EllipsisType) {}
  void take(std::int64_t i) { result_.view = result_.view.select(dim_, i, at_); }
  void take(const indexing::Slice& s) {
    constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
    result_.view =
        result_.view.slice(dim_++, s.start().value_or(0), s.stop().value_or(kEnd), s.step().value_or(1), at_);
  }
  void take(const Tensor& index) {
    if (index.dtype(at_) == kInt64 || index.dtype(at_) == kInt32) {
      add(index.to(kInt64, at_));
      return;
    }
    if (index.dtype(at_) != kBool)
      refuse(name_, whole_, "an index is neither i64 nor i32 nor bool", at_, ErrorKind::dtype);
    for (std::int64_t d = 0; d < index.dim(at_); ++d)
      if (index.size(d, at_) != result_.view.size(dim_ + d, at_))
        refuse(name_, whole_, "a mask has another shape than the dims that it stands for", at_, ErrorKind::shape);
    if (index.dim(at_) == 0) refuse(name_, whole_, "a mask has no dims", at_, ErrorKind::shape);
    const Tensor places = nonzero({index, at_});
    for (std::int64_t d = 0; d < index.dim(at_); ++d) add(places.select(1, d, at_));
  }
  // An index in [-extent, extent) as one in [0, extent): reading the numbers below extent by it checks it.
  void add(const Tensor& index) {
    const std::int64_t extent = result_.view.size(dim_, at_);
    const Tensor wrapped =
        where({lt({index, at_}, {0, at_}), at_}, {weft::add({index, at_}, {extent, at_}), at_}, {index, at_});
    const Tensor numbers = arange(0, static_cast<double>(extent), 1, kInt64, at_);
    result_.tensors.emplace_back(dim_++,
                                 numbers.index_select(0, wrapped.reshape(-1, at_), at_).reshape(index.shape(at_), at_));
  }
  const char* name_;
  const Tensor& whole_;
  SourceLocation at_;
  Indexed result_;
  std::int64_t dim_ = 0;  // of the view so far
};

// The dims that tensors index, side by side and as one dim `dim` of `rows`; `index` names its elements.
struct Rows {
  Dims order, shape;  // of the view with its dims in that order
  std::int64_t dim = 0;
  Tensor rows, index;
  Dims result;  // extents of what is read
};

Rows rows_of(const Indexed& indexed, SourceLocation at) {
  const Tensor& view = indexed.view;
  const auto& tensors = indexed.tensors;
  Rows r;
  const bool adjacent = tensors.back().first - tensors.front().first + 1 == static_cast<std::int64_t>(tensors.size());
  r.dim = adjacent ? tensors.front().first : 0;
  std::int64_t count = 1;
  for (const auto& [dim, index] : tensors) {
    const Tensor scaled = r.index.defined() ? mul({r.index, at}, {view.size(dim, at), at}) : Tensor();
    r.index = scaled.defined() ? add({scaled, at}, {index, at}) : index;
    count *= view.size(dim, at);
  }
  const auto is_indexed = [&](std::int64_t d) {
    return std::any_of(tensors.begin(), tensors.end(), [d](const auto& t) { return t.first == d; });
  };
  const auto take_tensors = [&] {
    for (const auto& [dim, index] : tensors) r.order.push_back(dim);
  };
  Dims flat;
  for (std::int64_t d = 0; d <= view.dim(at); ++d) {
    if (static_cast<std::int64_t>(flat.size()) == r.dim) {
      take_tensors();
      flat.push_back(count);
      r.result.insert(r.result.end(), r.index.shape(at).begin(), r.index.shape(at).end());
    }
    if (d == view.dim(at) || is_indexed(d)) continue;
    r.order.push_back(d);
    flat.push_back(view.size(d, at));
    r.result.push_back(view.size(d, at));
  }
  const Tensor moved = view.permute(r.order, at);
  r.shape = moved.shape(at).vec();
  r.rows = moved.reshape(flat, at);
  r.index = r.index.reshape(-1, at);
  return r;
}

}  // namespace

Tensor Tensor::index(std::initializer_list<TensorIndex> indices, SourceLocation at) const {
  const Indexed indexed = Reader("index", *this, at).read(std::span(indices.begin(), indices.size()));
  if (indexed.tensors.empty()) return indexed.view;
  const Rows r = rows_of(indexed, at);
  return r.rows.index_select(r.dim, r.index, at).reshape(r.result, at);
}

Tensor Tensor::index_put_(std::initializer_list<TensorIndex> indices, const Operand& value) const {
  const SourceLocation at = value.at();
  // One value where a mask says so: the places need not be known.
  const Tensor* const mask = indices.size() == 1 ? std::get_if<Tensor>(&indices.begin()->kind()) : nullptr;
  const auto fits = [&] {
    for (std::int64_t d = 0; d < mask->dim(at); ++d)
      if (d >= dim(at) || mask->size(d, at) != size(d, at)) return false;
    return mask->dim(at) > 0;
  };
  if (mask && mask->dtype(at) == kBool && fits() && (value.is_number() || value.tensor().dim(at) == 0)) {
    Dims shape = mask->shape(at).vec();
    shape.resize(static_cast<std::size_t>(dim(at)), 1);
    return masked_fill_(mask->reshape(shape, at), value);
  }
  const Indexed indexed = Reader("index_put_", *this, at).read(std::span(indices.begin(), indices.size()));
  const Tensor source = value.is_number() ? full({}, value, dtype(at), at) : value.tensor();
  if (indexed.tensors.empty()) {
    indexed.view.copy_(source, at);
    return *this;
  }
  if (source.dtype(at) != dtype(at))
    refuse("index_put_", *this, std::string("the value is ") + name_of(source.dtype(at)), at, ErrorKind::dtype);
  const Rows r = rows_of(indexed, at);
  Dims shape = r.rows.shape(at).vec();
  shape[static_cast<std::size_t>(r.dim)] = r.index.numel(at);
  const Tensor parts = source.expand(r.result, at).reshape(shape, at);
  Dims back(r.order.size());
  for (std::size_t i = 0; i < back.size(); ++i)
    back[static_cast<std::size_t>(r.order[i])] = static_cast<std::int64_t>(i);
  const Tensor written = r.rows.index_copy(r.dim, r.index, parts, at);
  indexed.view.copy_(written.reshape(r.shape, at).permute(back, at), at);
  return *this;
}

}  // namespace weft
