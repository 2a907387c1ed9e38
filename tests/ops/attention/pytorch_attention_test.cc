// Attention: values and gradients by PyTorch 2.14 in f64. Each case is named by PyTorch's expression.
#include <gmock/gmock.h>

#include "tests/testing/pytorch_case.h"
#include "weft/weft.h"

namespace weft {
namespace {

const PyTorchCase kCases[] = {
    {R"(weighted(S(a,b,b)))",
     [](const Tensor& a, const Tensor& b) { return weighted(scaled_dot_product_attention(a, b, b)); },
     {{{{1.55, -0.3}, {-2.2, 0.55}, {-1.1, -1.4}}, {{0.4, 0.85}, {-0.7, -0.4}, {-0.6, 0.2}}}},
     {{{{-0.85, 1.1}, {-1.05, 0.1}, {-0.55, 0.35}}, {{-0.9, -1.5}, {0.35, 1.45}, {0.95, 0.75}}}},
     -0.0461446812018,
     {0.00355340953125, 0.0218574605625, 0.0135485090047, 0.0649729426777, 0.028020051542, 0.0649494679079,
      0.186227179341, 0.36542346989, 0.920442956459, 1.58425549926, 1.21572263552, 2.19332818124},
     {0.0690954391677, 0.275274194715, 0.626248050257, 0.630149172367, 0.204656510575, 0.294576632918, 1.9638223992,
      1.18316288649, 0.41568790419, 1.06119791246, 0.320489696614, 0.755639201041}},
    {R"(weighted(S(a,b,b,is_causal=True)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scaled_dot_product_attention(a, b, b, {}, {.is_causal = true}));
     },
     {{{{1.55, -0.3}, {-2.2, 0.55}, {-1.1, -1.4}}, {{0.4, 0.85}, {-0.7, -0.4}, {-0.6, 0.2}}}},
     {{{{-0.85, 1.1}, {-1.05, 0.1}, {-0.55, 0.35}}, {{-0.9, -1.5}, {0.35, 1.45}, {0.95, 0.75}}}},
     -3.36873835028,
     {-1.66822323735e-17, 2.15887713069e-17, 0.0162388822724, 0.0811944113618, 0.028020051542, 0.0649494679079,
      -1.41308321282e-16, -2.35513868803e-16, 0.553257665874, 1.30568809146, 1.21572263552, 2.19332818124},
     {0.101033675635, 0.476500058141, 0.692468331728, 0.598374378777, 0.106497992637, 0.125125563082, 2.66731229268,
      2.09983279167, -0.0494047626361, 0.537699514581, 0.0820924699558, 0.362467693754}},
    {R"(weighted(S(b,a,b,scale=0.25)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scaled_dot_product_attention(b, a, b, {}, {.scale = 0.25}));
     },
     {{{{1.55, -0.3}, {-2.2, 0.55}, {-1.1, -1.4}}, {{0.4, 0.85}, {-0.7, -0.4}, {-0.6, 0.2}}}},
     {{{{-0.85, 1.1}, {-1.05, 0.1}, {-0.55, 0.35}}, {{-0.9, -1.5}, {0.35, 1.45}, {0.95, 0.75}}}},
     0.252291707998,
     {-0.0333148124625, 0.0180208348524, 0.0469997561326, -0.0237873518351, -0.0136849436702, 0.00576651698266,
      -0.24610809321, -0.375858009939, 0.103137876856, 0.150718845818, 0.142970216354, 0.225139164121},
     {0.224024827371, 0.245307793432, 0.474840205671, 0.540631635213, 0.388151551136, 0.342255309341, 0.876311953377,
      0.99053527904, 0.568398976914, 0.692544719745, 0.546508331054, 0.67406835329}},
    {R"(weighted(S(a,b,a,attn_mask=torch.tensor([[True,False,True],[False,False,False],[False,True,True]]))))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scaled_dot_product_attention(
           a, b, a, tensor({{true, false, true}, {false, false, false}, {false, true, true}})));
     },
     {{{{1.55, -0.3}, {-2.2, 0.55}, {-1.1, -1.4}}, {{0.4, 0.85}, {-0.7, -0.4}, {-0.6, 0.2}}}},
     {{{{-0.85, 1.1}, {-1.05, 0.1}, {-0.55, 0.35}}, {{-0.9, -1.5}, {0.35, 1.45}, {0.95, 0.75}}}},
     -2.1955459469,
     {0.0137897205702, 0.136700087749, 0.326969170529, 0.392363004635, 0.185385759508, 0.306756330659, -0.0908799210713,
      -0.117353971555, 0.646226900924, 0.704974801008, 1.14608662192, 1.08914583959},
     {0.125286668328, -0.0242490325797, -0.10913389699, -0.138897687078, -0.0161527713384, 0.163146719658,
      0.0397635504474, 0.0844975447008, 0.085340022588, -0.028446674196, -0.125103573035, -0.0560508705048}},
    {R"(weighted(S(a,b,a,attn_mask=torch.tensor([[0.5,-inf,1.0]]))))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scaled_dot_product_attention(a, b, a, tensor({{0.5, -kInf, 1.0}}, a.dtype())));
     },
     {{{{1.55, -0.3}, {-2.2, 0.55}, {-1.1, -1.4}}, {{0.4, 0.85}, {-0.7, -0.4}, {-0.6, 0.2}}}},
     {{{{-0.85, 1.1}, {-1.05, 0.1}, {-0.55, 0.35}}, {{-0.9, -1.5}, {0.35, 1.45}, {0.95, 0.75}}}},
     -0.154341655717,
     {0.309638774081, 0.491103903473, -0.0644147524919, 0.16103688123, 0.487579839186, 0.965849563361, 1.1432438907,
      1.24818159555, -0.388966606378, -0.473067494244, 0.8179037858, 0.853214227218},
     {-0.669560804131, -0.286968967811, 0, 0, 0.669560804131, 0.286968967811, -0.319672719349, 0.039410588756, 0, 0,
      0.319672719349, -0.039410588756}},
    {R"(weighted(S(a,a,a,attn_mask=b)))",
     [](const Tensor& a, const Tensor& b) { return weighted(scaled_dot_product_attention(a, a, a, b)); },
     {{{{0.25, 0.75, 0.15}, {-0.05, 0.45, 1.1}, {0.35, -0.2, -3.15}},
       {{-0.1, -1.65, 0.9}, {1.15, -0.1, -1.95}, {0.2, -1.4, -2.05}}}},
     {{1.3, 0.05, -0.3}, {-0.15, 1.9, 3.1}, {-0.45, -0.35, -1.55}},
     -10.3387257728,
     {0.0986629169095, 0.234606367489, 0.412041743845, 0.258128549284, 0.670192109018, 1.56852070003, 0.750603242283,
      0.776329518124, 0.890437776447, 1.02070668922, 0.937062418595, 1.32119814552, 2.18661730013, 1.11041652092,
      -0.359512797435, 1.51302994114, 3.29407552417, 3.97691692522},
     {0.133836954391, 0.0422218084646, -0.176058762855, 0.00922824128194, 1.02751707799, -1.03674531927, 0.128962667971,
      0.874701624309, -1.00366429228}},
    {R"(weighted(S(a,a,a,attn_mask=b.reshape(2,1,3))))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scaled_dot_product_attention(a, a, a, b.reshape({2, 1, 3})));
     },
     {{{{0.2, 0.95, -0.4}, {0.45, 0.55, 0.3}, {-0.5, -1.45, 1.1}},
       {{0.3, -1.3, 0.9}, {1.1, 0.6, -0.95}, {-1.3, 1.95, -0.05}}}},
     {{1.25, -0.55, -1.15}, {-2.5, 0.9, -2.65}},
     2.77906043362,
     {0.562724005861, 0.655548555203, 1.12945945775, 0.132756543323, 0.124333235834, 0.271989803244, 0.650629176048,
      1.10345642353, 0.201063179521, 0.281989539842, 0.49478962857, 0.108211466642, 2.97345529783, 3.06717181628,
      3.45729944924, 0.671603463687, 0.799174969678, 0.808029298649},
     {0.141618483798, 0.162038451498, -0.303656935295, -0.129978313847, 0.106172639321, 0.023805674526}},
    {R"(weighted(S(a,b,b,enable_gqa=True)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scaled_dot_product_attention(a, b, b, {}, {.enable_gqa = true}));
     },
     {{{{-2, -0.7}, {0.45, -0.35}},
       {{-0.55, -0.15}, {1.35, 0.25}},
       {{0, 0.25}, {-1.5, 1}},
       {{1.1, -0.55}, {0.55, -0.2}}}},
     {{{{-0.05, 2}, {0.7, -0.5}, {1.3, 0.4}}, {{0.1, -0.15}, {-0.45, -1.95}, {0.65, -0.1}}}},
     -0.608254279053,
     {-0.0451737537319, 0.161288359321, -0.00779750163551, 0.178726068987, -0.0738617491981, 0.353292481173,
      -0.00642744736804, 0.277468097098, 0.331798091928, 0.650546613079, 0.338217859171, 0.71229555684, 0.568697724949,
      1.08664635763, 0.609853089713, 1.18441786659},
     {0.352201458369, 0.470999930795, 0.488104601726, 0.755172062858, 0.759693939905, 0.773828006347, 1.6743738367,
      1.87052865501, 1.0081905582, 1.5225227895, 2.1174356051, 1.80694855549}},
    {R"(weighted(S(a,b,b[:,:1],is_causal=True,enable_gqa=True)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(
           scaled_dot_product_attention(a, b, b.narrow(1, 0, 1), {}, {.is_causal = true, .enable_gqa = true}));
     },
     {{{{0.6, -1.55}, {-0.1, 1}},
       {{0.05, -1.1}, {1.3, 1.3}},
       {{0.35, -0.65}, {1.2, 0.75}},
       {{-0.5, -1.3}, {0.6, -0.7}}}},
     {{{{0.45, 0.35}, {-1.45, -1.4}, {-0.8, -0.95}}, {{0.75, 1.25}, {-0.75, -1}, {1.7, 0.1}}}},
     1.17686058147,
     {0, 0, 0.319205515949, 0.294005080479, 0, 0, 0.119522273751, 0.110086304771, 0, 0, 0.320633410289, 0.480950115433,
      0, 0, 1.41599450623, 2.12399175934},
     {5.35485695788, 6.24183316711, 1.04514304212, 0.958166832886, 0, 0, 0.822904530721, -0.500480731095,
      -0.822904530721, 0.500480731095, 0, 0}},
    {R"(weighted(S(a,b,b)))",
     [](const Tensor& a, const Tensor& b) { return weighted(scaled_dot_product_attention(a, b, b)); },
     {{-0.9, 1.05}, {-1.1, 0.75}, {-0.05, 1.15}},
     {{0.15, 0.7}, {0.4, -1.95}, {-1.3, -1.35}, {0.05, -0.3}},
     -0.340846302931,
     {0.0846463586975, 0.152271589677, 0.228751979381, 0.352858877438, 0.162435202031, 0.392104609564},
     {0.194452307496, 0.98225673548, 0.0915305520409, 0.000562950448092, 0.429703716617, -0.0580608488446,
      0.184313423846, 0.275241162916}},
    {R"(weighted(S(a,b,b)))",
     [](const Tensor& a, const Tensor& b) { return weighted(scaled_dot_product_attention(a, b, b)); },
     {{1.55, -0.45}, {-0.55, -0.5}, {1.7, 0.35}},
     {{{-0.35, 0.9}, {-2.2, -0.5}, {-0.05, 1.75}, {0.7, -0.65}},
      {{0.7, 0.45}, {-1.6, 0.15}, {-0.85, -0.95}, {-1.05, -1.55}}},
     -1.09664132046,
     {0.685468148824, 0.765292009744, 0.697274510737, 0.726390623559, 0.636191678898, 0.930526507287},
     {0.13436687013, 0.164455533481, 0.237515139432, 0.324593276966, 0.485019621016, 0.273018999151, 0.0430983694217,
      0.437932190402, 2.59946799414, 1.40792812276, 0.10644131988, 0.311430034727, -0.0443961086966, 0.541392609246,
      0.0384867946799, 0.739249233265}},
    {R"(weighted(S(a,b,b)))",
     [](const Tensor& a, const Tensor& b) { return weighted(scaled_dot_product_attention(a, b, b)); },
     {{{{0.6, -0.45}, {-0.15, -1.25}, {-1.4, -1.55}}}, {{{-0.4, -0.5}, {0.35, 0.85}, {-0.5, 0.15}}}},
     {{{0.65, 0.8}, {-0.1, -0.15}}, {{0.55, -0.7}, {0.55, 2.05}}},
     12.635612554,
     {0.0351321449373, 0.932821060423, 0.0653967362502, 0.480283777667, 0.061721585548, 0.364415004797, 0.283760017055,
      2.48898618079, 0.304920927573, 1.97315428683, 0.393096672105, 3.63913237584},
     {2.11399732508, 2.70656998739, 3.28600267492, 3.29343001261, 5.72186465615, 5.67127524953, 3.27813534385,
      3.92872475047}},
    {R"(weighted(S(a,b,b[...,:1],is_causal=True)))",
     [](const Tensor& a, const Tensor& b) {
       return weighted(scaled_dot_product_attention(a, b, b.narrow(3, 0, 1), {}, {.is_causal = true}));
     },
     {{{{-2.1, 0.35, 0.55}, {0.25, 1, 0.35}, {0.8, 0.95, -0.15}, {0.4, 1.75, 1.8}}}},
     {{{{0.9, -0.2, 1.25}, {1.35, -1, -0.3}}}},
     1.01007711984,
     {0, 0, 0, 0.00516647082783, -0.00918483702726, -0.0177956217403, 0.00874803817293, -0.015552067863,
      -0.0301321314845, 0.00382525072798, -0.00680044573864, -0.0131758636186},
     {0.733561625839, -0.0448251019246, -0.0164033563871, 0.266438374161, 0.0448251019246, 0.0164033563871}},
    {R"(weighted(S(a,b,b,dropout_p=1.0))+a.sum())",
     [](const Tensor& a,
        const Tensor& b) { return weighted(scaled_dot_product_attention(a, b, b, {}, {.dropout_p = 1})) + a.sum(); },
     {{{{0.95, -1.4}, {-0.8, 0.7}}}},
     {{{{1.4, -0.95}, {-0.6, 0.35}}}},
     -2.2,
     {4, 4, 4, 4},
     {0, 0, 0, 0}},
};

class AttentionCases : public testing::TestWithParam<PyTorchCase> {};

TEST_P(AttentionCases, AreThoseOfPyTorch) { expect_pytorch(GetParam()); }

INSTANTIATE_TEST_SUITE_P(All, AttentionCases, testing::ValuesIn(kCases));

using ::testing::Each;

TEST(AttentionTest, AQueryThatSeesNoKeyGivesZeros) {
  manual_seed(1);
  const Tensor q = randn({1, 2, 3, 4}).requires_grad_(), k = randn({1, 2, 5, 4});
  for (const Tensor& mask : {zeros({3, 5}, kBool), full({3, 5}, -kInf)}) {
    const Tensor y = scaled_dot_product_attention(q, k, k, mask);
    EXPECT_THAT(y.to_vector<float>(), Each(0));
    EXPECT_THAT(grad({y.sum()}, {q})[0].to_vector<float>(), Each(0));
  }
  EXPECT_THAT(scaled_dot_product_attention(q, zeros({1, 2, 0, 4}), zeros({1, 2, 0, 4})).to_vector<float>(), Each(0));
}

TEST(AttentionTest, NoElementsAreLegal) {
  EXPECT_EQ(scaled_dot_product_attention(zeros({0, 3}), zeros({4, 3}), zeros({4, 2})).shape(), (Shape{0, 2}));
  EXPECT_EQ(scaled_dot_product_attention(zeros({2, 0, 1, 3}), zeros({2, 0, 4, 3}), zeros({2, 0, 4, 2})).shape(),
            (Shape{2, 0, 1, 2}));
  // Of vectors of no elements all scores are 0, and all keys count the same.
  const Tensor y = scaled_dot_product_attention(zeros({1, 0}), zeros({2, 0}), tensor({{1.0}, {3.0}}));
  EXPECT_EQ(y.item(), 2);
}

Tensor by_matrices(const Tensor& q, const Tensor& k, const Tensor& v, const Tensor& mask) {
  return matmul(softmax(matmul(q, k.transpose(-1, -2)) * 0.25 + mask, -1), v);
}

TEST(AttentionTest, ManyTilesGiveWhatTheMatrixOfScoresGives) {
  manual_seed(2);
  const Tensor q = randn({2, 3, 150, 16}, kFloat64).requires_grad_(), k = randn({2, 3, 260, 16}, kFloat64),
               v = randn({2, 3, 260, 16}, kFloat64);
  const Tensor mask = randn({150, 260}, kFloat64);
  const Tensor whole = by_matrices(q, k, v, mask), tiles = scaled_dot_product_attention(q, k, v, mask);
  EXPECT_LT((whole - tiles).abs().max().item(), 1e-12);
  const Tensor difference = grad({square(whole).sum()}, {q})[0] - grad({square(tiles).sum()}, {q})[0];
  EXPECT_LT(difference.abs().max().item(), 1e-12);
}

TEST(AttentionTest, DropoutKeepsTheMeanAndTheDraws) {
  const Tensor q = ones({1, 1, 64, 8}), v = ones({1, 1, 256, 8});
  manual_seed(3);
  const Tensor y = scaled_dot_product_attention(q, v, v, {}, {.dropout_p = 0.25});
  EXPECT_NEAR(y.mean().item(), 1, 0.02);
  EXPECT_GT(y.max().item(), 1.02);
  manual_seed(3);
  EXPECT_EQ(scaled_dot_product_attention(q, v, v, {}, {.dropout_p = 0.25}).to_vector<float>(), y.to_vector<float>());
}

TEST(AttentionTest, MemoryIsLinearInTheSequence) {
  const auto bytes = [](std::int64_t length) {
    auto step = compile([](Tensor q) {
      const Tensor x = q.detach().requires_grad_();
      scaled_dot_product_attention(x, x, x, {}, {.is_causal = true}).sum().backward();
      return x.grad();
    });
    step(zeros({1, 1, length, 8}));
    const MemoryReport memory = step.memory();
    return memory.planned_peak_bytes + memory.scratch_bytes;
  };
  EXPECT_LT(bytes(2048), 5 * bytes(512));
}

TEST(PositionsTest, SinusoidsAreThoseOfTheFormula) {
  const Tensor p = sinusoidal_positions(5, 6, kFloat64);
  EXPECT_NEAR(p[3][4].item(), std::sin(3 / std::pow(10000, 4.0 / 6)), 1e-12);
  EXPECT_NEAR(p[3][5].item(), std::cos(3 / std::pow(10000, 4.0 / 6)), 1e-12);
  EXPECT_EQ(sinusoidal_positions(4, 3).shape(), (Shape{4, 3}));
}

TEST(PositionsTest, RotationsTurnPairsByTheirPosition) {
  const Tensor x = tensor({{1.0, 2.0, 3.0, 4.0}, {1.0, 2.0, 3.0, 4.0}}, kFloat64);
  const Tensor halves = rotary_positions(x, {.base = 100, .first = 1});
  EXPECT_NEAR(halves[1][0].item(), std::cos(2) - 3 * std::sin(2), 1e-12);
  EXPECT_NEAR(halves[1][2].item(), std::sin(2) + 3 * std::cos(2), 1e-12);
  EXPECT_NEAR(halves[1][1].item(), 2 * std::cos(0.2) - 4 * std::sin(0.2), 1e-12);
  const Tensor pairs = rotary_positions(x, {.base = 100, .first = 1, .interleaved = true});
  EXPECT_NEAR(pairs[1][0].item(), std::cos(2) - 2 * std::sin(2), 1e-12);
  EXPECT_NEAR(pairs[1][3].item(), 3 * std::sin(0.2) + 4 * std::cos(0.2), 1e-12);
}

TEST(PositionsTest, ScoresOfRotatedVectorsDependOnDistancesOnly) {
  manual_seed(4);
  const Tensor q = randn({1, 8}, kFloat64), k = randn({1, 8}, kFloat64);
  const auto score = [&](std::int64_t i, std::int64_t j) {
    return (rotary_positions(q, {.first = i}) * rotary_positions(k, {.first = j})).sum().item();
  };
  EXPECT_NEAR(score(3, 1), score(9, 7), 1e-12);
}

}  // namespace
}  // namespace weft
