#include "infer/extract.hpp"

#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "image/encode.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

namespace troodon::infer {
namespace {

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

TEST_F(ExtractTest, EachReadablePictureGivesARowInTheSourcesOrder) {
  const ExtractResult result = extract(to("a.safetensors"));
  EXPECT_EQ(result.rows, 11);
  ASSERT_EQ(result.bad_files.size(), 1U);
  EXPECT_NE(result.bad_files.begin()->first.find("04.png"), std::string::npos);
  EXPECT_TRUE(fs::exists(folder_ / "a.safetensors.failed.txt"));
  EXPECT_FALSE(fs::exists(folder_ / "a.safetensors.parts"));
  const TensorFile file(folder_ / "a.safetensors");
  EXPECT_EQ(file.at("features").shape, (std::vector<int64_t>{11, 32}));
  const auto ids = nlohmann::json::parse(file.metadata().at("ids")).get<std::vector<std::string>>();
  ASSERT_EQ(ids.size(), 11U);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  const auto labels = file.at("labels").as<int64_t>();
  for (size_t i = 0; i < ids.size(); ++i)
    EXPECT_EQ(labels[i], ids[i].find("dog") == std::string::npos ? 0 : 1);
}

TEST_F(ExtractTest, ThreadsDoNotChangeAByte) {
  ExtractOptions one = to("one.safetensors"), four = to("four.safetensors");
  one.threads = 1, four.threads = 4;
  extract(one), extract(four);
  EXPECT_EQ(read_text(one.out), read_text(four.out));
}

TEST_F(ExtractTest, AKilledJobGoesOnAndEndsWithTheSameBytes) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const ExtractOptions options = to("killed.safetensors");
  const fs::path second_part = folder_ / "killed.safetensors.parts" / "part_000001.safetensors";
  EXPECT_EXIT(
      {
        const std::jthread killer([&] {
          while (!fs::exists(second_part))
            std::this_thread::sleep_for(std::chrono::microseconds(200));
          std::raise(SIGKILL);
        });
        extract(options);
        std::this_thread::sleep_for(std::chrono::seconds(10));
      },
      ::testing::KilledBySignal(SIGKILL),
      "");
  if (fs::exists(options.out)) GTEST_SKIP() << "the job ended before the kill";
  const ExtractResult resumed = extract(options);
  EXPECT_GE(resumed.resumed, 8);
  extract(to("whole.safetensors"));
  EXPECT_EQ(read_text(options.out), read_text(folder_ / "whole.safetensors"));
}

TEST_F(ExtractTest, AnExistingResultIsReplacedOnlyOnDemand) {
  ExtractOptions options = to("a.npy");
  extract(options);
  EXPECT_THROW(extract(options), Error);
  options.overwrite = true;
  EXPECT_EQ(extract(options).rows, 11);
  EXPECT_EQ(read_npy(options.out).view.shape, (std::vector<int64_t>{11, 32}));
}

TEST_F(ExtractTest, StrictStopsAtTheDamagedPicture) {
  ExtractOptions options = to("a.safetensors");
  options.strict = true;
  EXPECT_THROW(extract(options), Error);
  EXPECT_FALSE(fs::exists(options.out));
}

TEST_F(ExtractTest, LimitTakesTheFirstPictures) {
  ExtractOptions options = to("a.safetensors");
  options.limit = 2;
  EXPECT_EQ(extract(options).rows, 2);
}

}  // namespace
}  // namespace troodon::infer
