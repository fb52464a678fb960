#include "index/features.hpp"

#include <cmath>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.hpp"
#include "base/tensor_file.hpp"

namespace troodon::index {
namespace {

class FeatureFiles : public testing::Test {
 protected:
  FeatureFiles()
      : folder_(fs::temp_directory_path() / ("troodon_features." + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~FeatureFiles() override { fs::remove_all(folder_); }

  fs::path folder_;
  Features small_{.rows = 2,
                  .dim = 3,
                  .values = {1, 2, 3, -4, 5.5F, 6},
                  .ids = {"a \"b\"/1.jpg", "写真.jpg"},
                  .labels = {1, -1},
                  .classes = {"cat", "dog"}};
};

TEST_F(FeatureFiles, ComeBackFromBothFormats) {
  for (const char* name : {"f.safetensors", "f.npy"}) {
    write_features(folder_ / name, small_);
    const Features back = read_features(folder_ / name);
    EXPECT_EQ(back.rows, 2);
    EXPECT_EQ(back.dim, 3);
    EXPECT_EQ(back.values, small_.values);
    EXPECT_EQ(back.ids, small_.ids);
    EXPECT_EQ(back.labels, small_.labels);
    EXPECT_EQ(back.classes, small_.classes);
  }
}

TEST_F(FeatureFiles, BareVectorsNeedNoNames) {
  for (const char* name : {"f.safetensors", "f.npy"}) {
    write_features(folder_ / name, {.rows = 1, .dim = 2, .values = {1, 2}});
    const Features back = read_features(folder_ / name);
    EXPECT_EQ(back.values, (std::vector<float>{1, 2}));
    EXPECT_TRUE(back.ids.empty() && back.labels.empty() && back.classes.empty());
  }
}

TEST_F(FeatureFiles, HalfPrecisionIsWidened) {
  const std::vector<uint16_t> half = {
      0x3C00, 0xC100, 0x0001, 0x7BFF, 0x7C00, 0x8000};  // 1, -2.5, 2^-24, 65504
  write_safetensors(folder_ / "h.safetensors",
                    std::vector<TensorView>{{"features", DType::f16, {2, 3}, bytes_of(half)}});
  const auto values = read_features(folder_ / "h.safetensors").values;
  EXPECT_EQ(values, (std::vector<float>{1, -2.5F, 0x1p-24F, 65504, INFINITY, -0.0F}));
}

TEST_F(FeatureFiles, FaultsAreNamed) {
  Features wrong = small_;
  wrong.labels = {1};
  EXPECT_THROW(write_features(folder_ / "f.npy", wrong), Error);
  wrong.labels = {1, 2};
  EXPECT_THROW(write_features(folder_ / "f.npy", wrong), Error);
  EXPECT_THROW(write_features(folder_ / "f.csv", small_), Error);
  EXPECT_THROW(read_features(folder_ / "missing.npy"), Error);
  write_features(folder_ / "f.npy", small_);
  write_atomically(folder_ / "f.json", "{\"ids\": [1, 2]}");
  EXPECT_THROW(read_features(folder_ / "f.npy"), Error);
  write_atomically(folder_ / "f.json", "{\"ids\": [\"one\"]}");
  EXPECT_THROW(read_features(folder_ / "f.npy"), Error);
}

TEST(NormalizeRows, MakesUnitLengthAndKeepsZero) {
  std::vector<float> rows = {3, 4, 0, 0};
  normalize_rows(rows, 2);
  EXPECT_EQ(rows, (std::vector<float>{0.6F, 0.8F, 0, 0}));
}

}  // namespace
}  // namespace troodon::index
