#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include "image/encode.hpp"
#include "infer/extract.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

namespace troodon::infer {

/// Twelve pictures of two classes, one of them damaged, and a random network. The folder has a
/// fixed name and setting up twice changes nothing: a killed child runs the test again from its
/// start.
class ExtractTest : public ::testing::Test {
 protected:
  fs::path folder_ = fs::temp_directory_path() / "troodon_extract_test" /
                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::path pictures_ = folder_ / "pictures";
  ExtractOptions options_;

  void SetUp() override {
    torch::manual_seed(1);
    model::VitConfig config = model::arch_config("vit_32x2x2", 4);
    config.img_size = 16;
    model::VisionTransformer network(config);
    options_.model = folder_ / "model.safetensors";
    if (!fs::exists(options_.model)) model::write_backbone(options_.model, network);
    for (int i = 0; i < 12; ++i) {
      image::Image picture(20 + i, 30);
      for (size_t p = 0; p < picture.pixels.size(); ++p)
        picture.pixels[p] = static_cast<uint8_t>(p * (i + 3));
      image::write(pictures_ / (i % 2 == 0 ? "cat" : "dog") / fmt::format("{:02}.png", i), picture);
    }
    write_atomically(pictures_ / "cat" / "04.png", "this is no picture");
    options_.input = pictures_.string();
    options_.batch = 2;
    options_.part = 4;
    options_.threads = 2;
    options_.progress = ProgressStyle::none;
  }
  void TearDown() override { fs::remove_all(folder_); }

  ExtractOptions to(const char* file) const {
    ExtractOptions options = options_;
    options.out = folder_ / file;
    return options;
  }
};

}  // namespace troodon::infer
