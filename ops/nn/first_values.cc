// The draws that parameters start from, and their order in a Sequential.
#include <algorithm>
#include <unordered_set>

#include "graph/capture/random.h"
#include "weft/autograd.h"
#include "weft/indexing.h"
#include "weft/nn.h"
#include "weft/ops.h"

namespace weft::nn {
namespace {

template <class T>
bool are_equal(const Tensor& a, const Tensor& b) {
  return std::equal(a.data_ptr<T>(), a.data_ptr<T>() + a.numel(), b.data_ptr<T>());
}

}  // namespace

void Module::Distribution::draw(const Tensor& to, SourceLocation at) const {
  if (bound)
    init::uniform_(to, -*bound, *bound, at);
  else
    init::normal_(to, 0, 1, at);
  if (!zero_row) return;
  const NoGradGuard no_grad;
  to.copy_(index_fill({to, at}, 0, full({}, {*zero_row, at}, kInt64, at), {0, at}), at);
}

Tensor Module::register_drawn(const std::string& name, DimsRef shape, const Distribution& distribution, DType dtype,
                              SourceLocation at) {
  const Tensor parameter = register_parameter(name, zeros(shape, dtype, at), at);
  const std::optional<Draw> draw = next_draw();
  distribution.draw(parameter, at);
  if (draw) first_values_.push_back({parameter, distribution, draw->seed, draw->number});
  return parameter;
}

Tensor Module::register_uniform(const std::string& name, DimsRef shape, double bound, DType dtype, SourceLocation at) {
  return register_drawn(name, shape, {bound, {}}, dtype, at);
}

Tensor Module::register_normal(const std::string& name, DimsRef shape, std::optional<std::int64_t> zero_row,
                               DType dtype, SourceLocation at) {
  return register_drawn(name, shape, {{}, zero_row}, dtype, at);
}

void Module::FirstValues::draw() const {
  const DrawScope scope({seed, number});
  distribution.draw(parameter, SourceLocation::current());
}

bool Module::FirstValues::are_there() const {
  const DrawScope scope({seed, number});
  const Tensor drawn = zeros(parameter.shape(), parameter.dtype());
  distribution.draw(drawn, SourceLocation::current());
  return parameter.dtype() == DType::f32 ? are_equal<float>(parameter, drawn) : are_equal<double>(parameter, drawn);
}

// Those of a part that is there twice once.
void Module::collect_first_values(std::vector<FirstValues*>& found) {
  std::unordered_set<Module*> seen;
  std::vector<Module*> open{this};
  while (!open.empty()) {
    Module* const module = open.back();
    open.pop_back();
    if (!seen.insert(module).second) continue;
    for (FirstValues& values : module->first_values_) found.push_back(&values);
    for (const auto& child : module->children_) open.push_back(child.second.get());
  }
}

void Module::forget_first_values() {
  first_values_.clear();
  for (const auto& child : children_) child.second->forget_first_values();
}

void Module::draw_in_order() {
  if (!next_draw()) return;  // in a trace the draws are not made yet
  const auto draw_of = [](const FirstValues* v) { return Draw{v->seed, v->number}; };
  const auto before = [&](const FirstValues* a, const FirstValues* b) { return draw_of(a) < draw_of(b); };
  std::vector<FirstValues*> values;  // of the parts from left to right; within a part as it has drawn them
  for (const auto& part : children_) {
    std::vector<FirstValues*> of_part;
    part.second->collect_first_values(of_part);
    std::sort(of_part.begin(), of_part.end(), before);
    values.insert(values.end(), of_part.begin(), of_part.end());
  }
  if (std::is_sorted(values.begin(), values.end(), before)) return;
  const auto has_other_seed = [&](const FirstValues* v) { return v->seed != values[0]->seed; };
  if (std::any_of(values.begin(), values.end(), has_other_seed)) return;  // the user has chosen who draws what
  std::erase_if(values, [](const FirstValues* v) { return !v->are_there(); });
  std::vector<Draw> draws;
  for (const FirstValues* v : values) draws.push_back(draw_of(v));
  std::sort(draws.begin(), draws.end());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (draw_of(values[i]) == draws[i]) continue;
    values[i]->seed = draws[i].seed;
    values[i]->number = draws[i].number;
    values[i]->draw();
  }
}

}  // namespace weft::nn
