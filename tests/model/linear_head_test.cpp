#include "model/linear_head.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "model/scratch.hpp"

namespace troodon::model {
namespace {

StateDict official_head(int64_t classes, int64_t inputs, torch::ScalarType type = torch::kFloat) {
  return {.tensors = {{"weight", torch::rand({classes, inputs}).to(type)},
                      {"bias", torch::rand({classes}).to(type)}},
          .metadata = {}};
}

TEST(LinearHead, ReleasedWidthsTellTheLayers) {
  for (const int64_t width : {384, 768, 1024, 1536}) {
    for (const int64_t layers : {1, 4}) {
      const auto head = linear_head_of(official_head(10, (1 + layers) * width));
      ASSERT_TRUE(head);
      EXPECT_EQ(head->layers, layers) << width;
    }
  }
  EXPECT_EQ(linear_head_of(official_head(10, 100))->layers, 0);
  EXPECT_EQ(linear_head_of(official_head(10, 100), 20)->layers, 4);
  EXPECT_THROW(linear_head_of(official_head(10, 100), 30), Error);
}

TEST(LinearHead, AClassifierBesideABackboneIsOne) {
  StateDict state;
  state.tensors = {{"dinov2.embeddings.cls_token", torch::zeros({1, 1, 8})},
                   {"classifier.weight", torch::rand({3, 16})},
                   {"classifier.bias", torch::rand({3})}};
  const auto head = linear_head_of(state, 8);
  ASSERT_TRUE(head);
  EXPECT_EQ(head->layers, 1);
  EXPECT_TRUE(torch::equal(head->weight, *state.find("classifier.weight")));
  state.tensors.resize(1);
  EXPECT_FALSE(linear_head_of(state, 8));
}

TEST(LinearHead, EveryFormatAndPrecisionIsRead) {
  const Scratch scratch;
  for (const auto type : {torch::kFloat, torch::kHalf, torch::kBFloat16}) {
    for (const char* name : {"head.pth", "head.safetensors"}) {
      const StateDict state = official_head(5, 2 * 384, type);
      write_checkpoint(scratch.path / name, state);
      const LinearHead head = read_linear_head(scratch.path / name, 384);
      EXPECT_TRUE(torch::equal(head.weight, state.tensors[0].second.to(torch::kFloat)));
      EXPECT_EQ(head.bias.scalar_type(), torch::kFloat);
    }
  }
}

TEST(LinearHead, WhatIsNoneIsNamed) {
  const Scratch scratch;
  write_checkpoint(scratch.path / "a.pth", {.tensors = {{"x", torch::zeros({2})}}, .metadata = {}});
  try {
    read_linear_head(scratch.path / "a.pth", 384);
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("a.pth: holds no linear head"), std::string::npos);
  }
}

}  // namespace
}  // namespace troodon::model
