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
  REFUSES("optim::LAMB::LAMB", state, "[LAMB] there are no parameters", LAMB({}));
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
  add_container_rows(table);
}

}  // namespace weft
