// Hooks and gradient rules of users' own, with arguments that are refused.
#include "tests/testing/custom_ops.h"
#include "tests/testing/refusals.h"

namespace weft {
namespace {

using autograd::AutogradContext;
using autograd::variable_list;

struct GivesNothing : autograd::Function<GivesNothing> {
  static Tensor forward(AutogradContext*, const Tensor&) { return {}; }
  static variable_list backward(AutogradContext*, variable_list gradients) { return gradients; }
};

// Does as it is told in its forward().
struct Told : autograd::Function<Told> {
  static Tensor forward(AutogradContext* ctx, const Tensor& x, const std::function<void(AutogradContext*)>& tell) {
    tell(ctx);
    return x * 2;
  }
  static variable_list backward(AutogradContext*, variable_list gradients) { return {gradients[0], {}}; }
};

// An operation whose rules ask for what the attribute says.
Tensor told(const Operand& x, std::int64_t ask) {
  const auto shape = [](const op::Call& call) -> std::vector<op::Type> {
    const auto what = call.attr<std::int64_t>("ask");
    if (what == 0) return {call.input_type(1)};
    if (what == 1) return {call.result_type(0)};
    if (what == 2) call.attr<bool>("none");
    call.require(what != 3, "no such thing", ErrorKind::dtype);
    return {call.input_type(0)};
  };
  const auto gradient = [](const op::GradientCall& call) -> std::vector<Tensor> {
    const auto what = call.attr<std::int64_t>("ask");
    if (what == 4) return {call.input(1)};
    if (what == 5) return {call.result(1)};
    if (what == 6) return {call.gradient(1)};
    return call.needs(1) ? std::vector<Tensor>{} : std::vector<Tensor>(1);
  };
  static const op::Operation op(
      {.name = "test.told", .shape = shape, .gradient = gradient, .kernel = [](const op::Call&) {
         return op::Kernel{.run = [](const op::Work& work) { work.result<float>()[0] = 0; }};
       }});
  return op({x}, {{"ask", ask}});
}

}  // namespace

void add_hook_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), x = zeros(2).requires_grad_();
  const auto none = [](const Tensor&) {};
  const std::function<void(const Tensor&)> empty;
  REFUSES("Tensor::register_hook", state, "[register_hook] undefined tensor", u.register_hook(none));
  REFUSES("Tensor::register_hook", state, "[register_hook] f32[2,3]: the tensor does not", m.register_hook(none));
  REFUSES("Tensor::register_hook", state, "[register_hook] the function is empty", x.register_hook(empty));
  REFUSES("register_hook", state, "[register_hook] undefined tensor", u.register_hook(none));
  REFUSES("register_post_accumulate_grad_hook", state, "_hook] undefined tensor",
          u.register_post_accumulate_grad_hook(none));
  REFUSES("Tensor::register_post_accumulate_grad_hook", state, "f32[2,3]: the tensor does not require",
          m.register_post_accumulate_grad_hook(none));
  REFUSES("Tensor::register_post_accumulate_grad_hook", state, "f32[2]: only a leaf accumulates",
          exp(x).register_post_accumulate_grad_hook(none));
  const auto module = std::make_shared<nn::ReLU>();
  const std::function<void(nn::Module&, const Tensor&)> no_pre_hook;
  const std::function<void(nn::Module&, const Tensor&, const Tensor&)> no_hook;
  REFUSES("nn::Module::register_forward_pre_hook", state, "[register_forward_pre_hook] the function is empty",
          module->register_forward_pre_hook(no_pre_hook));
  REFUSES("nn::Module::register_forward_hook", state, "[register_forward_hook] the function is empty",
          module->register_forward_hook(no_hook));
  const auto bag = std::make_shared<nn::EmbeddingBag>(4, 2);
  bag->register_forward_hook([](nn::Module&, const Tensor&, const Tensor&) {});
  REFUSES("nn::Module::check_no_hooks", state, "hooks are called around calls with one tensor only",
          (*bag)(zeros(2, kInt64), zeros(1, kInt64)));
}

void add_custom_function_rows(Table& table) {
  const Tensor u, x = zeros(2).requires_grad_();
  const std::function<Tensor(const Tensor&)> empty, nothing = [](const Tensor&) { return Tensor(); };
  REFUSES("autograd::Function::apply", state, "forward gives an undefined tensor", GivesNothing::apply(x));
  REFUSES("autograd::AutogradContext::needs_input_grad", value, "[needs_input_grad] argument 2: forward takes 2",
          Told::apply(x, std::function([](AutogradContext* ctx) { ctx->needs_input_grad(2); })));
  REFUSES("checkpoint", state, "[checkpoint] the function is empty", checkpoint(empty, x));
  REFUSES("checkpoint", state, "[checkpoint] undefined tensor", checkpoint(nothing, u));
  REFUSES("checkpoint", state, "[checkpoint] the function gives an undefined tensor", checkpoint(nothing, x));
}

void add_custom_op_rows(Table& table) {
  const Tensor x = zeros(1).requires_grad_();
  REFUSES("op::Call::input_type", value, "[test.told] a: f32[1]: a rule asks for operand 1 of 1", told(x, 0));
  REFUSES("op::Call::result_type", value, "a: f32[1]: a rule asks for result 0 of 0", told(x, 1));
  REFUSES("op::Call::attr", value, "[test.told] a: f32[1]: no attribute none", told(x, 2));
  REFUSES("op::Call::require", dtype, "[test.told] a: f32[1]: no such thing", told(x, 3));
  REFUSES("op::GradientCall::input", value, "the gradient rule asks for operand 1 of 1", told(x, 4).backward());
  REFUSES("op::GradientCall::result", value, "the gradient rule asks for result 1 of 1", told(x, 5).backward());
  REFUSES("op::GradientCall::gradient", value, "the gradient of result 1 of 1", told(x, 6).backward());
  REFUSES("op::GradientCall::needs", value, "the gradient rule asks for operand 1 of 1", told(x, 7).backward());
  REFUSES("op::Operation::Operation", value, "[op::Operation] 'swish': a name is", op::Operation({.name = "swish"}));
  REFUSES("op::Operation::operator()", value, "[test.swish] no operands", swish_op()({}));
  REFUSES("op::Operation::results", state, "[test.swish] undefined tensor", swish_op().results({Tensor()}));
}

void add_vmap_rows(Table& table) {
  using List = std::vector<Tensor>;
  const Tensor x = zeros({2, 3}), u;
  const std::function<List(const List&)> same = [](const List&in) { return in; }, empty;
  REFUSES("vmap", state, "[vmap] the function is empty", vmap(empty, {x}));
  REFUSES("vmap", state, "[vmap] no inputs", vmap(same, List{}));
  REFUSES("vmap", state, "[vmap] undefined tensor", vmap(same, {u}));
  REFUSES("vmap", shape, "[vmap] input 1: f32[3]: 3 samples, 2 before", vmap(same, {x, zeros(3)}));
  REFUSES("vmap", value, "[vmap] 2 in_dims for 1 inputs", vmap(same, {x}, {.in_dims = {0, 0}}));
  REFUSES("vmap", shape, "[vmap] result 0: out_dim 5 is out of range", vmap(same, {x}, {.out_dims = {5}}));
  REFUSES("vmap", state, "[compile] f32[]: the value of a tensor is not known",
          vmap([](const Tensor& in) { return in * in.sum().item(); }, x));
}

void add_functional_rows(Table& table) {
  const Tensor x = zeros(2), s = zeros({}), i = zeros(2, kInt64), d = zeros(2, kFloat64).requires_grad_();
  using List = std::vector<Tensor>;
  const autograd::TensorsFunction same = [](const List& in) { return List{in[0] * 1}; };
  const autograd::TensorsFunction constant = [](const List&) { return List{zeros({})}; };
  const autograd::TensorsFunction none = [](const List&) { return List{}; };
  const autograd::TensorsFunction empty;
  REFUSES("autograd::vjp", shape, "[vjp] f32[2]: only an output of one element", autograd::vjp(same, {x}));
  REFUSES("autograd::vjp", shape, "[vjp] f32[2], v: f32[]: v must have", autograd::vjp(same, {x}, {s}));
  REFUSES("autograd::vjp", state, "[vjp] the function gives nothing", autograd::vjp(none, {x}));
  REFUSES("autograd::vjp", state, "[vjp] the function is empty", autograd::vjp(empty, {x}));
  REFUSES("autograd::vjp", state, "[vjp] undefined tensor", autograd::vjp(same, {Tensor()}));
  REFUSES("autograd::vjp", state, "[vjp] no inputs", autograd::vjp(same, {}));
  REFUSES("autograd::jvp", shape, "[jvp] f32[2]: only an input of one element", autograd::jvp(same, {x}));
  REFUSES("autograd::jvp", dtype, "[jvp] i64[2]: only floating tensors", autograd::jvp(same, {i}));
  REFUSES("autograd::jacobian", state, "[jacobian] no output depends on input 0",
          autograd::jacobian(constant, {x}, {.strict = true}));
  REFUSES("autograd::hessian", shape, "[hessian] f32[2]: the function must give one element",
          autograd::hessian(same, {x}));
  REFUSES("autograd::hvp", shape, "[hvp] f32[2]: the function must give one element", autograd::hvp(same, {x}, {x}));
  REFUSES("autograd::vhp", value, "[vhp] 2 tensors v for 1", autograd::vhp(same, {s}, {s, s}));
  REFUSES("autograd::gradcheck", state, "[gradcheck] no input requires gradients", autograd::gradcheck(same, {x}));
  REFUSES("autograd::gradcheck", dtype, "[gradcheck] f32[2]: differences of f32",
          autograd::gradcheck(same, {zeros(2).requires_grad_()}));
  REFUSES("autograd::gradgradcheck", value, "[gradgradcheck] eps 0", autograd::gradgradcheck(same, {d}, {.eps = 0}));
}

}  // namespace weft
