#include "graph/kernels.hpp"

#include <cmath>

#include <gtest/gtest.h>

#include "base/half.hpp"
#include "graph/clumps.hpp"
#include "graph/codes.hpp"

namespace troodon::graph {
namespace {

TEST(Kernels, ByteProductsAreTheSameWholeNumbersOnEveryCpu) {
  Random random(1);
  for (const int64_t stride : {64, 192, 384, 1024}) {
    std::vector<int8_t> query(stride);
    std::vector<uint8_t> codes(11 * stride);
    for (auto& q : query) q = static_cast<int8_t>(random.integer(-127, 127));
    for (auto& c : codes) c = static_cast<uint8_t>(random.integer(1, 255));
    std::fill_n(query.begin(), 64, int8_t{-127});  // the largest sums there are
    std::fill_n(codes.begin(), 64, uint8_t{255});
    const std::vector<uint32_t> ids = {10, 0, 3, 3, 7, 1, 2};
    for (size_t count = 0; count <= ids.size(); ++count) {
      for (const Kernels& k : available_kernels()) {
        std::vector<int32_t> out(ids.size(), -1);
        k.byte_products(
            query.data(), codes.data(), stride, std::span(ids).first(count), out.data());
        for (size_t i = 0; i < count; ++i) {
          int64_t wanted = 0;
          for (int64_t d = 0; d < stride; ++d)
            wanted += int64_t{query[d]} * codes[ids[i] * stride + d];
          EXPECT_EQ(out[i], wanted) << k.name << " " << stride;
        }
      }
    }
  }
}

TEST(Kernels, FloatProductsDifferByRoundingAlone) {
  for (const int64_t dim : {1, 7, 8, 16, 31, 384}) {
    const Clumps two(2, dim, 5);
    std::vector<uint16_t> halves;
    double wanted = 0, wanted_half = 0;
    for (int64_t d = 0; d < dim; ++d) {
      const float a = two.matrix().row(0)[d], b = two.matrix().row(1)[d];
      halves.push_back(to_half(b));
      wanted += double{a} * b, wanted_half += double{a} * from_half(halves.back());
    }
    for (const Kernels& k : available_kernels()) {
      EXPECT_NEAR(k.full_product(two.matrix().row(0), two.matrix().row(1), dim), wanted, 1e-6);
      EXPECT_NEAR(k.half_product(two.matrix().row(0), halves.data(), dim), wanted_half, 1e-6);
    }
  }
}

TEST(Coder, TurningKeepsLengthsAndSpreadsASingleCoordinate) {
  for (const int64_t dim : {1, 2, 3, 100, 192, 384, 1024}) {
    const Coder coder(dim);
    std::vector<float> x(dim);
    x[0] = 1;
    coder.turn(x.data());
    EXPECT_TRUE(is_unit(x.data(), dim)) << dim;
    float largest = 0;
    for (const float v : x) largest = std::max(largest, std::abs(v));
    EXPECT_LE(largest, dim < 100 ? 1.001F : 6 / std::sqrt(static_cast<float>(dim))) << dim;
  }
}

TEST(Coder, ProductsOfCodesAreNearThoseOfVectors) {
  for (const int64_t dim : {16, 192, 384}) {
    const Coder coder(dim);
    const Clumps two(2, dim, 3);
    std::vector<int8_t> code[2];
    double product = 0;
    for (int i = 0; i < 2; ++i) {
      std::vector<float> turned(two.matrix().row(i), two.matrix().row(i) + dim);
      coder.turn(turned.data());
      code[i].resize(coder.stride());
      coder.round(turned.data(), code[i].data());
    }
    int64_t whole = 0;
    for (int64_t d = 0; d < coder.stride(); ++d) whole += code[0][d] * code[1][d];
    for (int64_t d = 0; d < dim; ++d)
      product += double{two.matrix().row(0)[d]} * two.matrix().row(1)[d];
    EXPECT_NEAR(static_cast<double>(whole) * coder.unit(), product, 0.01) << dim;
  }
}

TEST(Coder, WidensACodeToTheVectorItCameFrom) {
  const Coder coder(100);
  const Clumps one(1, 100, 3);
  std::vector<float> turned = one.values, back(100);
  coder.turn(turned.data());
  std::vector<int8_t> code(coder.stride());
  coder.round(turned.data(), code.data());
  std::vector<uint8_t> stored;
  for (const int8_t c : code) stored.push_back(static_cast<uint8_t>(c + 128));
  coder.widen(stored.data(), back.data());
  for (int64_t d = 0; d < 100; ++d) EXPECT_NEAR(back[d], one.values[d], 0.02);
}

}  // namespace
}  // namespace troodon::graph
