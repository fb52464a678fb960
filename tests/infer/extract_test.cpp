#include <csignal>
#include <thread>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "infer/small_source.hpp"

namespace troodon::infer {
namespace {

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
