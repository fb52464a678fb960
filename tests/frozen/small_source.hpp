#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include "base/file.hpp"
#include "image/encode.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

namespace troodon::frozen {

/// Seven pictures of two classes, and a random network of two blocks with patches of 4 pixels.
class SmallSource : public ::testing::Test {
 protected:
  fs::path folder_ = fs::temp_directory_path() / "troodon_evaluate_test" /
                     ::testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::path pictures_ = folder_ / "pictures", model_ = folder_ / "model.safetensors",
           cache_ = folder_ / "cache";

  static void paint(const fs::path& file, int width, int height, int seed) {
    image::Image picture(width, height);
    for (size_t p = 0; p < picture.pixels.size(); ++p)
      picture.pixels[p] = static_cast<uint8_t>(p * (static_cast<size_t>(seed) + 3) / 2);
    image::write(file, picture);
  }

  void SetUp() override {
    fs::remove_all(folder_);
    torch::manual_seed(1);
    model::VitConfig config = model::arch_config("vit_32x2x2", 4);
    config.img_size = 16;
    model::VisionTransformer network(config);
    model::write_backbone(model_, network);
    for (int i = 0; i < 7; ++i)
      paint(pictures_ / (i % 2 == 0 ? "cat" : "dog") / fmt::format("{}.png", i), 20 + i, 30, i);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// All files below a folder whose names end so.
  static std::vector<fs::path> files(const fs::path& folder, const std::string& ending) {
    std::vector<fs::path> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.path().extension() == ending) out.push_back(entry.path());
    }
    return out;
  }

  /// Turns the last byte of a file over.
  static void damage(const fs::path& file) {
    std::string text = read_text(file);
    text.back() = static_cast<char>(~text.back());
    write_atomically(file, text);
  }
};

}  // namespace troodon::frozen
