// State by name, groups of parameters and schedules, with arguments that are refused.
#include <cmath>

#include "tests/testing/refusals.h"

namespace weft {
namespace {

// What a module of the user's own may do.
struct Own : nn::Module {
  using Module::apply;
  using Module::register_buffer;
};

void add_adaptive_optimizer_rows(Table& table) {
  using namespace optim;
  const std::vector<Tensor> p{zeros({2}).requires_grad_()};
  REFUSES("optim::RMSprop::RMSprop", value, "[RMSprop] alpha -1.000000: negative", RMSprop(p, {.alpha = -1}));
  REFUSES("optim::Adagrad::Adagrad", value, "[Adagrad] lr_decay -1.000000: neg", Adagrad(p, {.lr_decay = -1}));
  REFUSES("optim::Adadelta::Adadelta", value, "[Adadelta] rho 2.000000: not in [0, 1]", Adadelta(p, {.rho = 2}));
  REFUSES("optim::Adamax::Adamax", value, "[Adamax] beta2 1.000000: not in [0, 1)", Adamax(p, {.beta2 = 1}));
  REFUSES("optim::NAdam::NAdam", value, "[NAdam] momentum_decay -1.000000", NAdam(p, {.momentum_decay = -1}));
  REFUSES("optim::RAdam::RAdam", value, "[RAdam] eps nan", RAdam(p, {.eps = NAN}));
  REFUSES("optim::Lion::Lion", value, "[Lion] lr -1.000000: negative", Lion(p, {.lr = -1}));
  const auto lbfgs = std::make_shared<LBFGS>(p);
  REFUSES("optim::LBFGS::LBFGS", value, "[LBFGS] lr -1.000000: negative", LBFGS(p, {.lr = -1}));
  REFUSES("optim::LBFGS::step", state, "[LBFGS] the closure is empty", lbfgs->step(nullptr));
  REFUSES("optim::LAMB::LAMB", state, "[LAMB] there are no parameters", LAMB({}));
}

void add_progress_rows(Table& table) {
  const Tensor u;
  const auto model = std::make_shared<nn::ReLU>();
  const auto progress = std::make_shared<Progress>(1);
  progress->finish();
  REFUSES("Progress::Progress", value, "[Progress] a total of -1: must not be negative", Progress(-1));
  REFUSES("Progress::add", value, "[Progress] -1 more: must not be negative", progress->add(-1));
  REFUSES("Summary::Summary", state, "[summary] undefined tensor", Summary(*model, u));
  REFUSES("summary", state, "[summary] undefined tensor", summary(*model, u));
}

void add_container_rows(Table& table) {
  using namespace nn;
  const Tensor u;
  const std::shared_ptr<Module> null;
  const auto list = std::make_shared<ModuleList>(ReLU());
  const auto dict = std::make_shared<ModuleDict>();
  dict->insert("a", ReLU());
  REFUSES_SOMEWHERE("nn::ModuleList::ModuleList", state, "the module \"0\" is null", ModuleList{null});
  REFUSES("nn::ModuleList::push_back", state, "the module \"1\" is null", list->push_back(null));
  REFUSES("nn::ModuleList::operator[]", value, "[ModuleList] part 1 of 1 does not exist", (*list)[1]);
  REFUSES("nn::ModuleList::get", value, "part 0 is ReLU(), no module of that type", list->get<Linear>(0));
  REFUSES("nn::ModuleDict::insert", value, "the name \"a\" is taken", dict->insert("a", ReLU()));
  REFUSES("nn::ModuleDict::at", value, "[ModuleDict] \"b\": there is no such part", dict->at("b"));
  REFUSES("nn::ModuleDict::get", value, "[ModuleDict] \"a\" is ReLU(), no module", dict->get<Linear>("a"));
  REFUSES("nn::ParameterList::ParameterList", state, "[nn] parameter \"0\" is undefined", ParameterList{u});
  REFUSES("nn::ParameterList::push_back", state, "[nn] parameter \"0\" is undefined", ParameterList().push_back(u));
  REFUSES("nn::ParameterList::operator[]", value, "[ParameterList] parameter 0 of 0", ParameterList()[0]);
}

void add_schedule_rows(Table& table) {
  using namespace optim;
  const std::shared_ptr<Optimizer> sgd = std::make_shared<SGD>(std::vector<Tensor>{zeros(2).requires_grad_()});
  const std::shared_ptr<Optimizer> lion = std::make_shared<Lion>(std::vector<Tensor>{zeros(2).requires_grad_()});
  const auto constant = std::make_shared<ConstantLR>(*sgd, 1.0, 0);
  const auto of_lion = std::make_shared<ConstantLR>(*lion, 1.0, 0);
  const auto cycle =
      std::make_shared<OneCycleLR>(*lion, OneCycleLROptions{.max_lr = 1, .total_steps = 1, .cycle_momentum = false});
  cycle->step();
  const auto plateau = std::make_shared<ReduceLROnPlateau>(*sgd);
  const auto chain = std::make_shared<ChainedScheduler>(LRSchedulers{constant});
  const auto sequence = std::make_shared<SequentialLR>(*sgd, LRSchedulers{constant}, std::vector<std::int64_t>{});
  const auto traced = [](auto f) { compile([f] { f(); })(); };
  const std::string in_trace = "a schedule steps while a function is traced";
  REFUSES("optim::Optimizer::set_momentum", value, "[SGD] momentum 1.000000: not in [0, 1)", sgd->set_momentum(1, 0));
  REFUSES("optim::LRScheduler::step", state, "[ConstantLR] " + in_trace, traced([=] { constant->step(); }));
  REFUSES("optim::LRScheduler::load_state_dict", value, "[load_state_dict] ConstantLR:", constant->load_state_dict({}));
  REFUSES("optim::LambdaLR::LambdaLR", value, "a function is empty", LambdaLR(*sgd, LRFactor()));
  REFUSES("optim::MultiplicativeLR::MultiplicativeLR", value, "for each group",
          MultiplicativeLR(*sgd, std::vector<LRFactor>()));
  REFUSES("optim::StepLR::StepLR", value, "[StepLR] step_size 0: not above 0", StepLR(*sgd, 0));
  REFUSES("optim::ConstantLR::ConstantLR", value, "[ConstantLR] factor 2.000000: not in (0, 1]", ConstantLR(*sgd, 2));
  REFUSES("optim::LinearLR::LinearLR", value, "[LinearLR] start_factor 0.000000", LinearLR(*sgd, 0));
  REFUSES("optim::PolynomialLR::PolynomialLR", value, "[PolynomialLR] total_iters 0", PolynomialLR(*sgd, 0));
  REFUSES("optim::CosineAnnealingLR::CosineAnnealingLR", value, "T_max 0: not above 0", CosineAnnealingLR(*sgd, 0));
  REFUSES("optim::CosineAnnealingWarmRestarts::CosineAnnealingWarmRestarts", value, "T_mult 0: not above 0",
          CosineAnnealingWarmRestarts(*sgd, 1, 0));
  REFUSES("optim::CyclicLR::CyclicLR", value, "a step size is not above 0", CyclicLR(*sgd, {.step_size_up = 0}));
  REFUSES("optim::OneCycleLR::OneCycleLR", value, "[OneCycleLR] total_steps 0", OneCycleLR(*sgd, {.max_lr = 1}));
  REFUSES("optim::OneCycleLR::step", value, "[OneCycleLR] step 2 of 1", cycle->step());
  REFUSES("optim::ReduceLROnPlateau::ReduceLROnPlateau", value, "factor 1.000000: not in [0, 1)",
          ReduceLROnPlateau(*sgd, {.factor = 1}));
  REFUSES("optim::ReduceLROnPlateau::step", state, in_trace, traced([=] { plateau->step(1); }));
  REFUSES("optim::ReduceLROnPlateau::get_last_lr", state, "[compile]", traced([=] { plateau->get_last_lr(); }));
  REFUSES("optim::ReduceLROnPlateau::load_state_dict", value, "4 missing", plateau->load_state_dict({}));
  REFUSES("optim::SequentialLR::SequentialLR", value, "one schedule more", SequentialLR(*sgd, {constant}, {1}));
  REFUSES("optim::SequentialLR::SequentialLR", value, "another optimizer", SequentialLR(*sgd, {of_lion}, {}));
  REFUSES("optim::SequentialLR::step", state, in_trace, traced([=] { sequence->step(); }));
  REFUSES("optim::ChainedScheduler::ChainedScheduler", value, "there is no schedule", ChainedScheduler({}));
  REFUSES("optim::ChainedScheduler::step", state, in_trace, traced([=] { chain->step(); }));
}

void add_training_rows(Table& table) {
  using namespace nn;
  const Tensor u, m = zeros({2, 3});
  const auto average = std::make_shared<AveragedModel>(std::make_shared<Linear>(2, 3));
  const auto linear = std::make_shared<Linear>(2, 3);
  REFUSES("nn::Module::to", dtype, "[to] Linear(2, 3): i64 is not floating", linear->to(kInt64));
  REFUSES("nn::clip_grad_norm_", value, "[clip_grad_norm_] max_norm -1.000000", clip_grad_norm_({m}, -1));
  REFUSES("nn::clip_grad_norm_", state, "[clip_grad_norm_] undefined tensor", clip_grad_norm_({u}, 1));
  REFUSES("nn::clip_grad_value_", value, "[clip_grad_value_] clip_value -1.000000", clip_grad_value_({m}, -1));
  REFUSES("nn::AveragedModel::AveragedModel", state, "the module \"module\" is null", AveragedModel(nullptr));
  REFUSES("nn::AveragedModel::update_parameters", shape, "the model is another one",
          average->update_parameters(Linear(3, 3)));
  REFUSES("nn::AveragedModel::forward", shape, "[linear] a: f32[2,3]", (*average)(m));
}

void add_host_rows(Table& table) {
  const Tensor m = zeros({2, 3});
  float* const null = nullptr;
  const auto same = compile([](Tensor x) { return x; });
  const Function erased([](const std::vector<Tensor>& x) { return x; });
  REFUSES("from_blob", value, "[from_blob] f32[2]: the pointer is null", from_blob(null, 2));
  REFUSES("from_blob", shape, "[from_blob] shape [-1]: negative extent", from_blob(null, -1));
  REFUSES("as_span", dtype, "[data_ptr] f32[2,3] read as f64", as_span<double>(m));
  REFUSES("as_mutable_span", dtype, "[mutable_data_ptr] f32[2,3] read as f64", as_mutable_span<double>(m));
  REFUSES("Function::call_into", value, "[call_into] 0 outputs: the function gives 1", erased.call_into({}, {m}));
  REFUSES("Compiled::call_into", shape, "[call_into] output 0: f32[2]", same.call_into({zeros(2)}, m));
}

void add_module_and_optimizer_rows(Table& table) {
  const Tensor u, m = zeros({2, 3}), x = zeros({2}).requires_grad_();
  const StateDict state{{"a", m}};
  const auto linear = std::make_shared<nn::Linear>(2, 3);
  const auto sgd = std::make_shared<optim::SGD>(std::vector<Tensor>{x});
  const auto adamw = std::make_shared<optim::AdamW>(std::vector<Tensor>{x});
  REFUSES("StateDict::StateDict", value, "[StateDict] \"a\": the name is taken", StateDict({{"a", m}, {"a", m}}));
  REFUSES("StateDict::insert", state, "[StateDict] \"b\": undefined tensor", StateDict(state).insert("b", u));
  REFUSES("StateDict::at", value, "[StateDict] \"b\": there is no such name", state.at("b"));
  REFUSES("nn::Module::apply", state, "[nn] Module: the function is empty", Own().apply(nullptr));
  REFUSES("nn::Module::load_state_dict", value, "[load_state_dict] Linear(2, 3): 2 missing: \"weight\", \"bias\"; 1 un",
          linear->load_state_dict(state));
  REFUSES("nn::Module::load_state_dict", shape, "1 of another shape: \"bias\" is f32[3], given f32[2,3]",
          linear->load_state_dict({{"bias", m}}, false));
  REFUSES("optim::Optimizer::load_state_dict", value, "[load_state_dict] SGD: 7 missing", sgd->load_state_dict(state));
  REFUSES("optim::Optimizer::lr", value, "[SGD] group 1 of 1 does not exist", sgd->lr(1));
  REFUSES("optim::Optimizer::set_lr", value, "[SGD] group 1 of 1 does not exist", sgd->set_lr(1, 1));
  REFUSES("optim::OptimizerOf::add_param_group", state, "[SGD] parameter 0 is there", sgd->add_param_group({x}));
  REFUSES("optim::AdamW::add_param_group", value, "[AdamW] beta1", adamw->add_param_group({m}, {.beta1 = 2}));
}

}  // namespace

void add_state_rows(Table& table) {
  add_module_and_optimizer_rows(table);
  add_adaptive_optimizer_rows(table);
  add_progress_rows(table);
  add_container_rows(table);
  add_schedule_rows(table);
  add_training_rows(table);
  add_host_rows(table);
}

}  // namespace weft
