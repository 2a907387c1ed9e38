// Modules of attention: values and gradients by PyTorch 2.14 in f64.
#include <gmock/gmock.h>

#include "tests/testing/pytorch_module.h"
#include "weft/weft.h"

namespace weft {
namespace {

using nn::AttentionMasks;
using Tensors = std::vector<Tensor>;

const std::vector<double> kSelfAttention = {-0.2197675829,  -0.4392452339, -0.2444097667, -0.8071116048, -0.2075735938,
                                            -0.4374514486,  -0.259984045,  -0.7795565242, -0.2158672707, -0.441535933,
                                            -0.2439933832,  -0.8056055575, -0.1581091002, -0.4855306799, -0.2188458868,
                                            -0.8089998763,  -0.173655092,  -0.473972468,  -0.2250807059, -0.8088089165,
                                            -0.1507955334,  -0.495091504,  -0.2081426095, -0.8196087863, 0.004069107795,
                                            -0.01860003119, 0.04725624471, 0.1867256085,  -0.1134385418};
const std::vector<double> kSequenceFirst = {-0.2430576627, -0.4064435197,  -0.2829327027, -0.7673189772, -0.0509141247,
                                            -0.5994543997, -0.1113579144,  -0.8976312944, -0.2741887055, -0.3735107194,
                                            -0.3138617002, -0.7419677926,  -0.2284711691, -0.4134561162, -0.2843043462,
                                            -0.7577215944, -0.06611114585, -0.5866437247, -0.1203019017, -0.8935875202,
                                            -0.2599954015, -0.3868595923,  -0.3028997918, -0.7492760297, -0.02956598901,
                                            -0.1058135977, 0.04640238016,  0.1825661101,  -0.1134385418};
const std::vector<double> kWithoutBatch = {-0.3735317221, -0.2738688756, -0.4022882263, -0.6749747397,  -0.1692582812,
                                           -0.4721518677, -0.2329083373, -0.7958787784, -0.2158672707,  -0.441535933,
                                           -0.2439933832, -0.8056055575, -0.0762823545, -0.06080161855, 0.009313425823,
                                           0.2070832814,  0.347139021};
const std::vector<double> kMasks = {-0.3735317221,  -0.2738688756, -0.4022882263,  -0.6749747397, -0.1692582812,
                                    -0.4721518677,  -0.2329083373, -0.7958787784,  -0.1716946492, -0.4858101313,
                                    -0.2047337272,  -0.8353140091, -0.08510996003, -0.552882325,  -0.1649245776,
                                    -0.8432599556,  -0.134546219,  -0.5154557368,  -0.1860166537, -0.8409396931,
                                    -0.1507955334,  -0.495091504,  -0.2081426095,  -0.8196087863, -0.08621981728,
                                    -0.05029266264, 0.04663424895, 0.1838888088,   -0.1134385418};
const std::vector<double> kMaskOfHeads = {-0.2116924884, -0.4474610633, -0.2370025851, -0.8128541994, -0.2240369603,
                                          -0.4205672976, -0.275337927,  -0.767507134,  -0.2157868128, -0.4417210615,
                                          -0.2437249767, -0.8059262261, -0.154947908,  -0.4894213129, -0.2146753963,
                                          -0.8129683019, -0.1607882961, -0.4859186783, -0.2154355295, -0.8150385077,
                                          -0.1659568257, -0.4789706372, -0.2233601988, -0.8070529477, 0.008231849336,
                                          -0.0111797582, 0.04727042,    0.1888243103,  -0.1134385418};
const std::vector<double> kWeights = {
    -0.1484304711,   -0.5067824709, -0.1884766915, -0.8449771539, -0.1411530658, -0.5026547276, -0.2035326006,
    -0.8207328694,   -0.1495363598, -0.5038818935, -0.1928367804, -0.839661385,  -0.1436493854, -0.5040141954,
    -0.1984744391,   -0.8289052271, -0.1281743684, -0.5329452263, -0.1594305288, -0.8735502852, -0.1302371691,
    -0.5217258793,   -0.178509967,  -0.8488154866, 0.1958076825,  0.2323732744,  0.1581222773,  0.2707862575,
    0.1429105083,    0.1921454606,  0.1806580062,  0.2239640628,  0.1589972659,  0.2442352045,  0.2025051819,
    0.2219325077,    0.1667589821,  0.257628766,   0.1511745624,  0.1756578857,  0.2320415851,  0.1788256966,
    0.2212158748,    0.1922589578,  0.2254657769,  0.1725798338,  0.2195499195,  0.180911998,   0.2014924718,
    0.2084612075,    0.1967713042,  0.1980881331,  0.2074060605,  0.1892732948,  0.03176349455, -0.08597527449,
    -0.002133782281, 0.0442194151,  0.1828002584,  -0.1134385418};
const std::vector<double> kWeightsOfHeads = {
    0.02016562018,   -0.01892283783,  0.01549342092,   -0.01027365682, -0.003450764512, 0.01139812889,   -0.01802837886,
    0.02257535376,   0.01490594648,   -0.01326233281,  0.01008618605,  -0.005744526845, -0.006210936351, 0.01374098588,
    -0.01968319141,  0.02335089949,   0.0401111209,    -0.03347659623, 0.02297367281,   -0.009816019301, 0.01414922248,
    -0.004486290303, -0.005695056583, 0.01521830939,   0.175834698,    0.2509261531,    0.1502928721,    0.2766869262,
    0.1462593505,    0.2109209094,    0.1556393288,    0.2422061756,   0.1426421921,    0.2485913941,    0.1867693319,
    0.2320659661,    0.1683765102,    0.2480476961,    0.1647404958,   0.2195933012,    0.2022635942,    0.1798660856,
    0.2436115364,    0.1546654824,    0.1748017704,    0.1928029652,   0.2178110678,    0.1569278851,    0.2576563115,
    0.2223615425,    0.2006985463,    0.1793497284,    0.2456173576,   0.1519728251,    0.1821849659,    0.2164460054,
    0.1922010308,    0.2023692179,    0.2067987801,    0.2005238519,   0.1983809502,    0.2015766734,    0.197709583,
    0.2018089414,    0.217746239,     0.1870279779,    0.2043721977,   0.2013196035,    0.1895339819,    0.1537496599,
    0.2649389104,    0.1575520718,    0.2434739248,    0.1802854331,   0.2341384587,    0.158006792,     0.2306662224,
    0.1675526109,    0.209635916,     0.1832154101,    0.2230940123,   0.1838991571,    0.217357254,     0.1924341665,
    0.02678423464,   -0.04463573719,  -0.003624651359, 0.02005191741};
const std::vector<double> kOtherWidths = {
    -0.4580925181,  -0.2698750749, 0.4896768821,  0.03821101746,   -0.4183654101,  -0.3036761438,  0.5136460187,
    0.02684357442,  -0.4545911236, -0.2735263213, 0.4930560595,    0.03549439101,  -0.4291089161,  -0.2840540528,
    0.4874127795,   0.05665657148, -0.407024895,  -0.30418609,     0.503266469,    0.04691320789,  -0.4162283903,
    -0.2982141149,  0.5012161074,  0.0448050257,  -0.008870415709, -0.01374200195, -0.02880389229, -0.01022772813,
    -0.01086201757, 0.02050405705, -0.1658551122, -0.09121974184,  -0.1134385418};
const std::vector<double> kEncoderLayer = {
    -0.8327943168, -0.3967295634, 0.7072194067,  0.3289840212,    -1.009868327,    -0.2430656881, 0.6135325053,
    0.3620958207,  -0.8953645995, -0.3769767897, 0.6879927668,    0.3433890099,    -0.9916265368, -0.254833566,
    0.6285936135,  0.3568362787,  -0.9707492582, -0.3103487633,   0.6463487514,    0.3576675208,  -0.9626342562,
    -0.2778438244, 0.6492804736,  0.3498967968,  0.0002325000795, -0.004499235691, 0.06045154712, 0.08056144866,
    0.1283159508,  -0.2384693116, -0.0118321617, 0.01449551543,   -0.05300020669,  0.2843784133,  -0.190367634,
    0.2386205393,  -0.1134385418};
const std::vector<double> kEncoderLayerNormFirst = {
    0.7329085866,   0.2837273518,   0.4736142183,   -0.455124831,  0.7523042932,  -0.04693441357, -0.580621802,
    -1.315715361,   0.3417292874,   0.06210373587,  0.2163931473,  -0.3183635692, 0.9067954811,   0.382581531,
    -0.4221754339,  -1.167087583,   0.1340455601,   -0.2083638897, -0.1355837671, -0.4560226416,  1.068024118,
    0.5413137789,   0.001596047593, -0.975900278,   1.72458405,    0.1313914479,  0.04634846761,  0.1916632736,
    -0.1154529291,  0.01706338948,  -0.09004092861, 0.08766234077, -0.1134385418, -0.02249270359, -0.05385731032,
    0.002894472699, -0.003665552192};
const std::vector<double> kEncoder = {
    0.363843946,   0.4577711844,   0.8532239877,  0.6697179795,  0.2746745516,  0.4707957585,   0.8256092403,
    0.6976468584,  0.3414686607,   0.4612593544,  0.8480230856,  0.6752420277,  0.2854121828,   0.4693305046,
    0.8302310939,  0.6927247563,   0.3088765586,  0.4660846479,  0.8383094543,  0.6852423538,   0.3013002643,
    0.4671072542,  0.8363876341,   0.6862556052,  0.07116893576, 0.03350497456, 0.04756947285,  -0.2846571495,
    0.01954150404, 0.1350261865,   -0.1114878595, 0.1338068161,  0.01575022885, -0.09900364901, 0.1220430374,
    0.02882993618, -0.03912267928, 0.0347394373,  0.06145718794, 0.1158469985,  -0.01493974274, -0.04028842182,
    0.09046879779, -0.2175138363,  -0.1423315927, 0.03398481044, -0.1626520132, -0.09868327809, 0.06479706837,
    -0.1440043311, -0.1134385418};
const std::vector<double> kDecoderLayer = {
    -0.4891290772,   -0.2326677451,  0.4822939592,    -0.07654535384, -0.4598989532,  -0.3867591492,  0.5411375536,
    -0.05767676414,  -0.5026653608,  -0.1548245381,   0.4426605226,   -0.08231748326, -0.4587170827,  -0.379301,
    0.5363636713,    -0.05969500962, -0.5038754168,   -0.1146969662,  0.4142367191,   -0.08597821131, -0.461944382,
    -0.3609073395,   0.5301380423,   -0.06253145081,  -0.01140146207, 0.002767890642, 0.001003023189, -0.08221204446,
    -0.08712613872,  -0.05078983939, -0.002797805399, -0.1223537267,  0.1100995484,   -0.03802557452, 0.01762348444,
    0.2126149474,    0.04808677853,  0.01442938675,   0.1161489167,   -0.03347255666, 0.4274136538,   0.05874404704,
    -0.008333587289, -0.1134385418};
const std::vector<double> kDecoderLayerNormFirst = {
    -0.5881162336,  0.1241202232,  0.7228863535,   -0.007919816465, -0.4484308478,  -0.3932624236,   -0.02470414477,
    -1.21358729,    -0.740681492,  -0.3037288737,  0.6014739426,    0.03730614714,  -0.04198269274,  -0.1990178784,
    0.3466288498,   -1.255978816,  -0.8550919689,  -0.6814523966,   0.3579779701,   -0.2001904093,   -0.05589268995,
    0.1304506611,   0.6110718124,  -0.9305906553,  1.786967319,     -0.02132902917, -0.1195590851,   0.05395059998,
    0.1515349959,   -0.1289207845, -0.01273960382, 0.0782244292,    -0.0521076906,  -0.1277925599,   -0.08454254951,
    0.01909496834,  0.04054272101, -0.1134385418,  -0.01186232059,  -0.0455637705,  -0.001532841167, 0.002730954731,
    0.009859660685, 0.07412175728};
const std::vector<double> kDecoder = {
    -0.1101156882,  0.4984573308,    0.4208116732,    1.020671518,    -0.1085623662,   0.5035315336,    0.4208225644,
    1.018864912,    -0.1129510646,   0.4894490409,    0.4207927525,   1.023526827,     -0.1107951672,   0.4960183617,
    0.4208065627,   1.021493423,     -0.1154123106,   0.4819407994,   0.4207773465,    1.025578206,     -0.1108735876,
    0.495773083,    0.420806043,     1.021573646,     0.004940968471, -0.001736335966, 0.002174652254,  0.009307854425,
    0.001485325449, 0.00814198366,   -0.002113898634, -0.01279603171, 0.01214859232,   0.005543955074,  -0.007675777413,
    0.002671839846, 0.006706489172,  -0.005708720101, 0.0190502797,   0.005323723689,  -0.02927150501,  -0.004212913595,
    0.02367266733,  -0.002144398012, 0.001821018835,  0.0280653691,   0.02534064078,   0.0005095755169, -0.007595878068,
    -0.01034657148, 0.00389056243,   0.01807814999,   0.01980175905,  0.01827086506,   -0.01151894617,  0.005579327195,
    0.08013513248,  0.01883783844,   -0.0396787206,   0.02805386244,  0.01944611609,   -0.01500623357,  0.08991374333,
    -0.1134385418};

Tensor first() { return wave({2, 3, 4}, 0); }
Tensor second() { return wave({2, 5, 4}, 3); }
Tensor without_batch() { return wave({3, 4}, 0); }
Tensor hide() { return tensor({{false, true, true}, {false, false, true}, {false, false, false}}); }
Tensor pad() { return tensor({{false, false, true}, {false, false, false}}); }

nn::MultiheadAttention attention(const nn::MultiheadAttentionOptions& options) { return {4, 2, options, kFloat64}; }

TEST(PyTorchAttentionTest, OfASequenceAndItself) {
  nn::MultiheadAttention m = attention({.batch_first = true});
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0])}; }, kSelfAttention);
}

TEST(PyTorchAttentionTest, SequenceFirst) {
  nn::MultiheadAttention m = attention({});
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0])}; }, kSequenceFirst);
}

TEST(PyTorchAttentionTest, WithoutABatch) {
  nn::MultiheadAttention m = attention({});
  const AttentionMasks masks{.attn_mask = hide()};
  expect_pytorch(
      m, {without_batch()}, [&](const Tensors& x) { return Tensors{m(x[0], x[0], x[0], masks)}; }, kWithoutBatch);
  const AttentionMasks causal{.is_causal = true};
  expect_pytorch(
      m, {without_batch()}, [&](const Tensors& x) { return Tensors{m(x[0], x[0], x[0], causal)}; }, kWithoutBatch);
}

TEST(PyTorchAttentionTest, WithMasks) {
  nn::MultiheadAttention m = attention({.batch_first = true});
  const AttentionMasks masks{.attn_mask = hide(), .key_padding_mask = pad()};
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0], x[0], x[0], masks)}; }, kMasks);
  const AttentionMasks causal{.key_padding_mask = pad(), .is_causal = true};
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0], x[0], x[0], causal)}; }, kMasks);
}

TEST(PyTorchAttentionTest, WithAMaskForEachHead) {
  nn::MultiheadAttention m = attention({.batch_first = true});
  const AttentionMasks masks{.attn_mask = wave({4, 3, 3}, 1)};
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0], x[0], x[0], masks)}; }, kMaskOfHeads);
}

TEST(PyTorchAttentionTest, WithWeights) {
  nn::MultiheadAttention m = attention({.batch_first = true});
  const auto f = [&](const Tensors& x) {
    const nn::AttentionResult result = m.with_weights(x[0], x[1], x[1]);
    return Tensors{result.output, result.weights};
  };
  expect_pytorch(m, {first(), second()}, f, kWeights);
}

TEST(PyTorchAttentionTest, WithTheWeightsOfHeads) {
  nn::MultiheadAttention m = attention({.bias = false, .batch_first = true});
  const auto f = [&](const Tensors& x) {
    const nn::AttentionResult result = m.with_weights(x[0], x[1], x[1], {}, false);
    return Tensors{result.output, result.weights};
  };
  expect_pytorch(m, {first(), second()}, f, kWeightsOfHeads);
}

TEST(PyTorchAttentionTest, OfOtherWidths) {
  nn::MultiheadAttention m = attention({.kdim = 3, .vdim = 5, .batch_first = true});
  expect_pytorch(
      m, {first(), wave({2, 5, 3}, 1), wave({2, 5, 5}, 2)},
      [&](const Tensors& x) { return Tensors{m(x[0], x[1], x[2])}; }, kOtherWidths);
}

const nn::TransformerOptions kPlain{.dim_feedforward = 6, .batch_first = true};

nn::TransformerOptions with(nn::Activation activation, bool norm_first) {
  nn::TransformerOptions options = kPlain;
  options.activation = activation;
  options.norm_first = norm_first;
  return options;
}

TEST(PyTorchTransformerTest, EncoderLayer) {
  nn::TransformerEncoderLayer m(4, 2, kPlain, kFloat64);
  m.eval();
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0])}; }, kEncoderLayer);
}

TEST(PyTorchTransformerTest, EncoderLayerWithTheNormFirst) {
  nn::TransformerEncoderLayer m(4, 2, with(nn::Activation::gelu, true), kFloat64);
  m.eval();
  const AttentionMasks masks{.is_causal = true};
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0], masks)}; }, kEncoderLayerNormFirst);
}

std::shared_ptr<nn::LayerNorm> norm() { return std::make_shared<nn::LayerNorm>(4, 1e-5, kFloat64); }

TEST(PyTorchTransformerTest, Encoder) {
  nn::TransformerEncoder m(nn::TransformerEncoderLayer(4, 2, kPlain, kFloat64), 2, norm());
  m.eval();
  const AttentionMasks masks{.key_padding_mask = pad()};
  expect_pytorch(
      m, {first()}, [&](const Tensors& x) { return Tensors{m(x[0], masks)}; }, kEncoder);
}

TEST(PyTorchTransformerTest, DecoderLayer) {
  nn::TransformerDecoderLayer m(4, 2, with(nn::Activation::gelu, false), kFloat64);
  m.eval();
  expect_pytorch(
      m, {first(), second()}, [&](const Tensors& x) { return Tensors{m(x[0], x[1])}; }, kDecoderLayer);
}

TEST(PyTorchTransformerTest, DecoderLayerWithTheNormFirst) {
  nn::TransformerDecoderLayer m(4, 2, with(nn::Activation::relu, true), kFloat64);
  m.eval();
  const AttentionMasks masks{.attn_mask = hide(), .is_causal = true};
  expect_pytorch(
      m, {first(), second()}, [&](const Tensors& x) { return Tensors{m(x[0], x[1], masks)}; }, kDecoderLayerNormFirst);
}

TEST(PyTorchTransformerTest, Decoder) {
  nn::TransformerDecoder m(nn::TransformerDecoderLayer(4, 2, kPlain, kFloat64), 2, norm());
  m.eval();
  const AttentionMasks masks{.attn_mask = hide()};
  expect_pytorch(
      m, {first(), second()}, [&](const Tensors& x) { return Tensors{m(x[0], x[1], masks)}; }, kDecoder);
}

std::string names(const nn::Module& module) {
  std::string all;
  for (const auto& [name, parameter] : module.named_parameters()) all += (all.empty() ? "" : " ") + name;
  return all;
}

TEST(TransformerTest, ParametersHaveTheNamesOfPyTorch) {
  const std::string attention =
      "in_proj_weight layers.0.self_attn.in_proj_bias layers.0.self_attn.out_proj.weight "
      "layers.0.self_attn.out_proj.bias ";
  const nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(4, 2, kPlain), 1,
                                       std::make_shared<nn::LayerNorm>(4));
  EXPECT_EQ(names(encoder), "layers.0.self_attn." + attention +
                                "layers.0.linear1.weight layers.0.linear1.bias layers.0.linear2.weight "
                                "layers.0.linear2.bias layers.0.norm1.weight layers.0.norm1.bias "
                                "layers.0.norm2.weight layers.0.norm2.bias norm.weight norm.bias");
  EXPECT_EQ(names(nn::MultiheadAttention(4, 2, {.kdim = 3})),
            "q_proj_weight k_proj_weight v_proj_weight in_proj_bias out_proj.weight out_proj.bias");
  const nn::TransformerDecoderLayer decoder(4, 2, kPlain);
  EXPECT_EQ(decoder.named_parameters().size(), 18u);
  EXPECT_EQ(decoder.named_parameters()[4].first, "multihead_attn.in_proj_weight");
}

TEST(TransformerTest, ParametersStartAsThoseOfPyTorch) {
  manual_seed(1);
  const nn::MultiheadAttention m(64, 4);
  EXPECT_NEAR(m.in_proj_weight.abs().max().item(), std::sqrt(6.0 / 256), 1e-3);
  EXPECT_NEAR(m.out_proj->weight.abs().max().item(), 1.0 / 8, 1e-3);
  EXPECT_THAT(m.in_proj_bias.to_vector<float>(), testing::Each(0));
  EXPECT_THAT(m.out_proj->bias.to_vector<float>(), testing::Each(0));
  const nn::TransformerEncoder encoder(nn::TransformerEncoderLayer(4, 2, kPlain), 2);
  EXPECT_EQ(encoder.layers[0]->linear1->weight.to_vector<float>(),
            encoder.layers[1]->linear1->weight.to_vector<float>());
}

TEST(TransformerTest, AQueryThatSeesNoKeyGivesTheBiasAlone) {
  nn::MultiheadAttention m(4, 2, {.batch_first = true});
  const Tensor y = m(ones({1, 2, 4}), ones({1, 3, 4}), ones({1, 3, 4}), {.key_padding_mask = ones({1, 3}, kBool)});
  EXPECT_THAT(y.to_vector<float>(), testing::Each(0));
}

TEST(TransformerTest, DropoutActsInTrainingOnly) {
  nn::TransformerEncoderLayer m(4, 2, kPlain);
  const Tensor x = ones({1, 3, 4});
  EXPECT_NE(m(x).to_vector<float>(), m(x).to_vector<float>());
  m.eval();
  EXPECT_EQ(m(x).to_vector<float>(), m(x).to_vector<float>());
}

}  // namespace
}  // namespace weft
