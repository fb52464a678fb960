#include <bit>

#include "base/error.hpp"
#include "base/random.hpp"
#include "engine/int8_linear.hpp"
#include "engine/native_engine.hpp"
#include "engine/networks.hpp"
#ifdef TROODON_HAVE_AMX
#include "engine/native/attention.hpp"
#include "engine/native/rowwise.hpp"
#include "engine/native/softmax.hpp"
#endif

namespace troodon::engine {
namespace {

#define SKIP_WITHOUT_TILES() \
  if (!has_native()) GTEST_SKIP() << "this CPU has no AMX tiles"

std::unique_ptr<Engine> engine_of(const model::Backbone& backbone, const EngineOptions& options) {
  return native_engine(network_of(backbone), options, [&] { return network_of(backbone); });
}

TEST(Native, IsRefusedInOneSentenceWhereTheCpuHasNoTiles) {
  if (has_native()) GTEST_SKIP() << "this CPU has AMX tiles";
  EXPECT_THROW(engine_of(network("vit_32x3x2", 4, 16), {}), Error);
}

void expect_native_like_torch(const model::Backbone& backbone,
                              const EngineOptions& options,
                              int h,
                              int w) {
  expect_like_torch(*engine_of(backbone, options), backbone, options, h, w);
}

TEST(Native, GivesWhatLibTorchGivesForEveryOutputAndTeam) {
  SKIP_WITHOUT_TILES();
  const auto backbone = network("vit_32x3x2", 4, 16);
  for (const Output output : kOutputs) {
    for (const bool single : {false, true}) {
      SCOPED_TRACE(static_cast<int>(output) * 2 + single);
      expect_native_like_torch(
          backbone, {.output = output, .layers = 2, .threads = 2, .single = single}, 16, 16);
    }
  }
}

TEST(Native, GivesWhatLibTorchGivesWithRegistersAndSwiGLU) {
  SKIP_WITHOUT_TILES();
  const auto backbone = network("vit_48x3x3", 4, 16, /*swiglu=*/true);
  for (const Output output : kOutputs) {
    SCOPED_TRACE(static_cast<int>(output));
    expect_native_like_torch(backbone, {.output = output, .layers = 3, .threads = 2}, 20, 36);
  }
}

TEST(Native, GivesWhatLibTorchGivesForVitSmallAndPicturesThatAreNotSquare) {
  SKIP_WITHOUT_TILES();
  const auto backbone = network("vit_small", 14, 518);
  expect_native_like_torch(backbone, {.output = Output::cls, .threads = 2}, 224, 224);
  expect_native_like_torch(backbone, {.output = Output::patches, .threads = 2}, 112, 196);
  expect_native_like_torch(backbone, {.output = Output::cls, .threads = 1}, 448, 420);
}

TEST(Native, GivesWhatLibTorchGivesForBlocksAndCls) {
  SKIP_WITHOUT_TILES();
  for (const std::vector<int64_t>& chosen : {std::vector<int64_t>{0, 1}, {1, 2}})
    expect_native_like_torch(network("vit_48x3x3", 4, 16, /*swiglu=*/true),
                             {.output = Output::blocks_and_cls, .blocks = chosen, .threads = 2},
                             20,
                             36);
}

TEST(Native, PicturesOfSeveralShapesGoTogether) {
  SKIP_WITHOUT_TILES();
  const auto backbone = network("vit_32x3x2", 4, 16);
  for (const bool single : {false, true}) {
    const EngineOptions options{
        .output = Output::blocks, .layers = 2, .threads = 2, .single = single};
    expect_shapes_together(*engine_of(backbone, options), backbone, options);
  }
}

TEST(Native, AFeatureDoesNotDependOnThreadsOrBatch) {
  SKIP_WITHOUT_TILES();
  const auto backbone = network("vit_32x3x2", 4, 16);
  const auto pictures = noise(7, 16, 16);
  for (const Precision precision : {Precision::fp32, Precision::bf16, Precision::int8}) {
    const auto with = [&](size_t threads, bool single) {
      const EngineOptions options{.precision = precision, .threads = threads, .single = single};
      return features(*engine_of(backbone, options), pictures, 32);
    };
    EXPECT_EQ(with(1, false), with(2, false));
    EXPECT_EQ(with(1, false), with(3, true));
  }
}

TEST(Native, LowerPrecisionsStayNearFloat32) {
  SKIP_WITHOUT_TILES();
  const auto backbone = network("vit_64x3x2", 4, 16);
  for (const Precision precision : {Precision::bf16, Precision::int8}) {
    const EngineOptions options{.precision = precision, .threads = 2};
    const Fidelity fidelity = engine_of(backbone, options)->calibrate(noise(6, 16, 16));
    EXPECT_EQ(fidelity.pictures, 6U);
    EXPECT_GT(fidelity.smallest_cosine, 0.999);
    EXPECT_LT(fidelity.smallest_cosine, 1.0);  // it did round
  }
}

#ifdef TROODON_HAVE_AMX

std::vector<float> random_floats(int64_t n, uint64_t seed) {
  Random random(seed);
  std::vector<float> out(static_cast<size_t>(n));
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

/// x [rows,I] @ weight [O,I]^T + bias in double precision.
std::vector<double> product(const std::vector<float>& x,
                            const std::vector<float>& weight,
                            const std::vector<float>& bias,
                            int64_t inputs) {
  const auto rows = static_cast<int64_t>(x.size()) / inputs;
  const auto outputs = static_cast<int64_t>(bias.size());
  std::vector<double> out;
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t o = 0; o < outputs; ++o) {
      double sum = bias[static_cast<size_t>(o)];
      for (int64_t i = 0; i < inputs; ++i) {
        sum += static_cast<double>(x[static_cast<size_t>(row * inputs + i)]) *
               weight[static_cast<size_t>(o * inputs + i)];
      }
      out.push_back(sum);
    }
  }
  return out;
}

struct LayerShape {
  int64_t rows, inputs, outputs;
};

TEST(NativeLinear, IsAsExactAsFloat32ForShapesThatFillNoTile) {
  SKIP_WITHOUT_TILES();
  Team team(2);
  Scratch scratch;
  for (const LayerShape& s :
       {LayerShape{1, 1, 1}, {5, 33, 7}, {17, 40, 31}, {33, 900, 65}, {561, 64, 40}}) {
    SCOPED_TRACE(s.rows);
    const auto x = random_floats(s.rows * s.inputs, 1);
    const auto weight = random_floats(s.outputs * s.inputs, 2), bias = random_floats(s.outputs, 3);
    const auto expected = product(x, weight, bias, s.inputs);
    std::vector<float> out(expected.size(), 5);
    const Matrix matrix = matrix_of(weight, bias, s.inputs, Precision::fp32);
    const Rows rows{x.data(), s.rows, s.inputs, s.inputs};
    linear(rows, matrix, Then::store, out.data(), s.outputs, scratch, team);
    // A float32 sum of n such products errs by about 2^-24 sqrt(n) of their size.
    const double tolerance = 4 * 6e-8 * static_cast<double>(s.inputs);
    for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], tolerance);
    linear(rows, matrix, Then::add_to, out.data(), s.outputs, scratch, team);
    for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], 2 * expected[i], 2 * tolerance);
    linear(rows, matrix, Then::gelu, out.data(), s.outputs, scratch, team);
    for (size_t i = 0; i < out.size(); ++i) {
      const double gelu = 0.5 * expected[i] * (1 + std::erf(expected[i] / std::sqrt(2.0)));
      ASSERT_NEAR(out[i], gelu, tolerance + 1e-6 * std::abs(expected[i]));
    }
  }
}

TEST(NativeLinear, ANumberThatStandsOutCostsTheOthersLittle) {
  SKIP_WITHOUT_TILES();
  // As in trained transformers: one channel is 300 times the others, and its weight is small.
  constexpr int64_t kInputs = 768, kOutputs = 32, kRows = 20;
  auto x = random_floats(kRows * kInputs, 4), weight = random_floats(kOutputs * kInputs, 5);
  for (float& value : x) value /= 10;
  for (int64_t row = 0; row < kRows; row += 2) x[static_cast<size_t>(row * kInputs + 5)] = 30;
  for (int64_t o = 0; o < kOutputs; ++o) weight[static_cast<size_t>(o * kInputs + 5)] = 1e-4F;
  const std::vector<float> bias(kOutputs);
  const auto expected = product(x, weight, bias, kInputs);
  std::vector<float> out(expected.size());
  Team team(1);
  Scratch scratch;
  const Matrix matrix = matrix_of(weight, bias, kInputs, Precision::fp32);
  const Rows rows{x.data(), kRows, kInputs, kInputs};
  linear(rows, matrix, Then::store, out.data(), kOutputs, scratch, team);
  // Sums of size 2.8: half of the weights' last digit times 30 is 6e-6. With 24 bits for x, too, it
  // would be 3e-5 on average.
  for (size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], 1e-5);
}

TEST(NativeLinear, WhatIsNotANumberStaysInItsRowOrOutput) {
  SKIP_WITHOUT_TILES();
  constexpr int64_t kInputs = 40, kOutputs = 20, kRows = 18;
  auto x = random_floats(kRows * kInputs, 4), weight = random_floats(kOutputs * kInputs, 5);
  x[3 * kInputs] = std::nanf("");
  x[17 * kInputs + 39] = INFINITY;
  weight[7 * kInputs + 1] = std::nanf("");
  std::vector<float> out(kRows * kOutputs);
  Team team(1);
  Scratch scratch;
  const Matrix matrix = matrix_of(weight, {}, kInputs, Precision::fp32);
  const Rows rows{x.data(), kRows, kInputs, kInputs};
  linear(rows, matrix, Then::store, out.data(), kOutputs, scratch, team);
  for (int64_t row = 0; row < kRows; ++row) {
    for (int64_t o = 0; o < kOutputs; ++o) {
      const bool lost = row == 3 || row == 17 || o == 7;
      EXPECT_EQ(std::isnan(out[static_cast<size_t>(row * kOutputs + o)]), lost) << row << " " << o;
    }
  }
}

TEST(NativeLinear, IntegersGiveTheBitsOfInt8Linear) {
  SKIP_WITHOUT_TILES();
  Team team(2);
  Scratch scratch;
  for (const LayerShape& s : {LayerShape{1, 1, 1}, {5, 33, 7}, {17, 70, 31}, {600, 64, 33}}) {
    const auto x = random_floats(s.rows * s.inputs, 4);
    const auto weight = random_floats(s.outputs * s.inputs, 5), bias = random_floats(s.outputs, 6);
    std::vector<float> expected(static_cast<size_t>(s.rows * s.outputs)), out(expected.size());
    int8_linear_plain(x.data(), s.rows, quantise(weight, bias, s.inputs), expected.data());
    const Matrix matrix = matrix_of(weight, bias, s.inputs, Precision::int8);
    linear({x.data(), s.rows, s.inputs, s.inputs},
           matrix,
           Then::store,
           out.data(),
           s.outputs,
           scratch,
           team);
    EXPECT_EQ(out, expected);
  }
}

TEST(NativeAttention, IsSoftmaxOfScoresTimesValues) {
  SKIP_WITHOUT_TILES();
  Scratch::Worker own;
  for (const auto& [queries, keys, width] :
       {std::tuple<int64_t, int64_t, int64_t>{1, 1, 8}, {3, 50, 20}, {45, 45, 64}, {33, 257, 64}}) {
    SCOPED_TRACE(keys);
    const auto q = random_floats(queries * width, 7), k = random_floats(keys * width, 8);
    const auto v = random_floats(keys * width, 9);
    std::vector<float> out(static_cast<size_t>(queries * width));
    const TileRegisters registers;
    attend({q.data(), queries, width, width},
           {k.data(), keys, width, width},
           {v.data(), keys, width, width},
           3,
           out.data(),
           width,
           own);
    const auto scores = product(q, k, std::vector<float>(static_cast<size_t>(keys)), width);
    for (int64_t row = 0; row < queries; ++row) {
      std::vector<double> weights;
      double sum = 0;
      for (int64_t key = 0; key < keys; ++key) {
        weights.push_back(std::exp(scores[static_cast<size_t>(row * keys + key)] /
                                   std::sqrt(static_cast<double>(width))));
        sum += weights.back();
      }
      for (int64_t i = 0; i < width; ++i) {
        double expected = 0;
        for (int64_t key = 0; key < keys; ++key) {
          expected +=
              weights[static_cast<size_t>(key)] / sum * v[static_cast<size_t>(key * width + i)];
        }
        ASSERT_NEAR(out[static_cast<size_t>(row * width + i)], expected, 2e-6);
      }
    }
  }
}

/// What planes of one row hold, in the order of its inputs.
std::vector<double> sums_of(const std::vector<uint16_t>& planes, int64_t count, int64_t inner) {
  std::vector<double> out;
  for (int64_t i = 0; i < inner * 32; ++i) {
    double sum = 0;
    for (int64_t plane = 0; plane < count; ++plane) {
      const int64_t at = (i / 32 * count + plane) * Planes::kValues + i % 16 * 2 + i % 32 / 16;
      sum += std::bit_cast<float>(uint32_t{planes[static_cast<size_t>(at)]} << 16);
    }
    out.push_back(sum);
  }
  return out;
}

TEST(NativeRows, SoftmaxHoldsForLargeAndSmallNumbers) {
  SKIP_WITHOUT_TILES();
  std::vector<float> scores = {-200, -100, -20, -1, -0.25F, 0, 3, 3.5F, 88};
  for (int i = 0; i < 40; ++i) scores.push_back(static_cast<float>(i) / 4 + 78);
  const auto width = static_cast<int64_t>(scores.size());
  for (const int planes : {1, 3}) {
    SCOPED_TRACE(planes);
    Lines<uint16_t> lines;
    const auto size = static_cast<size_t>(2 * planes * Planes::kValues);
    std::fill_n(lines.room(size), size, uint16_t{0x4000});
    const float sum = softmax_row(scores.data(), width, planes, 2, lines.data());
    const auto got = sums_of({lines.data(), lines.data() + size}, planes, 2);
    double expected = 0;
    for (size_t i = 0; i < scores.size(); ++i) {
      const double value = std::exp(static_cast<double>(scores[i]) - 88);
      EXPECT_NEAR(got[i], value, (planes == 3 ? 3e-7 : 1.0 / 256) * value + 1e-40);
      expected += value;
    }
    EXPECT_NEAR(sum, expected, (planes == 3 ? 1e-6 : 4e-6) * expected);
    for (size_t i = scores.size(); i < 64; ++i) EXPECT_EQ(got[i], 0);
  }
}

TEST(NativeRows, RoughGeluKeepsWhatItPromises) {
  SKIP_WITHOUT_TILES();
  const std::vector<float> zero(32);
  std::vector<float> x(32), out(32);
  for (int first = -160; first <= 160; first += 32) {
    for (int i = 0; i < 32; ++i) x[static_cast<size_t>(i)] = static_cast<float>(first + i) / 16;
    finish(Then::rough_gelu, x.data(), 1, zero.data(), 32, out.data(), 32);
    for (size_t i = 0; i < 32; ++i) {
      const double exact = 0.5 * x[i] * (1 + std::erf(x[i] / std::sqrt(2.0)));
      EXPECT_NEAR(out[i], exact, 7e-5 + 2e-5 * std::abs(x[i]));
    }
  }
}

#endif

}  // namespace
}  // namespace troodon::engine
