// sgd_step(param, grad, lr)               -> (param')
// sgd_step(param, grad, buffer, lr)       -> (param', buffer')  with momentum
// sgd_step(param, grad, buffer, lr, step) -> (param', buffer')  with dampening, which the update of step 1 has not
#include "graph/capture/capture.h"
#include "ops/call_checks.h"
#include "ops/kernels/optim/sgd_step-inl.h"
#include "ops/kernels/optim/updates.h"
#include "ops/optim/formula.h"
#include "ops/optim/register_math.h"
#include "ops/optim/update.h"
#include "weft/autograd.h"
#include "weft/optim.h"

namespace weft {
namespace {

bool has_buffer(const OpCall& call) { return call.inputs.size() > 3; }

// ---- shape

Types infer(const OpCall& call) {
  for (const char* name : {"dampening", "momentum", "weight_decay"}) checked_attr<double>(call, name);
  checked_attr<bool>(call, "nesterov");
  const std::size_t states = has_buffer(call) ? 1 : 0;
  require_update(call, states);
  require_scalar(call, 2 + states, DType::f64, "lr must be f64[]");
  if (call.inputs.size() == 5) require_scalar(call, 4, DType::i64, "step must be i64[]");
  call.require(ErrorKind::value, call.inputs.size() == 5 || call.attr<double>("dampening") == 0,
               "dampening needs the step");
  return Types(1 + states, call.in(0));
}

// ---- kernel

template <class T>
Kernel make(const OpCall& call) {
  optim_kernels::SgdPass<T> pass{};
  pass.size = call.in(0).shape.numel();
  pass.weight_decay = static_cast<T>(call.attr<double>("weight_decay"));
  pass.momentum = static_cast<T>(call.attr<double>("momentum"));
  pass.nesterov = call.attr<bool>("nesterov");
  const T damped_gain = static_cast<T>(1 - call.attr<double>("dampening"));
  const std::size_t operands = call.inputs.size();
  return {.run = [=](const KernelArgs& args) {
    auto now = pass;
    now.param = args.input<T>(0);
    now.grad = args.input<T>(1);
    now.param_out = args.output<T>(0);
    now.gain = 1;
    if (operands > 3) {
      now.momentum_in = args.input<T>(2);
      now.momentum_out = args.output<T>(1);
    }
    if (operands == 5 && *args.input<std::int64_t>(4) != 1) now.gain = damped_gain;
    now.lr = static_cast<T>(*args.input<double>(operands > 3 ? 3 : 2));
    optim_kernels::sgd(now);
  }};
}

Kernel compile(const OpCall& call) { return call.in(0).dtype == DType::f32 ? make<float>(call) : make<double>(call); }

// ---- lowering

void lower(LowerCall& call) {
  if (call.num_inputs() == 5) return;  // the step is no f32
  using namespace HWY_NAMESPACE;
  const SgdTerms terms{.weight_decay = call.attr<double>("weight_decay") != 0,
                       .momentum = call.num_inputs() > 3,
                       .nesterov = call.attr<bool>("nesterov")};
  SgdFactors<Register> by{};
  by.lr = call.in(call.num_inputs() - 1);
  if (terms.weight_decay) by.weight_decay = call.constant(call.attr<double>("weight_decay"));
  if (terms.momentum) by.momentum = call.constant(call.attr<double>("momentum"));
  const Register buffer = terms.momentum ? call.in(2) : Register{0};
  const SgdResult<Register> next = sgd_step(RegisterMath{call}, terms, by, call.in(0), call.in(1), buffer);
  call.out(next.param);
  if (terms.momentum) call.out(next.buffer);
}

constexpr OpDef kSgdStep{.name = "sgd_step",
                         .min_inputs = 3,
                         .max_inputs = 5,
                         .infer = infer,
                         .compile = compile,
                         .in_place = elementwise_in_place,
                         .lower = lower};
WEFT_REGISTER_OP(kSgdStep);

}  // namespace

namespace optim {

SGD::SGD(std::vector<Tensor> parameters, SGDOptions options, SourceLocation at) : OptimizerOf("SGD") {
  add_param_group(std::move(parameters), options, at);
}

std::vector<Optimizer::Option> SGD::list(SGDOptions& options) const {
  return {{"momentum", &options.momentum},
          {"dampening", &options.dampening, Range::any},
          {"weight_decay", &options.weight_decay},
          {"nesterov", &options.nesterov}};
}

void SGD::check(const SGDOptions& options, SourceLocation at) const {
  if (options.nesterov && (options.momentum == 0 || options.dampening != 0))
    throw Error("[SGD] nesterov needs momentum and no dampening", at);
}

// Dampening makes the first update different.
Optimizer::State SGD::first_state(const Tensor& parameter, const SGDOptions& options, SourceLocation at) const {
  State state;
  if (options.momentum != 0) state.emplace_back("momentum_buffer", zeros_like(parameter, at));
  if (options.momentum != 0 && options.dampening != 0) state.emplace_back("step", counter(at));
  return state;
}

// The same where momentum is a variable, out of ordinary operations.
void SGD::update_with_variable_momentum(std::size_t i, const Tensor& grad, const SGDOptions& options, Updates& updates,
                                        SourceLocation at) {
  Formula f(parameters()[i], grad, lr_tensor(i), updates, at);
  const Value g = f.grad_with_decay(options.weight_decay), momentum = f.scalar(f.read(momentum_tensor(i)));
  const Tensor& buffer = state(i, "momentum_buffer");
  Value damped = g;
  if (options.dampening != 0) {
    const Value is_first = eq(f.next_step(state(i, "step")), number(g.builder(), DType::f64, 1));
    damped = g * f.scalar(where(is_first, number(g.builder(), DType::f64, 1),
                                number(g.builder(), DType::f64, 1 - options.dampening)));
  }
  const Value b = f.write(buffer, f.read(buffer) * momentum + damped);
  f.write_param(f.param() - f.scalar(f.lr()) * (options.nesterov ? g + b * momentum : b));
}

void SGD::update_parameter(std::size_t i, const Tensor& grad, const SGDOptions& options, Updates& updates,
                           SourceLocation at) {
  if (momentum_tensor(i).defined()) {
    update_with_variable_momentum(i, grad, options, updates, at);
    return;
  }
  const Tensor& param = parameters()[i];
  const bool has_momentum = options.momentum != 0;
  const double dampening = has_momentum ? options.dampening : 0;  // else there is nothing to dampen
  std::vector<Tensor> operands{param, grad};
  if (has_momentum) operands.push_back(state(i, "momentum_buffer"));
  operands.push_back(lr_tensor(i));
  if (dampening != 0) {
    operands.push_back(Operand(state(i, "step"), at) + Operand(1, at));
    updates.emplace_back(state(i, "step"), operands.back());
  }
  CaptureScope scope(operands, at);
  const Value result = scope.builder().record(kSgdStep, scope.values(),
                                              Attrs{{"dampening", dampening},
                                                    {"momentum", options.momentum},
                                                    {"nesterov", options.nesterov},
                                                    {"weight_decay", options.weight_decay}});
  updates.emplace_back(param, scope.tensor(result));
  if (has_momentum) updates.emplace_back(state(i, "momentum_buffer"), scope.tensor(result.output(1)));
}

}  // namespace optim
}  // namespace weft
