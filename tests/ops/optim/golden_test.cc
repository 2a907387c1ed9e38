// Optimizers against PyTorch 2.14 in f64, and Lion and LAMB against their formulas in NumPy's manner: the parameter
// after 1, 10 and 100 steps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <memory>

#include "weft/adaptive_optim.h"
#include "weft/function.h"
#include "weft/ops.h"
#include "weft/optim.h"

namespace weft::optim {
namespace {

using Make = std::function<std::unique_ptr<Optimizer>(std::vector<Tensor>)>;
using Values = std::vector<double>;

struct Case {
  const char* name;
  Make make;
  std::vector<Values> after;  // 1, 10 and 100 steps
};

template <class O, class Options>
Make by(Options options) {
  return [=](std::vector<Tensor> parameters) { return std::make_unique<O>(std::move(parameters), options); };
}

const std::vector<Case> kCases = {
    {"SGD .lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true",
     by<SGD, SGDOptions>({.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true}),
     {{0.829908343803, 0.884314175361, 0.0273160141704, -0.791220415886, -0.886130557424},
      {0.949251540557, 0.412178428021, -0.62135867516, -1.03540451403, -0.619415328893},
      {0.986931094009, 0.511412182943, -0.390619590468, -1.0034356252, -0.627176146643}}},
    {"SGD .lr = 0.01, .momentum = 0.5, .dampening = 0.25, .maximize = true",
     by<SGD, SGDOptions>({.lr = 0.01, .momentum = 0.5, .dampening = 0.25, .maximize = true}),
     {{0.841995397762, 0.910521405055, 0.147095579948, -0.754915345554, -0.962659630511},
      {0.836406864032, 0.939222423525, 0.217080513842, -0.717770233895, -1.02532585538},
      {0.753859165386, 1.42958837949, 1.66511897435, 0.333776329398, -3.30066976026}}},
    {"Adam .lr = 0.05, .weight_decay = 0.01, .amsgrad = true",
     by<Adam, AdamOptions>({.lr = 0.05, .weight_decay = 0.01, .amsgrad = true}),
     {{0.791470993024, 0.859297430628, 0.0911200088946, -0.806802492548, -0.908924275968},
      {0.939457667214, 0.490583202653, -0.315762749942, -1.06677485397, -0.559397588674},
      {0.974690757073, 0.526514388124, -0.410790293578, -0.985808635484, -0.646293205076}}},
    {"Adam .lr = 0.01, .maximize = true",
     by<Adam, AdamOptions>({.lr = 0.01, .maximize = true}),
     {{0.851470982901, 0.919297426009, 0.151120007893, -0.746802495838, -0.968924274395},
      {0.820387608392, 1.00729663102, 0.240386684792, -0.657181924199, -1.05948029969},
      {-0.162656474687, 2.11544974894, 1.31631473944, 0.505717571717, -2.20162813976}}},
    {"AdamW .lr = 0.05, .weight_decay = 0.1, .amsgrad = true",
     by<AdamW, AdamWOptions>({.lr = 0.05, .weight_decay = 0.1, .amsgrad = true}),
     {{0.787263639418, 0.854750943777, 0.0904144088563, -0.803018480182, -0.904129654628},
      {0.93533664569, 0.473235835851, -0.312453399387, -1.05808055583, -0.545005646226},
      {0.98250648599, 0.527879740178, -0.408797658818, -0.98703002922, -0.646133163526}}},
    {"RMSprop",
     by<RMSprop, RMSpropOptions>({}),
     {{0.741471175497, 0.809297508526, 0.0411200247947, -0.856802442318, -0.858924301434},
      {0.972470448037, 0.562232129209, -0.235494533842, -0.990438394126, -0.668634143764},
      {1.01511404282, 0.524639846591, -0.404813607703, -1.00701291022, -0.637701914781}}},
    {"RMSprop .lr = 0.01, .alpha = 0.9, .weight_decay = 0.1, .momentum = 0.5, .centered = true",
     by<RMSprop, RMSpropOptions>({.lr = 0.01, .alpha = 0.9, .weight_decay = 0.1, .momentum = 0.5, .centered = true}),
     {{0.808137659609, 0.875964098701, 0.107786676543, -0.790135818811, -0.925590943697},
      {0.750690345688, 0.582471104923, -0.184377789028, -0.913827816074, -0.663633263723},
      {0.767349479641, 0.44573768064, -0.357359818345, -0.930587864756, -0.596697048356}}},
    {"RMSprop .maximize = true",
     by<RMSprop, RMSpropOptions>({.maximize = true}),
     {{0.941470794119, 1.00929734512, 0.241119991325, -0.656802548298, -1.05892424789},
      {0.702364476194, 1.53454964227, 0.694628862001, -0.112459840692, -1.58083234979},
      {-1.50958081175, 3.55547191543, 2.67134770917, 1.96555532272, -3.6374151282}}},
    {"Adagrad",
     by<Adagrad, AdagradOptions>({}),
     {{0.831470984827, 0.899297426834, 0.131120008062, -0.766802495303, -0.948924274666},
      {0.857484415126, 0.856659999048, 0.0941714185089, -0.807766750647, -0.908517328974},
      {0.914317161042, 0.745743502205, -0.0274453645917, -0.908090999382, -0.796744684429}}},
    {"Adagrad .lr = 0.1, .lr_decay = 0.01, .weight_decay = 0.1, .initial_accumulator_value = 0.5",
     by<Adagrad, AdagradOptions>({.lr = 0.1, .lr_decay = 0.01, .weight_decay = 0.1, .initial_accumulator_value = 0.5}),
     {{0.822505064029, 0.880414170362, 0.0756976328215, -0.772587607772, -0.903615580413},
      {0.801146815015, 0.673023288698, -0.155334803575, -0.881704719512, -0.693598378575},
      {0.757501435091, 0.465159941662, -0.366952853339, -0.918750754869, -0.60908720081}}},
    {"Adadelta",
     by<Adadelta, AdadeltaOptions>({}),
     {{0.838314440924, 0.906136204051, 0.137957774679, -0.759964329088, -0.955762110317},
      {0.855127393889, 0.87074923424, 0.111035666362, -0.793315555011, -0.923705918656},
      {0.951795165681, 0.644723774785, -0.145616863368, -0.966539999795, -0.709724441278}}},
    {"Adadelta .lr = 0.5, .rho = 0.8, .weight_decay = 0.1",
     by<Adadelta, AdadeltaOptions>({.lr = 0.5, .rho = 0.8, .weight_decay = 0.1}),
     {{0.840353100608, 0.908179454251, 0.140001981542, -0.757920310599, -0.957806253358},
      {0.837697328761, 0.895204144868, 0.12942738809, -0.770965893692, -0.945489846447},
      {0.804911967635, 0.752018899825, -0.0191772933936, -0.865088547617, -0.796899118057}}},
    {"Adamax",
     by<Adamax, AdamaxOptions>({}),
     {{0.839470985189, 0.907297426989, 0.139120008093, -0.758802495202, -0.956924274717},
      {0.843166603584, 0.894462789681, 0.123510823038, -0.772705729616, -0.941718405296},
      {0.895078959472, 0.783557441158, -0.014257047497, -0.878888472945, -0.819373969888}}},
    {"Adamax .lr = 0.05, .beta1 = 0.8, .weight_decay = 0.1",
     by<Adamax, AdamaxOptions>({.lr = 0.05, .beta1 = 0.8, .weight_decay = 0.1}),
     {{0.791470988469, 0.859297429169, 0.0911200088773, -0.806802490885, -0.908924275728},
      {0.732863161093, 0.548885103629, -0.202558113397, -0.942751952274, -0.612806285174},
      {0.759441031777, 0.459219200191, -0.372737848518, -0.91965867033, -0.610946487127}}},
    {"NAdam",
     by<NAdam, NAdamOptions>({}),
     {{0.839358081654, 0.907184523442, 0.139007104539, -0.758915398753, -0.956811371163},
      {0.847575405304, 0.892650751666, 0.12564098329, -0.773310061613, -0.942526210566},
      {0.92314290191, 0.746499650746, -0.0333596388613, -0.906999488541, -0.796198497762}}},
    {"NAdam .lr = 0.05, .weight_decay = 0.1, .momentum_decay = 0.01",
     by<NAdam, NAdamOptions>({.lr = 0.05, .weight_decay = 0.1, .momentum_decay = 0.01}),
     {{0.788646491309, 0.856472931936, 0.0882955115571, -0.809626988001, -0.906099778422},
      {0.759276186518, 0.569676748124, -0.186517779711, -0.923922945875, -0.653908056312},
      {0.783897454885, 0.434228472391, -0.353575013329, -0.949784371371, -0.5864738527}}},
    {"NAdam .lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true",
     by<NAdam, NAdamOptions>({.lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true}),
     {{0.784441051039, 0.851928355089, 0.0875918199858, -0.80584106895, -0.901307065786},
      {0.935043787089, 0.568260903898, -0.19012151457, -0.981112484788, -0.65249576025},
      {1.0100060672, 0.499112761518, -0.388426034105, -1.01767113428, -0.618097379629}}},
    {"RAdam",
     by<RAdam, RAdamOptions>({}),
     {{0.841418543512, 0.909175029003, 0.140522450871, -0.756991210283, -0.958550739078},
      {0.841617433118, 0.908214063745, 0.138204602787, -0.75814911423, -0.956694386848},
      {0.849074918055, 0.895368081101, 0.124913143031, -0.771162907281, -0.943403940588}}},
    {"RAdam .lr = 0.05, .beta2 = 0.99, .weight_decay = 0.1",
     by<RAdam, RAdamOptions>({.lr = 0.05, .beta2 = 0.99, .weight_decay = 0.1}),
     {{0.834641565112, 0.898631048546, 0.110536548579, -0.7624542316, -0.935452874049},
      {0.809951767074, 0.814771364677, -0.0195815284124, -0.820863876418, -0.814141508114},
      {0.753940901278, 0.460830547557, -0.372711733715, -0.91807022123, -0.613140811251}}},
    {"RAdam .lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true",
     by<RAdam, RAdamOptions>({.lr = 0.05, .weight_decay = 0.1, .decoupled_weight_decay = true}),
     {{0.834641565112, 0.898631048546, 0.110536548579, -0.7624542316, -0.935452874049},
      {0.808453983623, 0.814320428138, 0.000442209726842, -0.783144753205, -0.813618204774},
      {0.861320120908, 0.488738545392, -0.344137914172, -0.91566531938, -0.627422766962}}},
    {"Lion .lr = 0.01, .weight_decay = 0.1",
     by<Lion, LionOptions>({.lr = 0.01, .weight_decay = 0.1}),
     {{0.830629513823, 0.898388129399, 0.130978888052, -0.766045692813, -0.947965350388},
      {0.853083881073, 0.800694064114, 0.0401639435723, -0.848819633712, -0.849826870737},
      {1.00260142385, 0.57407322681, -0.625291857965, -0.998926380839, -0.632312073731}}},
    {"LAMB .lr = 0.01",
     by<LAMB, LAMBOptions>({.lr = 0.01}),
     {{0.833631855452, 0.901452940011, 0.1333351878, -0.76451748412, -0.951075887224},
      {0.86120906208, 0.827630290011, 0.0586459530193, -0.837903405767, -0.874945704778},
      {1.01704786327, 0.534418390284, -0.424168575056, -0.989479555484, -0.654156852724}}},
};

Values start() {
  Values values;
  for (int i = 0; i < 5; ++i) values.push_back(std::sin(i + 1.0));
  return values;
}

// 0.3 (i + 1) (p - cos(i)) + 0.1 cos(3 i + t)
Tensor gradient(const Tensor& p, const Tensor& t) {
  const Tensor i = arange(0, 5, 1, kFloat64);
  return (i + 1) * 0.3 * (p - i.cos()) + (i * 3 + t).cos() * 0.1;
}

void expect_near(const Values& values, const Values& expected, double tolerance) {
  ASSERT_EQ(values.size(), expected.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_NEAR(values[i], expected[i], tolerance * std::abs(expected[i])) << "element " << i;
}

TEST(Golden, HundredStepsAreThoseOfPyTorch) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.name);
    const Tensor p = from_data(start(), 5).requires_grad_();
    const auto optimizer = c.make({p});
    for (int t = 0; t < 100; ++t) {
      p.set_grad(gradient(p.detach(), full({}, t, kFloat64)));
      optimizer->step();
      if (t == 0) expect_near(p.to_vector<double>(), c.after[0], 1e-9);
      if (t == 9) expect_near(p.to_vector<double>(), c.after[1], 1e-9);
    }
    expect_near(p.to_vector<double>(), c.after[2], 1e-6);
  }
}

// The bits of 20 steps in f32.
std::vector<float> train(const Make& make, bool compiled) {
  std::vector<float> values(40);
  for (int i = 0; i < 40; ++i) values[static_cast<std::size_t>(i)] = std::sin(static_cast<float>(i + 1));
  const Tensor p = from_data(values, {5, 8}).requires_grad_(), q = ones(3).requires_grad_();
  const auto optimizer = make({p, q});
  const auto body = [&](Tensor t) {
    ((p - (p + t).cos()).square().sum() + (q * q * t).sum() * 0.1).backward();
    optimizer->step();
    optimizer->zero_grad();
  };
  const auto step = compile(body);
  for (int t = 0; t < 20; ++t) compiled ? step(full({}, t, kFloat32)) : body(full({}, t, kFloat32));
  EXPECT_EQ(step.stats().traces, compiled ? 1u : 0u);
  std::vector<float> result = p.to_vector<float>();
  for (const float x : q.to_vector<float>()) result.push_back(x);
  return result;
}

TEST(Golden, CompiledStepsGiveTheBitsOfEagerSteps) {
  for (const Case& c : kCases) EXPECT_EQ(train(c.make, true), train(c.make, false)) << c.name;
}

TEST(Golden, AStateContinuesWithTheSameBits) {
  for (const Case& c : kCases) {
    const Tensor p = from_data(start(), 5).requires_grad_();
    const auto optimizer = c.make({p});
    const auto step = [](Optimizer& by, const Tensor& x, int t) {
      x.set_grad(gradient(x.detach(), full({}, t, kFloat64)));
      by.step();
    };
    for (int t = 0; t < 7; ++t) step(*optimizer, p, t);
    const Tensor q = p.detach().clone().requires_grad_();
    const auto resumed = c.make({q});
    resumed->load_state_dict(optimizer->state_dict());
    for (int t = 7; t < 12; ++t) {
      step(*optimizer, p, t);
      step(*resumed, q, t);
    }
    EXPECT_EQ(p.to_vector<double>(), q.to_vector<double>()) << c.name;
  }
}

}  // namespace
}  // namespace weft::optim
