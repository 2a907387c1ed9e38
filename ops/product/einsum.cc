// Sums of products over named dims: einsum, tensordot, kron.
#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <map>
#include <numeric>
#include <set>
#include <string>

#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/values.h"
#include "weft/ops.h"

namespace weft {
namespace {

using Labels = std::string;  // a letter for each dim; '0' to '9' stand for the dims of "..."

struct Factor {
  Value value;
  Labels labels;
};

struct Equation {
  std::vector<Labels> operands;
  Labels result;
};

[[noreturn]] void refuse(std::span<const Value> v, std::string_view rule, ErrorKind kind = ErrorKind::value) {
  fail_call(kind, "einsum", v, v[0].builder().where, rule);
}

bool has(const Labels& labels, char label) { return labels.find(label) != Labels::npos; }

// The labels of one term; `dims`: how many dims "..." stands for in it, the last of `most`.
Labels parse_term(std::span<const Value> v, std::string_view text, int dims, int most) {
  Labels labels;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '.') {
      if (text.substr(i, 3) != "..." || has(labels, '.')) refuse(v, "a term has \"...\" once, and no other dots");
      labels += '.';
      i += 2;
    } else if (std::isalpha(static_cast<unsigned char>(text[i]))) {
      labels += text[i];
    } else {
      refuse(v, std::string("'") + text[i] + "' is no letter");
    }
  }
  Labels filled;
  for (const char label : labels) {
    if (label != '.') {
      filled += label;
      continue;
    }
    for (int d = most - dims; d < most; ++d) filled += static_cast<char>('0' + d);
  }
  return filled;
}

std::vector<std::string_view> split_terms(std::string_view text) {
  std::vector<std::string_view> terms;
  for (;;) {
    const std::size_t comma = text.find(',');
    terms.push_back(text.substr(0, comma));
    if (comma == std::string_view::npos) return terms;
    text.remove_prefix(comma + 1);
  }
}

int letters_of(std::string_view term) {
  return static_cast<int>(std::count_if(term.begin(), term.end(), [](char c) { return c != '.'; }));
}

Equation parse(std::span<const Value> v, std::string_view given) {
  std::string text;
  for (const char c : given)
    if (c != ' ') text += c;
  const std::size_t arrow = text.find("->");
  const std::vector<std::string_view> terms = split_terms(std::string_view(text).substr(0, arrow));
  if (terms.size() != v.size())
    refuse(v,
           "the equation has " + std::to_string(terms.size()) + " terms for " + std::to_string(v.size()) + " operands");
  int most = 0;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    const int rest = v[i].rank() - letters_of(terms[i]);
    const bool open = terms[i].find('.') != std::string_view::npos;
    if (rest < 0 || (rest > 0 && !open))
      refuse(v, "term " + std::to_string(i) + " names other dims than its operand has");
    if (open) most = std::max(most, rest);
  }
  Equation equation;
  std::map<char, int> uses;
  for (std::size_t i = 0; i < terms.size(); ++i) {
    equation.operands.push_back(parse_term(v, terms[i], v[i].rank() - letters_of(terms[i]), most));
    for (const char label : equation.operands.back()) ++uses[label];
  }
  if (arrow != std::string::npos) {
    equation.result = parse_term(v, std::string_view(text).substr(arrow + 2), most, most);
  } else {
    for (int d = 0; d < most; ++d) equation.result += static_cast<char>('0' + d);
    for (const auto& [label, count] : uses)
      if (count == 1 && !std::isdigit(static_cast<unsigned char>(label))) equation.result += label;
  }
  for (const char label : equation.result) {
    if (std::count(equation.result.begin(), equation.result.end(), label) > 1)
      refuse(v, "the result names a dim twice");
    if (!uses.contains(label)) refuse(v, std::string("no operand has the dim '") + label + "' of the result");
  }
  return equation;
}

// A dim that is named twice is a diagonal.
Factor without_repeats(Factor factor) {
  for (std::size_t a = 0; a < factor.labels.size(); ++a) {
    const std::size_t b = factor.labels.find(factor.labels[a], a + 1);
    if (b == Labels::npos) continue;
    const char label = factor.labels[a];
    factor.value = diagonal(factor.value, 0, static_cast<std::int64_t>(a), static_cast<std::int64_t>(b));
    factor.labels.erase(b, 1);
    factor.labels.erase(a, 1);
    factor.labels += label;
    a = static_cast<std::size_t>(-1);
  }
  return factor;
}

using Extents = std::map<char, std::int64_t>;

// The extent of each label; one of 1 broadcasts.
Extents extents_of(std::span<const Value> v, const Equation& equation) {
  Extents extents;
  for (std::size_t i = 0; i < v.size(); ++i)
    for (std::size_t d = 0; d < equation.operands[i].size(); ++d) {
      const std::int64_t own = v[i].shape()[static_cast<int>(d)];
      if (const std::size_t first = equation.operands[i].find(equation.operands[i][d]);
          v[i].shape()[static_cast<int>(first)] != own)
        refuse(v, "two extents of one dim differ", ErrorKind::shape);
      std::int64_t& extent = extents.try_emplace(equation.operands[i][d], own).first->second;
      if (extent == 1) extent = own;
      if (own != extent && own != 1) refuse(v, "two extents of one dim differ", ErrorKind::shape);
    }
  return extents;
}

std::int64_t size_of_labels(const Labels& labels, const Extents& extents) {
  std::int64_t size = 1;
  for (const char label : labels) size *= extents.at(label);
  return size;
}

Factor ordered(const Factor& factor, const Labels& labels) {
  Dims dims;
  for (const char label : labels) dims.push_back(static_cast<std::int64_t>(factor.labels.find(label)));
  return {permute(factor.value, dims), labels};
}

Factor summed(const Factor& factor, const Labels& kept) {
  Dims dims;
  Labels labels;
  for (std::size_t d = 0; d < factor.labels.size(); ++d) {
    if (has(kept, factor.labels[d]))
      labels += factor.labels[d];
    else
      dims.push_back(static_cast<std::int64_t>(d));
  }
  return {dims.empty() ? factor.value : sum(factor.value, dims, false), labels};
}

// How the dims of two factors take part in their product, of which `kept` is needed.
struct Product {
  Product(const Factor& a, const Factor& b, const Labels& kept) {
    for (const char label : a.labels) (!has(b.labels, label) ? only_a : has(kept, label) ? both : gone) += label;
    for (const char label : b.labels)
      if (!has(a.labels, label)) only_b += label;
  }
  Labels both, only_a, only_b, gone;
};

Factor multiply(const Factor& x, const Factor& y, const Labels& kept, const Extents& extents) {
  const Factor a = summed(x, kept + y.labels), b = summed(y, kept + x.labels);
  const Product p(a, b, kept);
  const auto size = [&](const Labels& labels) { return size_of_labels(labels, extents); };
  const std::int64_t batch = size(p.both), rows = size(p.only_a), cols = size(p.only_b), inner = size(p.gone);
  const Value left = reshape(ordered(a, p.both + p.only_a + p.gone).value, {batch, rows, inner});
  const Value right = reshape(ordered(b, p.both + p.gone + p.only_b).value, {batch, inner, cols});
  const Value product = p.gone.empty() ? left * right : matmul(left, right);
  Dims shape;
  const Labels labels = p.both + p.only_a + p.only_b;
  for (const char label : labels) shape.push_back(extents.at(label));
  const Value both[] = {x.value, y.value};
  return {reshape(product, checked_shape("einsum", both, product.builder().where, shape)), labels};
}

Value contract(std::vector<Factor> factors, const Labels& result, const Extents& extents) {
  while (factors.size() > 1) {
    const auto kept_beside = [&](std::size_t i, std::size_t j) {
      Labels kept = result;
      for (std::size_t k = 0; k < factors.size(); ++k)
        if (k != i && k != j) kept += factors[k].labels;
      return kept;
    };
    std::size_t best_i = 0, best_j = 1;
    auto best = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < factors.size(); ++i)
      for (std::size_t j = i + 1; j < factors.size(); ++j) {
        const Product p(factors[i], factors[j], kept_beside(i, j));
        double size = 1;
        for (const char label : p.both + p.only_a + p.only_b) size *= static_cast<double>(extents.at(label));
        if (size < best) best = size, best_i = i, best_j = j;
      }
    Factor product = multiply(factors[best_i], factors[best_j], kept_beside(best_i, best_j), extents);
    factors.erase(factors.begin() + static_cast<std::ptrdiff_t>(best_j));
    factors[best_i] = std::move(product);
  }
  return ordered(summed(factors[0], result), result).value;
}

Value einsum(std::string_view text, std::span<const Value> v) {
  const Equation equation = parse(v, text);
  const Extents extents = extents_of(v, equation);
  const DType dtype = v[0].dtype();
  for (const Value& x : v)
    if (x.dtype() != dtype) refuse(v, "the dtypes differ", ErrorKind::dtype);
  if (dtype == DType::boolean) refuse(v, "bool has no products", ErrorKind::dtype);
  std::vector<Factor> factors;
  for (std::size_t i = 0; i < v.size(); ++i) {
    Dims shape;
    for (const char label : equation.operands[i]) shape.push_back(extents.at(label));
    const Value whole = expand(v[i], Shape(shape));
    factors.push_back(without_repeats({whole, equation.operands[i]}));
  }
  return contract(std::move(factors), equation.result, extents);
}

// The sum over dims `over_a` of a and `over_b` of b, in that order.
Value tensordot(std::span<const Value> v, const Dims& over_a, const Dims& over_b) {
  const Value &a = v[0], &b = v[1];
  const SourceLocation where = a.builder().where;
  if (a.dtype() != b.dtype()) fail_call(ErrorKind::dtype, "tensordot", v, where, "the dtypes differ");
  if (over_a.size() != over_b.size())
    fail_call(ErrorKind::value, "tensordot", v, where, "as many dims of one operand as of the other");
  Dims order_a, order_b, shape;
  std::int64_t rows = 1, cols = 1, inner = 1;
  std::set<std::int64_t> gone_a, gone_b;
  for (std::size_t i = 0; i < over_a.size(); ++i) {
    const std::int64_t da = checked_dim("tensordot", over_a[i], a), db = checked_dim("tensordot", over_b[i], b);
    if (!gone_a.insert(da).second || !gone_b.insert(db).second)
      fail_call(ErrorKind::value, "tensordot", v, where, "a dim is given twice");
    if (a.shape()[static_cast<int>(da)] != b.shape()[static_cast<int>(db)])
      fail_call(ErrorKind::shape, "tensordot", v, where, "the extents of dims that are summed over differ");
    inner *= a.shape()[static_cast<int>(da)];
    order_b.push_back(db);
  }
  for (std::int64_t d = 0; d < a.rank(); ++d) {
    if (gone_a.contains(d)) continue;
    order_a.push_back(d);
    shape.push_back(a.shape()[static_cast<int>(d)]);
    rows *= shape.back();
  }
  for (const std::int64_t d : over_a) order_a.push_back(d < 0 ? d + a.rank() : d);
  for (std::int64_t d = 0; d < b.rank(); ++d) {
    if (gone_b.contains(d)) continue;
    order_b.push_back(d);
    shape.push_back(b.shape()[static_cast<int>(d)]);
    cols *= shape.back();
  }
  return reshape(matmul(reshape(permute(a, order_a), {rows, inner}), reshape(permute(b, order_b), {inner, cols})),
                 checked_shape("tensordot", v, where, shape));
}

Value kron(std::span<const Value> v) {
  const int rank = std::max(v[0].rank(), v[1].rank());
  if (2 * rank > Shape::kMaxRank)
    fail_call(ErrorKind::shape, "kron", v, v[0].builder().where, "takes tensors of at most 4 dims");
  Dims left, right, shape;
  for (int d = -rank; d < 0; ++d) {
    const auto extent = [&](const Value& x) { return -d <= x.rank() ? x.shape()[x.rank() + d] : 1; };
    left.insert(left.end(), {extent(v[0]), 1});
    right.insert(right.end(), {1, extent(v[1])});
    shape.push_back(extent(v[0]) * extent(v[1]));
  }
  const Shape whole = checked_shape("kron", v, v[0].builder().where, shape);
  return reshape(mul(reshape(v[0], Shape(left)), reshape(v[1], Shape(right))), whole);
}

}  // namespace

Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands, SourceLocation at) {
  if (operands.empty()) throw Error(ErrorKind::value, "[einsum] wants at least one tensor", at);
  return capture(operands, at, [&](std::span<const Value> v) { return clone(einsum(equation, v)); });
}

Tensor tensordot(const Operand& a, const Operand& b, std::int64_t dims) {
  return capture({&a, &b}, [&](std::span<const Value> v) {
    if (dims < 0 || dims > v[0].rank() || dims > v[1].rank())
      fail_call(ErrorKind::value, "tensordot", v, v[0].builder().where,
                std::to_string(dims) + " dims: more than there are");
    Dims last(static_cast<std::size_t>(dims)), first(last.size());
    std::iota(last.begin(), last.end(), v[0].rank() - dims);
    std::iota(first.begin(), first.end(), 0);
    return tensordot(v, last, first);
  });
}

Tensor tensordot(const Operand& a, const Operand& b, DimsRef dims_a, DimsRef dims_b) {
  return capture({&a, &b}, [&](std::span<const Value> v) { return tensordot(v, dims_a.vec(), dims_b.vec()); });
}

Tensor kron(const Operand& a, const Operand& b) {
  return capture({&a, &b}, [&](std::span<const Value> v) { return kron(v); });
}

}  // namespace weft
