// Operations of users' own: their rules as those of an OpDef. custom_op_gradient.cc has the gradient.
#include "graph/capture/custom_op.h"

#include <algorithm>
#include <cctype>
#include <new>
#include <utility>

#include "graph/capture/capture.h"
#include "graph/cost.h"
#include "graph/known_ops.h"
#include "graph/registry.h"

namespace weft::op {

using weft::TensorType;

// ---- Call

namespace {

Attrs public_attrs(const weft::Attrs& attrs) {
  Attrs result;
  for (const auto& [name, value] : attrs)
    std::visit(
        [&, key = std::string(name)](const auto& v) {
          if constexpr (std::is_constructible_v<Attr, decltype(v)>) result.emplace(key, v);
        },
        value);
  return result;
}

weft::Attrs internal_attrs(const Attrs& attrs) {
  weft::Attrs result;
  for (const auto& [name, value] : attrs)
    std::visit([&, key = intern(name)](const auto& v) { result.set(key, v); }, value);
  return result;
}

Type public_type(const TensorType& type) { return {type.dtype, type.shape}; }

}  // namespace

Call::Call(const OpCall& call) : call_(call), attrs_(public_attrs(call.attrs)) {}

std::size_t Call::num_inputs() const { return call_.inputs.size(); }
std::size_t Call::num_results() const { return call_.outputs.size(); }

Type Call::input_type(std::size_t i) const {
  if (i >= num_inputs())
    call_.fail(ErrorKind::value,
               "a rule asks for operand " + std::to_string(i) + " of " + std::to_string(num_inputs()));
  return public_type(call_.in(i));
}
Type Call::result_type(std::size_t k) const {
  if (k >= num_results())
    call_.fail(ErrorKind::value,
               "a rule asks for result " + std::to_string(k) + " of " + std::to_string(num_results()));
  return public_type(call_.out(k));
}

const Attr* Call::find(const std::string& name) const {
  const auto at = attrs_.find(name);
  return at == attrs_.end() ? nullptr : &at->second;
}
void Call::refuse_attr(const std::string& name, bool is_there) const {
  call_.fail(ErrorKind::value, is_there ? "attribute " + name + " is of another type" : "no attribute " + name);
}

void Call::require(bool ok, const std::string& rule, ErrorKind kind, const std::string& hint) const {
  call_.require(kind, ok, rule, hint);
}

// ---- Rules

Types Operation::Impl::infer(const OpCall& call) {
  const Rules& rules = of(call.op).rules;
  if (!rules.shape) {
    for (const TensorType* type : call.inputs) {
      call.require(ErrorKind::dtype, is_floating(type->dtype), "the operands must be f32 or f64");
      call.require(kind_of_difference(*type, call.in(0)), *type == call.in(0), "the operands must have one type");
    }
    return {call.in(0)};
  }
  const std::vector<Type> given =
      by_rule(call, "shape rule", [&] { return rules.shape(static_cast<const Call&>(Access::call(call))); });
  call.require(ErrorKind::state, !given.empty(), "the shape rule gives no results");
  Types types;
  for (const Type& type : given) types.push_back({type.dtype, type.shape});
  return types;
}

namespace {

constexpr double kMostFlops = 1e18;
constexpr std::size_t kMostScratch = std::size_t{1} << 40;
constexpr std::int64_t kMostParts = 1 << 20;

std::int64_t bytes_of(const OpCall& call) {
  std::size_t bytes = 0;
  for (const TensorType* type : call.inputs) bytes += type->bytes();
  for (const TensorType& type : call.outputs) bytes += type.bytes();
  return static_cast<std::int64_t>(bytes);
}

// The elements of each slot that belong to one item; 0: any item may read all of it.
std::vector<std::int64_t> elements_per_item(const OpCall& call, bool elementwise, std::int64_t items) {
  std::vector<std::int64_t> elements;
  for (const TensorType* type : call.inputs)
    elements.push_back(elementwise && type->shape == call.out().shape ? type->shape.numel() / items : 0);
  for (std::size_t k = 0; k < call.outputs.size(); ++k) {
    const std::int64_t numel = call.out(k).shape.numel();
    call.require(ErrorKind::state, numel % items == 0,
                 "the kernel has " + std::to_string(items) + " items, which do not divide result " + std::to_string(k) +
                     ": " + call.out(k).str());
    elements.push_back(numel / items);
  }
  return elements;
}

}  // namespace

weft::Kernel Operation::Impl::make_kernel(const OpCall& call) {
  const Rules& rules = of(call.op).rules;
  Kernel made = by_rule(call, "kernel rule", [&] { return rules.kernel(Access::call(call)); });
  const std::int64_t items = made.items;
  call.require(ErrorKind::state, items >= 0, "the kernel has " + std::to_string(items) + " items");
  if (items == 0) {
    for (const TensorType& type : call.outputs)
      call.require(ErrorKind::state, type.shape.numel() == 0, "the kernel has no items, for results with elements");
    return {.run = [](const KernelArgs&) {}};
  }
  call.require(ErrorKind::state, static_cast<bool>(made.run), "the kernel has nothing to run");
  call.require(ErrorKind::state, made.flops >= 0 && made.flops <= kMostFlops,
               "the kernel has flops below 0 or above 1e18");
  call.require(ErrorKind::memory, made.scratch_bytes <= kMostScratch,
               "the kernel needs more than 2^40 bytes of scratch");
  const auto elements = elements_per_item(call, rules.elementwise, items);
  const auto parts = num_parts(made.flops, static_cast<double>(bytes_of(call)), std::min(items, kMostParts));
  // Ranges of almost equal length, the longer ones first.
  const auto begin = [items, parts](std::int64_t part) {
    return part * (items / parts) + std::min(part, items % parts);
  };
  weft::Kernel kernel;
  kernel.run = [run = std::move(made.run), begin](const KernelArgs& args) {
    run({args.in, args.out, args.scratch, begin(args.part), begin(std::int64_t{args.part} + 1)});
  };
  kernel.scratch_bytes = made.scratch_bytes;
  kernel.flops = made.flops;
  kernel.parts = static_cast<std::uint32_t>(parts);
  if (parts > 1)
    kernel.region = [elements, begin](std::uint32_t part, std::size_t slot) -> Region {
      const std::int64_t first = begin(part), end = begin(std::int64_t{part} + 1), width = elements[slot];
      return {.width = width, .row = first, .rows = end - first, .col = 0, .cols = width};
    };
  return kernel;
}

// ---- Operation

namespace {

// PACKAGE.NAME, where each part is a name.
bool is_op_name(const std::string& name) {
  bool starts = true, dotted = false;
  for (const char c : name) {
    const bool letter = std::isalpha(static_cast<unsigned char>(c)) || c == '_';
    if (c == '.' ? starts : !letter && (starts || !std::isdigit(static_cast<unsigned char>(c)))) return false;
    dotted = dotted || c == '.';
    starts = c == '.';
  }
  return dotted && !starts;
}

// "MySwishBackward0" of "package.my_swish".
std::string grad_name_of(const std::string& name) {
  std::string result;
  bool upper = true;
  for (const char c : name.substr(name.rfind('.') + 1)) {
    if (c != '_') result += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_';
  }
  return result + "Backward0";
}

Value broadcast_to(const Value& x, const Shape& shape) {
  return x.shape() == shape ? x : x.builder().record(known_ops::expand(), {x}, {{"shape", shape.vec()}});
}

// The shape of each operand broadcast to that of all. What does not broadcast stays, and the shape rule refuses it.
std::vector<Value> broadcast(std::span<const Value> values) {
  std::vector<std::int64_t> all;  // the last dim comes first
  bool fits = true;
  for (const Value& v : values)
    for (int d = 0; d < v.rank(); ++d) {
      const std::int64_t extent = v.shape()[v.rank() - 1 - d];
      if (static_cast<int>(all.size()) == d) all.push_back(extent);
      std::int64_t& wide = all[static_cast<std::size_t>(d)];
      fits = fits && (extent == wide || extent == 1 || wide == 1);
      if (wide == 1) wide = extent;
    }
  std::vector<Value> result(values.begin(), values.end());
  if (!fits) return result;
  std::reverse(all.begin(), all.end());
  for (Value& v : result) v = broadcast_to(v, Shape(all));
  return result;
}

}  // namespace

Operation::Operation(Rules rules, SourceLocation at) {
  const auto refuse = [&](ErrorKind kind, const std::string& text) {
    throw Error(kind, "[op::Operation] '" + rules.name + "': " + text, at);
  };
  if (!is_op_name(rules.name)) refuse(ErrorKind::value, "a name is PACKAGE.NAME, of letters, digits and _");
  if (rules.inputs < 1 || rules.inputs > 64) refuse(ErrorKind::value, "an operation has 1 to 64 operands");
  if (!rules.kernel) refuse(ErrorKind::state, "no kernel");
  if (!rules.shape && !rules.elementwise) refuse(ErrorKind::state, "no shape rule");
  auto impl = std::make_unique<Impl>();
  impl->rules = std::move(rules);
  impl->at = at;
  impl->grad_fn = grad_name_of(impl->rules.name);
  const Rules& kept = impl->rules;
  impl->OpDef::name = kept.name;
  impl->min_inputs = static_cast<int>(kept.inputs);
  impl->max_inputs = kept.more_inputs ? -1 : impl->min_inputs;
  impl->OpDef::infer = Impl::infer;
  impl->compile = Impl::make_kernel;
  impl->grad = kept.gradient ? Impl::differentiate : nullptr;
  impl->grad_name = impl->grad_fn.c_str();
  impl->in_place = kept.elementwise ? elementwise_in_place : never_in_place;
  impl->may_throw = true;
  if (const OpDef* before = enter_op(*impl)) {
    const SourceLocation first = static_cast<const Impl*>(before)->at;  // Weft's own have no dot in their names
    throw Error(ErrorKind::state, "[op::Operation] '" + kept.name + "': the name is taken", at,
                std::string("registered at ") + first.file + ":" + std::to_string(first.line));
  }
  impl_ = impl.release();
}

const std::string& Operation::name() const { return impl_->rules.name; }

std::vector<Tensor> Operation::results(const std::vector<Operand>& operands, const Attrs& attrs,
                                       SourceLocation at) const {
  if (operands.empty()) throw Error(ErrorKind::value, "[" + name() + "] no operands", at);
  std::vector<const Operand*> pointers;
  for (const Operand& operand : operands) pointers.push_back(&operand);
  CaptureScope scope(pointers, name().c_str());
  const std::vector<Value> values = impl_->rules.elementwise
                                        ? broadcast(scope.values())
                                        : std::vector<Value>(scope.values().begin(), scope.values().end());
  const Value first = scope.builder().record(*impl_, values, internal_attrs(attrs));
  std::vector<Tensor> results;
  const std::size_t num_results = scope.builder().call(first.id().node)->outputs.size();
  for (std::uint32_t k = 0; k < num_results; ++k) results.push_back(scope.tensor(first.output(k)));
  return results;
}

Tensor Operation::operator()(const std::vector<Operand>& operands, const Attrs& attrs, SourceLocation at) const {
  return results(operands, attrs, at)[0];
}

}  // namespace weft::op
