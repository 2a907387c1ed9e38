#include "graph/passes/move_permutes.h"

#include <algorithm>
#include <vector>

namespace weft {
namespace {

std::size_t index(std::int64_t dim) { return static_cast<std::size_t>(dim); }

// The shape with dims of extent 1 in front of it, to this rank.
Shape with_rank(const Shape& shape, std::size_t rank) {
  Dims dims(rank - static_cast<std::size_t>(shape.rank()), 1);
  dims.insert(dims.end(), shape.begin(), shape.end());
  return Shape(dims);
}

Dims inverse(const Dims& order) {
  Dims back(order.size());
  for (std::size_t d = 0; d < order.size(); ++d) back[index(order[d])] = static_cast<std::int64_t>(d);
  return back;
}

// The permute that operands of a call have in common, and the operands without it.
class CommonPermute {
 public:
  CommonPermute(Rewriter& r, const Call& call) : r_(r) {
    for (const ValueId v : call.operands)
      if (r.op(v).trait == Trait::permute && r.type(v).shape.rank() == call.type().shape.rank()) permute_ = v;
  }

  bool found() const { return permute_.has_value(); }
  const OpDef& op() const { return r_.op(*permute_); }
  const Attrs& attrs() const { return *r_.call(*permute_).attrs; }
  const Dims& order() const { return attrs().get<Dims>("dims"); }

  bool is_alike(ValueId v) const { return r_.op(v).trait == Trait::permute && r_.attr<Dims>(v, "dims") == order(); }
  // Whether the operand is to be had without the permute: it is permuted alike, or all its elements are one number.
  bool takes(ValueId v) const { return is_alike(v) || r_.constant(v); }
  // Of an elementwise call: or it broadcasts, so that there is little to move in it, or nothing.
  bool takes_broadcast(ValueId v) const {
    const Shape& shape = r_.type(v).shape;
    return takes(v) || shape.numel() == 1 || r_.op(v).trait == Trait::repeat ||
           std::count_if(shape.begin(), shape.end(), [](std::int64_t d) { return d != 1; }) == 1;
  }
  ValueId without(ValueId v) const {
    if (is_alike(v)) return r_.operand(v);
    const TensorType type = r_.type(v);
    if (type.shape.numel() == 1) return v;
    if (const std::optional<double> number = r_.constant(v)) return r_.full({type.dtype, before(type.shape)}, *number);
    if (r_.op(v).trait != Trait::repeat) return unpermuted(v);
    const OpDef& repeat = r_.op(v);  // not every elementwise op broadcasts
    return r_.record(repeat, {unpermuted(r_.operand(v))}, {{"shape", before(type.shape).vec()}});
  }

 private:
  // The shape that is permuted to this one, but for dims in front.
  Shape before(const Shape& shape) const {
    const Shape whole = with_rank(shape, order().size());
    Dims dims(order().size());
    for (std::size_t d = 0; d < dims.size(); ++d) dims[index(order()[d])] = whole[static_cast<int>(d)];
    return Shape(dims);
  }
  ValueId unpermuted(ValueId v) const {
    const OpDef& permute = op();
    const Dims back = inverse(order());
    return r_.record(permute, {r_.reshaped(v, with_rank(r_.type(v).shape, back.size()))}, {{"dims", back}});
  }

  Rewriter& r_;
  std::optional<ValueId> permute_;
};

// The attributes of a call whose operands lose a permute of this order.
Attrs followed(const Attrs& attrs, const Dims& order) {
  Attrs moved = attrs;
  if (const AttrValue* dim = attrs.find("dim")) moved.set("dim", order[index(std::get<std::int64_t>(*dim))]);
  if (const AttrValue* dims = attrs.find("dims")) {
    Dims named;
    for (const std::int64_t d : std::get<Dims>(*dims)) named.push_back(order[index(d)]);
    std::sort(named.begin(), named.end());
    moved.set("dims", std::move(named));
  }
  return moved;
}

}  // namespace

std::optional<ValueId> move_permute(Rewriter& r, const Call& call) {
  const bool elementwise = call.op->in_place == elementwise_in_place;
  if ((!elementwise && !call.op->follows_dims) || call.outputs->size() != 1) return std::nullopt;
  const CommonPermute common(r, call);
  if (!common.found()) return std::nullopt;
  bool is_whole = !elementwise;  // an operand of the shape of the result is permuted
  std::vector<ValueId> operands(call.operands.begin(), call.operands.end());
  for (const ValueId v : operands) {
    if (elementwise ? !common.takes_broadcast(v) : !common.takes(v)) return std::nullopt;
    is_whole = is_whole || (common.is_alike(v) && r.type(v).shape == call.type().shape);
  }
  if (!is_whole) return std::nullopt;
  const OpDef &op = *call.op, &permute = common.op();
  const Attrs order = common.attrs(), attrs = elementwise ? *call.attrs : followed(*call.attrs, common.order());
  for (ValueId& v : operands) v = common.without(v);
  return r.record(permute, {r.record(op, operands, attrs)}, order);
}

Graph move_permutes(const Graph& graph) {
  constexpr RewriteFn kRules[] = {move_permute};
  return rewrite(graph, {.rules = kRules});
}

}  // namespace weft
