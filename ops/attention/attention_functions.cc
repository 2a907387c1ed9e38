// scaled_dot_product_attention as users call it: operands of any rank become those of the op.
#include <array>
#include <cmath>
#include <string>

#include "graph/capture/capture.h"
#include "ops/attention/attention_values.h"
#include "ops/call_checks.h"
#include "ops/random/random.h"
#include "weft/attention.h"

namespace weft {
namespace {

constexpr const char* kName = "scaled_dot_product_attention";

// The dims before the last `count` ones.
Dims without_last(const Shape& shape, int count) {
  return Dims(shape.begin(), shape.begin() + std::max(shape.rank() - count, 0));
}

std::int64_t product(const Dims& dims) {
  std::int64_t n = 1;
  for (const std::int64_t d : dims) n *= d;
  return n;
}

class AttentionCall {
 public:
  AttentionCall(const Operand& query, const Operand& key, const Operand& value, const Tensor& mask,
                const AttentionOptions& options)
      : scope_(std::array{&query, &key, &value}, kName), options_(options) {
    if (mask.defined()) mask_ = scope_.value_of(mask);
    check();
    find_heads();
  }

  Tensor operator()() {
    Attention x{in_four(q(), heads_, q().shape()),
                in_four(k(), key_heads_, k().shape()),
                in_four(v(), key_heads_, v().shape()),
                {},
                scale(),
                options_.is_causal};
    if (mask_.defined() && product(batch_) * heads_ > 0) x.mask = mask_in_four();
    const bool drops = options_.dropout_p > 0 && x.k.shape()[2] > 0;
    const Value four = drops ? with_dropout(x) : attention(x);
    Dims shape = batch_;
    if (has_heads_) shape.push_back(heads_);
    shape.insert(shape.end(), {q().shape()[q().rank() - 2], v().shape()[v().rank() - 1]});
    return scope_.tensor(reshape(four, Shape(shape)), gradient_name());
  }

 private:
  const Value& q() const { return scope_.values()[0]; }
  const Value& k() const { return scope_.values()[1]; }
  const Value& v() const { return scope_.values()[2]; }
  [[noreturn]] void fail(ErrorKind kind, std::string_view rule, std::string_view hint = "") const {
    std::vector<Value> operands(scope_.values().begin(), scope_.values().end());
    if (mask_.defined()) operands.push_back(mask_);
    fail_call(kind, kName, operands, q().builder().where, rule, hint);
  }

  void check() const {
    for (const Value& x : scope_.values()) {
      if (x.rank() < 2) fail(ErrorKind::shape, "query, key and value need at least 2 dims");
      if (!is_floating(x.dtype())) fail(ErrorKind::dtype, "query, key and value must be floating");
      if (x.dtype() != q().dtype()) fail(ErrorKind::dtype, "query, key and value differ in dtype");
    }
    const auto last = [](const Value& x, int i) { return x.shape()[x.rank() - i]; };
    if (last(q(), 1) != last(k(), 1)) fail(ErrorKind::shape, "query and key differ in width");
    if (last(k(), 2) != last(v(), 2)) fail(ErrorKind::shape, "key and value differ in length");
    if (!(options_.dropout_p >= 0 && options_.dropout_p <= 1))
      fail(ErrorKind::value, "dropout_p = " + std::to_string(options_.dropout_p) + " is outside of [0, 1]");
    if (!mask_.defined()) return;
    if (options_.is_causal) fail(ErrorKind::value, "attn_mask and is_causal cannot both be given");
    if (mask_.dtype() != DType::boolean && mask_.dtype() != q().dtype())
      fail(ErrorKind::dtype, "attn_mask must be bool or of the dtype of query");
  }

  // The dims that the operands have in common.
  void find_heads() {
    std::array<Dims, 3> lead;
    for (std::size_t i = 0; i < 3; ++i) lead[i] = without_last(scope_.values()[i].shape(), 2);
    std::array<std::int64_t, 3> heads{1, 1, 1};
    for (std::size_t i = 0; i < 3; ++i) {
      if (lead[i].empty()) continue;
      has_heads_ = true;
      heads[i] = lead[i].back();
      lead[i].pop_back();
    }
    std::optional<Shape> batch{Shape(lead[0])};
    for (std::size_t i = 1; i < 3; ++i)
      if (batch) batch = broadcast(*batch, Shape(lead[i]));
    if (!batch) fail(ErrorKind::shape, "the batches do not broadcast");
    batch_ = batch->vec();
    heads_ = heads[0];
    key_heads_ = heads[1];
    if (options_.enable_gqa) {
      const auto divides = [&](std::int64_t n) { return n > 0 && heads_ % n == 0; };
      if (!divides(heads[1]) || !divides(heads[2]))
        fail(ErrorKind::shape, "the heads of key and value do not divide those of query");
      if (heads[1] != heads[2]) key_heads_ = heads_;
      return;
    }
    for (const std::int64_t n : heads)
      if (n != 1) heads_ = heads_ == 1 ? n : heads_;
    for (const std::int64_t n : heads)
      if (n != 1 && n != heads_) fail(ErrorKind::shape, "the heads do not broadcast", "enable_gqa groups them");
    if (heads[1] != heads[2] || heads_ == 0) key_heads_ = heads_;
  }

  // [batch, heads, rows, width]; where there are no heads, there is no batch.
  Value in_four(const Value& x, std::int64_t heads, const Shape& shape) const {
    const std::int64_t rows = shape[shape.rank() - 2], width = shape[shape.rank() - 1];
    const std::int64_t own = shape.rank() > 2 ? shape[shape.rank() - 3] : 1;
    Value y = x;
    if (options_.enable_gqa && own != heads) y = repeated(x, heads / own);
    Dims full = batch_;
    full.insert(full.end(), {heads, rows, width});
    if (y.shape().numel() != Shape(full).numel()) y = expand(y, Shape(full));
    return heads == 0 ? reshape(y, {0, 1, rows, width}) : reshape(y, {product(batch_), heads, rows, width});
  }
  // Each head `times` times.
  static Value repeated(const Value& x, std::int64_t times) {
    Dims dims = x.shape().vec();
    const std::size_t head = dims.size() - 3;
    Dims several = dims;
    several.insert(several.begin() + static_cast<std::ptrdiff_t>(head) + 1, times);
    dims[head] *= times;
    return reshape(expand(unsqueeze(x, static_cast<std::int64_t>(head) + 1), Shape(several)), Shape(dims));
  }

  Value mask_in_four() const {
    const std::int64_t queries = q().shape()[q().rank() - 2], keys = k().shape()[k().rank() - 2];
    Dims scores = batch_;
    if (has_heads_) scores.push_back(heads_);
    scores.insert(scores.end(), {queries, keys});
    const std::optional<Shape> joined = broadcast(mask_.shape(), Shape(scores));
    if (!joined || *joined != Shape(scores)) fail(ErrorKind::shape, "attn_mask does not broadcast to the scores");
    Dims own(batch_.size() + 3, 1);
    std::copy(mask_.shape().begin(), mask_.shape().end(), own.end() - mask_.shape().rank());
    Value mask = reshape(mask_, Shape(own));
    own.back() = keys;
    const Dims own_batch(own.begin(), own.end() - 3);
    const bool one = product(own_batch) == 1 && product(batch_) != 0;
    if (!one) std::copy(batch_.begin(), batch_.end(), own.begin());
    if (mask.shape() != Shape(own)) mask = expand(mask, Shape(own));
    const std::size_t n = own.size();
    return reshape(mask, {one ? 1 : product(batch_), own[n - 3], own[n - 2], own[n - 1]});
  }

  // Of vectors of no elements all scores are 0.
  double scale() const {
    const std::int64_t width = q().shape()[q().rank() - 1];
    return width == 0 ? 0 : options_.scale.value_or(1 / std::sqrt(static_cast<double>(width)));
  }

  Value with_dropout(const Attention& x) {
    const Value scores = attention_scores(x), zero = zeros_like(scores);
    const Value most = max(scores, {3}, true);
    const Value sees = ne(most, number(most.builder(), most.dtype(), -std::numeric_limits<double>::infinity()));
    const Value p = where(sees, softmax(where(sees, scores, zero), 3), zero);
    const double drop = options_.dropout_p;
    if (drop == 1) return matmul_heads(p * zero, x);
    const Value kept = cast(ge(rand(next_random(scope_), p.type()), number(p.builder(), p.dtype(), drop)), p.dtype());
    return matmul_heads(p * (kept * (1 / (1 - drop))), x);
  }
  static Value matmul_heads(const Value& p, const Attention& x) {
    const Shape &rows = p.shape(), &v = x.v.shape();
    const std::int64_t n = v[0] * v[1], group = n == 0 ? 0 : rows[0] * rows[1] / n * rows[2];
    const Value product = matmul(reshape(p, {n, group, rows[3]}), false, reshape(x.v, {n, v[2], v[3]}), false);
    return reshape(product, {rows[0], rows[1], rows[2], v[3]});
  }

  // PyTorch has two ways, and this is how it chooses.
  const char* gradient_name() const {
    const bool tiles = q().rank() == 4 && k().rank() == 4 && v().rank() == 4 && options_.dropout_p == 0 &&
                       q().shape()[3] == v().shape()[3] && q().shape().numel() > 0 && k().shape().numel() > 0;
    return tiles ? "ScaledDotProductFlashAttentionForCpuBackward0" : "UnsafeViewBackward0";
  }

  CaptureScope scope_;
  const AttentionOptions& options_;
  Value mask_;
  Dims batch_;
  bool has_heads_ = false;
  std::int64_t heads_ = 1, key_heads_ = 1;
};

}  // namespace

Tensor scaled_dot_product_attention(const Operand& query, const Operand& key, const Operand& value,
                                    const Tensor& attn_mask, const AttentionOptions& options) {
  return AttentionCall(query, key, value, attn_mask, options)();
}

}  // namespace weft
