// recurrent_steps: the steps of a recurrent layer as one op, and its gradient, an op of its own, which has no
// derivative.
#include <array>

#include "ops/call_checks.h"
#include "ops/kernels/elements.h"
#include "ops/kernels/recurrent/steps.h"
#include "ops/recurrent/recurrent_values.h"

namespace weft {
namespace {

// Which operand is which; 0: there is none. In this order, after input, weight and h.
struct Places {
  RecurrentCell cell;
  bool reverse;
  std::size_t c = 0, bias = 0, lengths = 0, projection = 0, count = 3;

  template <class Call>
  explicit Places(const Call& call)
      : cell(static_cast<RecurrentCell>(call.template attr<std::int64_t>("cell"))),
        reverse(call.template attr<bool>("reverse")) {
    if (cell == RecurrentCell::lstm) c = count++;
    if (call.template attr<bool>("bias")) bias = count++;
    if (call.template attr<bool>("lengths")) lengths = count++;
    if (call.template attr<bool>("projects")) projection = count++;
  }
};

StepsShape shape_of(const OpCall& call, const Places& at) {
  const Shape &input = call.in(0).shape, &weight = call.in(1).shape;
  return {.cell = at.cell,
          .steps = input[0],
          .batch = input[1],
          .hidden = input[2] / gates_of(at.cell),
          .width = weight[1],
          .reverse = at.reverse,
          .projects = at.projection > 0};
}

// All operands but `others` more, and the attributes.
StepsShape checked_shape(const OpCall& call, std::size_t others) {
  checked_attr_in(call, "cell", 0, 3);
  for (const char* name : {"bias", "lengths", "projects", "reverse"}) checked_attr<bool>(call, name);
  const Places at(call);
  call.require(at.bias == 0 || at.cell == RecurrentCell::gru, "only a GRU has a bias here");
  call.require(at.projection == 0 || at.cell == RecurrentCell::lstm, "only an LSTM projects");
  call.require(call.inputs.size() == at.count + others, "the operands do not fit");
  const DType dtype = call.in(0).dtype;
  call.require(ErrorKind::dtype, is_floating(dtype), "wants floating operands");
  call.require(call.in(0).shape.rank() == 3 && call.in(1).shape.rank() == 2 &&
                   call.in(0).shape[2] % gates_of(at.cell) == 0 && call.in(1).shape[0] == call.in(0).shape[2],
               "needs input [steps, batch, gates * hidden] and weight [gates * hidden, width]");
  const StepsShape s = shape_of(call, at);
  call.require(s.projects || s.width == s.hidden, "without a projection the state is as wide as a gate");
  const auto require = [&](std::size_t i, const TensorType& type, const char* rule) {
    call.require(i == 0 || call.in(i) == type, rule);
  };
  require(1, {dtype, {s.gates(), s.width}}, "the dtypes differ");
  require(2, {dtype, {s.batch, s.width}}, "h must be [batch, width]");
  require(at.c, {dtype, {s.batch, s.hidden}}, "c must be [batch, hidden]");
  require(at.bias, {dtype, {s.hidden}}, "the bias must be [hidden]");
  require(at.lengths, {DType::i64, {s.batch}}, "lengths must be i64 [batch]");
  require(at.projection, {dtype, {s.width, s.hidden}}, "the projection must be [width, hidden]");
  return s;
}

Shape states(const StepsShape& s, std::int64_t width) { return {s.steps, s.batch, width}; }
std::int64_t cell_width(const StepsShape& s) { return s.cell == RecurrentCell::lstm ? s.hidden : 0; }

template <class T>
StepsOperands<T> operands_of(const KernelArgs& args, const Places& at) {
  const auto some = [&](std::size_t i) { return i > 0 ? args.input<T>(i) : nullptr; };
  return {.input = args.input<T>(0),
          .weight = args.input<T>(1),
          .h = args.input<T>(2),
          .c = some(at.c),
          .bias = some(at.bias),
          .lengths = at.lengths > 0 ? args.input<std::int64_t>(at.lengths) : nullptr,
          .projection = some(at.projection)};
}

// What a part touches of a value [steps, batch, width], or [batch, width].
Region rows_of(const StepsPart& part, const Shape& shape) {
  const std::int64_t width = shape[shape.rank() - 1], steps = shape.rank() == 3 ? shape[0] : 1,
                     batch = shape[shape.rank() - 2];
  if (shape.numel() == 0) return {};
  return {.width = batch * width,
          .row = 0,
          .rows = steps,
          .col = part.begin * width,
          .cols = (part.end - part.begin) * width};
}

// The kernel of parts that are functions of T's operands.
template <class Part, class Run>
Kernel kernel_of(const OpCall& call, const StepsShape& s, double flops, Run run) {
  const std::vector<StepsPart> rows = parts_of(s);
  std::vector<Part> parts;
  for (const StepsPart& part : rows) parts.emplace_back(s, part);
  std::size_t scratch = 0;
  for (const Part& part : parts) scratch = std::max(scratch, part.scratch_bytes());
  std::vector<Shape> shapes;
  for (const TensorType* type : call.inputs) shapes.push_back(type->shape);
  for (const TensorType& type : call.outputs) shapes.push_back(type.shape);
  const auto is_of_rows = [batch = s.batch](const Shape& shape) {
    return shape.rank() == 3 || (shape.rank() == 2 && shape[0] == batch);
  };
  return {.run = [=](const KernelArgs& args) { run(parts[args.part], args); },
          .scratch_bytes = scratch,
          .parts = static_cast<std::uint32_t>(rows.size()),
          .region =
              [=, inputs = call.inputs.size()](std::uint32_t part, std::size_t slot) {
                // Weights are read whole.
                const bool weight =
                    slot < inputs && (slot == 1 || !is_of_rows(shapes[slot]) || shapes[slot].rank() == 2);
                return weight ? Region{} : rows_of(rows[part], shapes[slot]);
              },
          .flops = flops};
}

// ---- Forward

Types infer(const OpCall& call) {
  const StepsShape s = checked_shape(call, 0);
  const DType dtype = call.in(0).dtype;
  return {{dtype, states(s, s.width)}, {dtype, states(s, cell_width(s))}, {dtype, states(s, s.kept())}};
}

template <class T>
Kernel forward_kernel(const OpCall& call) {
  const Places at(call);
  const StepsShape s = shape_of(call, at);
  return kernel_of<StepsForward<T>>(call, s, s.flops(), [at](const StepsForward<T>& part, const KernelArgs& args) {
    part.run(operands_of<T>(args, at), {args.output<T>(0), args.output<T>(1), args.output<T>(2)},
             static_cast<T*>(args.scratch));
  });
}

Kernel compile(const OpCall& call) {
  return with_float_type(call.in(0).dtype, [&]<class T>(T) { return forward_kernel<T>(call); });
}

// The states before each step as rows.
Value rows_before(const Value& first, const Value& states, bool reverse) {
  const std::int64_t steps = states.shape()[0];
  const Value one = unsqueeze(first, 0);
  const std::array<Value, 2> forward{one, states}, backward{states, one};
  const Value all = reverse ? slice(cat(backward, 0), 0, 1, steps + 1, 1) : slice(cat(forward, 0), 0, 0, steps, 1);
  return reshape(all, {steps * states.shape()[1], states.shape()[2]});
}

Value as_rows(const Value& x) { return reshape(x, {x.shape()[0] * x.shape()[1], x.shape()[2]}); }

std::vector<Value> record_slopes(GradCall& g, const Places& at);

// The gradients of the weights are products over all steps at once.
void grad(GradCall& g) {
  const Places at(g);
  const std::vector<Value> slopes = record_slopes(g, at);
  const Value &by_input = slopes[0], &by_sums = at.cell == RecurrentCell::gru ? slopes[1] : by_input;
  if (g.needs(0)) g.set(0, by_input);
  if (g.needs(1)) g.set(1, matmul(as_rows(by_sums), true, rows_before(g.in(2), g.out(0), at.reverse), false));
  if (g.needs(2)) g.set(2, slopes[3]);
  if (at.c > 0 && g.needs(at.c)) g.set(at.c, slopes[4]);
  const std::int64_t hidden = g.in(0).shape()[2] / gates_of(at.cell);
  if (at.bias > 0 && g.needs(at.bias)) g.set(at.bias, sum(slice(by_sums, 2, 2 * hidden, 3 * hidden, 1), {0, 1}, false));
  if (at.projection > 0 && g.needs(at.projection)) {
    const Value shown = slice(g.out(2), 2, 3 * hidden, 4 * hidden, 1) * tanh(g.out(1));
    g.set(at.projection, matmul(as_rows(slopes[2]), true, as_rows(shown), false));
  }
}

constexpr OpDef kSteps{.name = "recurrent_steps",
                       .min_inputs = 3,
                       .max_inputs = 6,
                       .infer = infer,
                       .grad = grad,
                       .compile = compile,
                       .grad_name = "RecurrentStepsBackward0"};
WEFT_REGISTER_OP(kSteps);

// ---- Backward: further operands h, c, kept, and the slopes by h and c. Gives the slopes by the input; of a GRU by
// what the state adds to the gates, which is the same for others; by the whole of h, where it is projected; by the
// first states.

Types infer_slopes(const OpCall& call) {
  const StepsShape s = checked_shape(call, 5);
  const DType dtype = call.in(0).dtype;
  const std::size_t n = call.inputs.size();
  const TensorType h{dtype, states(s, s.width)}, c{dtype, states(s, cell_width(s))}, kept{dtype, states(s, s.kept())};
  call.require(call.in(n - 5) == h && call.in(n - 4) == c && call.in(n - 3) == kept && call.in(n - 2) == h &&
                   call.in(n - 1) == c,
               "the states do not fit");
  const std::int64_t by_sums = s.cell == RecurrentCell::gru ? s.gates() : 0;
  return {{dtype, states(s, s.gates())},
          {dtype, states(s, by_sums)},
          {dtype, states(s, s.projects ? s.width : 0)},
          {dtype, {s.batch, s.width}},
          {dtype, {s.batch, cell_width(s)}}};
}

template <class T>
Kernel backward_kernel(const OpCall& call) {
  const Places at(call);
  const StepsShape s = shape_of(call, at);
  return kernel_of<StepsBackward<T>>(
      call, s, s.flops(), [at, n = call.inputs.size()](const StepsBackward<T>& part, const KernelArgs& args) {
        const typename StepsBackward<T>::Slopes slopes{args.input<T>(n - 5), args.input<T>(n - 4), args.input<T>(n - 3),
                                                       args.input<T>(n - 2), args.input<T>(n - 1), args.output<T>(0),
                                                       args.output<T>(1),    args.output<T>(2),    args.output<T>(3),
                                                       args.output<T>(4)};
        part.run(operands_of<T>(args, at), slopes, static_cast<T*>(args.scratch));
      });
}

Kernel compile_slopes(const OpCall& call) {
  return with_float_type(call.in(0).dtype, [&]<class T>(T) { return backward_kernel<T>(call); });
}

constexpr OpDef kStepsGrad{.name = "recurrent_steps_grad",
                           .min_inputs = 8,
                           .max_inputs = 11,
                           .infer = infer_slopes,
                           .compile = compile_slopes,
                           .grad_name = "RecurrentStepsBackwardBackward0"};
WEFT_REGISTER_OP(kStepsGrad);

std::vector<Value> record_slopes(GradCall& g, const Places& at) {
  if (g.dout(2).defined())
    throw Error(ErrorKind::state, "[recurrent_steps] what is kept for the gradient has no derivative",
                g.builder().where);
  std::vector<Value> operands;
  for (std::size_t i = 0; i < at.count; ++i) operands.push_back(g.in(i));
  operands.insert(operands.end(), {g.out(0), g.out(1), g.out(2)});
  for (std::uint32_t k = 0; k < 2; ++k) operands.push_back(g.dout(k).defined() ? g.dout(k) : zeros_like(g.out(k)));
  Attrs attrs{{"bias", g.attr<bool>("bias")},
              {"cell", g.attr<std::int64_t>("cell")},
              {"lengths", g.attr<bool>("lengths")},
              {"projects", g.attr<bool>("projects")},
              {"reverse", g.attr<bool>("reverse")}};
  const Value first = g.builder().record(kStepsGrad, operands, std::move(attrs));
  std::vector<Value> slopes;
  for (std::uint32_t k = 0; k < 5; ++k) slopes.push_back(first.output(k));
  return slopes;
}

}  // namespace

Value recurrent_steps(const RecurrentSteps& x) {
  std::vector<Value> operands{x.input, x.weight, x.h};
  for (const Value* v : {&x.c, &x.bias, &x.lengths, &x.projection})
    if (v->defined()) operands.push_back(*v);
  return x.input.builder().record(kSteps, operands,
                                  {{"bias", x.bias.defined()},
                                   {"cell", static_cast<std::int64_t>(x.cell)},
                                   {"lengths", x.lengths.defined()},
                                   {"projects", x.projection.defined()},
                                   {"reverse", x.reverse}});
}

}  // namespace weft
