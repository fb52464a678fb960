#include "kernels/packed_attention.hpp"

#include <cmath>
#include <numeric>

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "kernels/attention_cpu.hpp"

namespace troodon::kernels {
namespace {

using torch::Tensor;

int64_t tokens_of(const Lengths& lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), int64_t{0});
}

struct Attended {
  Tensor out, gradient;
};

Attended run(Tensor (*attention)(const Tensor&, int64_t, const Lengths&),
             const Lengths& lengths,
             int64_t heads,
             int64_t dim,
             torch::Dtype dtype) {
  torch::manual_seed(7);
  const Tensor qkv = (2 * torch::randn({tokens_of(lengths), 3 * heads * dim})).to(dtype);
  const Tensor factors = torch::randn({tokens_of(lengths), heads * dim}).to(dtype);
  const Tensor leaf = qkv.requires_grad_();
  const Tensor out = attention(leaf, heads, lengths);
  (out * factors).sum().backward();
  return {out.detach(), leaf.grad()};
}

/// Against double precision, so that neither side is the truth.
void expect_close(const Tensor& actual, const Tensor& exact, const std::string& what) {
  const double scale = exact.abs().max().item<double>();
  EXPECT_LE((actual.to(torch::kDouble) - exact).abs().max().item<double>(), 4e-6 * scale) << what;
}

// One token; few; a register's width and one more; more than one block of queries; several blocks.
const std::vector<Lengths> kLengths = {
    {1}, {5, 5, 1, 7}, {16, 17}, {257, 50, 50}, {66, 67, 133}, {12, 12, 200}};

TEST(PackedAttention, ValuesAndGradientsAreThoseOfDoublePrecision) {
  for (const Lengths& lengths : kLengths) {
    for (const int64_t dim : {8, 24, 64}) {
      const Attended exact = run(packed_attention_plain, lengths, 3, dim, torch::kDouble);
      for (const auto attention :
           {packed_attention, packed_attention_plain, packed_attention_by_matrix}) {
        const Attended out = run(attention, lengths, 3, dim, torch::kFloat);
        const std::string what = "first length " + std::to_string(lengths[0]) + " of " +
                                 std::to_string(lengths.size()) + ", dim " + std::to_string(dim);
        expect_close(out.out, exact.out, what);
        expect_close(out.gradient, exact.gradient, what);
      }
    }
  }
}

TEST(PackedAttention, SequencesDoNotSeeEachOther) {
  const Lengths lengths = {20, 9};
  const Tensor qkv = torch::randn({29, 3 * 2 * 16});
  Tensor other = qkv.clone();
  other.slice(0, 20).normal_();
  const Tensor a = packed_attention(qkv, 2, lengths), b = packed_attention(other, 2, lengths);
  EXPECT_TRUE(torch::equal(a.slice(0, 0, 20), b.slice(0, 0, 20)));
  EXPECT_FALSE(torch::allclose(a.slice(0, 20), b.slice(0, 20)));
}

TEST(PackedAttention, GivesTheSameBitsOnAnyNumberOfThreads) {
  const Lengths lengths = {65, 3, 30, 30, 7};
  at::set_num_threads(1);
  const Attended alone = run(packed_attention, lengths, 5, 32, torch::kFloat);
  for (const int threads : {2, 3, 8}) {
    at::set_num_threads(threads);
    const Attended shared = run(packed_attention, lengths, 5, 32, torch::kFloat);
    EXPECT_TRUE(torch::equal(shared.out, alone.out)) << threads;
    EXPECT_TRUE(torch::equal(shared.gradient, alone.gradient)) << threads;
  }
  at::set_num_threads(1);
}

TEST(PackedAttention, LargeScoresOverflowNowhere) {
  const Lengths lengths = {40};
  const Tensor leaf = (60 * torch::randn({40, 3 * 16})).requires_grad_();
  const Tensor out = packed_attention(leaf, 1, lengths);
  out.sum().backward();
  EXPECT_TRUE(out.isfinite().all().item<bool>());
  EXPECT_TRUE(leaf.grad().isfinite().all().item<bool>());
  EXPECT_LE(out.abs().max().item<float>(), leaf.abs().max().item<float>() * 1.0001f);
}

TEST(PackedAttention, TakesStridedInputOddWidthsAndNothing) {
  const Tensor strided = torch::randn({3 * 2 * 8, 11}).t();
  EXPECT_TRUE(torch::allclose(packed_attention(strided, 2, {4, 7}),
                              packed_attention(strided.contiguous(), 2, {4, 7})));
  const Tensor odd = torch::randn({6, 3 * 5});  // heads of 5: the loops don't take them
  EXPECT_TRUE(torch::allclose(
      packed_attention(odd, 1, {6}), packed_attention_plain(odd, 1, {6}), 1e-5, 1e-6));
  EXPECT_EQ(packed_attention(torch::zeros({0, 48}), 2, {}).sizes(), (std::vector<int64_t>{0, 16}));
}

TEST(PackedAttention, RefusesLengthsThatDoNotMakeItsRows) {
  const Tensor qkv = torch::randn({10, 3 * 16});
  EXPECT_THROW(packed_attention(qkv, 2, {4, 5}), c10::Error);
  EXPECT_THROW(packed_attention(qkv, 2, {10, 0}), c10::Error);
  EXPECT_THROW(packed_attention(qkv, 5, {10}), c10::Error);
}

/// One head, one sequence, straight through one instruction set's loops.
std::vector<float> straight(const AttentionKernels& kernels, int64_t length, int64_t dim) {
  torch::manual_seed(11);
  const Tensor in = torch::randn({length, 4 * dim});  // q, k, v and the gradient of the result
  Tensor out = torch::empty({length, dim}), sums = torch::empty({length});
  Tensor gradient = torch::empty({length, 3 * dim}), dout = in.slice(1, 3 * dim).contiguous();
  const Tensor qkv = in.slice(1, 0, 3 * dim).contiguous();
  std::vector<float> scratch(attention_scratch(length, dim));
  const float* q = qkv.const_data_ptr<float>();
  float* dq = gradient.data_ptr<float>();
  const float scale = 1.0f / std::sqrt(static_cast<float>(dim));
  kernels.forward({.q = q,
                   .k = q + dim,
                   .v = q + 2 * dim,
                   .out = out.data_ptr<float>(),
                   .log_sums = sums.data_ptr<float>(),
                   .length = length,
                   .dim = dim,
                   .stride = 3 * dim,
                   .out_stride = dim,
                   .scale = scale},
                  scratch.data());
  kernels.backward({.q = q,
                    .k = q + dim,
                    .v = q + 2 * dim,
                    .out = out.const_data_ptr<float>(),
                    .dout = dout.const_data_ptr<float>(),
                    .log_sums = sums.const_data_ptr<float>(),
                    .dq = dq,
                    .dk = dq + dim,
                    .dv = dq + 2 * dim,
                    .length = length,
                    .dim = dim,
                    .stride = 3 * dim,
                    .out_stride = dim,
                    .scale = scale},
                   scratch.data());
  const Tensor all = torch::cat({out, gradient}, 1).contiguous();
  return {all.const_data_ptr<float>(), all.const_data_ptr<float>() + all.numel()};
}

TEST(PackedAttention, EveryInstructionSetOfThisCpuAgreesWithThePlainOne) {
  for (const int64_t length : {1, 15, 66, 131}) {
    for (const int64_t dim : {8, 40, 64}) {
      const auto expected = straight(attention_kernels().back(), length, dim);
      for (const AttentionKernels& kernels : attention_kernels()) {
        const auto actual = straight(kernels, length, dim);
        for (size_t i = 0; i < expected.size(); ++i) {
          ASSERT_NEAR(actual[i], expected[i], 3e-6 * (1 + std::abs(expected[i])))
              << kernels.isa << " " << length << " " << dim << " at " << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace troodon::kernels
