#include <gtest/gtest.h>

#include "infer/embedder.hpp"

namespace troodon::infer {
namespace {

TEST(ShippedModels, HaveShortNames) {
  EXPECT_EQ(model_file("small").filename(), "vit_192x6x3_p8.safetensors");
  EXPECT_EQ(model_file("copies").filename(), "copies_192x6x3_p8.safetensors");
  EXPECT_EQ(shipped_file("large"), "");
  EXPECT_EQ(Embedder("copies").item_shape(), std::vector<int64_t>{192});
}

}  // namespace
}  // namespace troodon::infer
