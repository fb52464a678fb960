#include "base/tensor_file.hpp"

#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon {
namespace {

class TensorFiles : public testing::Test {
 protected:
  fs::path folder =
      fs::temp_directory_path() / ("troodon_tensor_file_" + std::to_string(::getpid()));
  void SetUp() override { fs::create_directories(folder); }
  void TearDown() override { fs::remove_all(folder); }
};

TEST_F(TensorFiles, SafetensorsReadBackTheSame) {
  const std::vector<float> floats = {1.5F, -2, 3, 4, 5, 6};
  const std::vector<int64_t> labels = {7, -8};
  const std::vector<TensorView> tensors = {{"zebra", DType::f32, {2, 3}, bytes_of(floats)},
                                           {"ant", DType::i64, {2}, bytes_of(labels)}};
  write_safetensors(folder / "a.safetensors", tensors, {{"arch", "vit \"quoted\""}});
  const TensorFile file(folder / "a.safetensors");
  ASSERT_EQ(file.tensors().size(), 2U);
  EXPECT_EQ(file.tensors()[0].name, "zebra");  // the order that was written
  EXPECT_EQ(file.at("zebra").as<float>()[5], 6);
  EXPECT_EQ(file.at("ant").as<int64_t>()[1], -8);
  EXPECT_EQ(file.metadata().at("arch"), "vit \"quoted\"");
}

TEST_F(TensorFiles, MissingTensorNamesTheClosest) {
  const std::vector<float> one = {1};
  write_safetensors(folder / "a.safetensors",
                    std::vector<TensorView>{{"norm.weight", DType::f32, {1}, bytes_of(one)}});
  try {
    (void)TensorFile(folder / "a.safetensors").at("norm.wight");
    FAIL() << "found a tensor that is not there";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("'norm.weight'"), std::string::npos) << error.what();
  }
}

TEST_F(TensorFiles, EveryCutFileIsAnErrorNotACrash) {
  const std::vector<float> floats(16, 1.0F);
  write_safetensors(folder / "a.safetensors",
                    std::vector<TensorView>{{"x", DType::f32, {16}, bytes_of(floats)}});
  const std::string whole = read_text(folder / "a.safetensors");
  for (size_t size = 0; size < whole.size(); size += 3) {
    write_atomically(folder / "cut.safetensors", whole.substr(0, size));
    EXPECT_THROW(TensorFile(folder / "cut.safetensors"), Error) << size << " bytes";
  }
}

TEST_F(TensorFiles, NpyReadsBackTheSame) {
  const std::vector<float> floats = {1, 2, 3, 4, 5, 6};
  for (const auto& shape : {std::vector<int64_t>{2, 3}, {6}, {1, 6, 1}}) {
    write_npy(folder / "a.npy", {"", DType::f32, shape, bytes_of(floats)});
    const NpyFile file = read_npy(folder / "a.npy");
    EXPECT_EQ(file.view.shape, shape);
    EXPECT_EQ(file.view.as<float>()[5], 6);
  }
}

TEST_F(TensorFiles, AFailedWriteLeavesTheOldFile) {
  write_atomically(folder / "keep.txt", "old");
  EXPECT_THROW(
      write_atomically(folder / "keep.txt", [](std::ostream&) { fail("stopped half-way"); }),
      Error);
  EXPECT_EQ(read_text(folder / "keep.txt"), "old");
  size_t files = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder)) ++files;
  EXPECT_EQ(files, 1U) << "a temporary file was left behind";
}

TEST_F(TensorFiles, AKilledWriteLeavesNothingBehind) {
  const int unnamed = ::open(folder.c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (unnamed < 0) GTEST_SKIP() << folder << ": this file system has no files without names";
  ::close(unnamed);
  const pid_t child = ::fork();
  if (child == 0)
    write_atomically(folder / "big.bin", [](std::ostream& out) {
      out << std::string(1 << 20, 'x') << std::flush;
      ::raise(SIGKILL);
    });
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_TRUE(fs::is_empty(folder));
}

TEST(Closest, FindsTheTypo) {
  const std::vector<std::string> known = {"train", "features", "knn"};
  EXPECT_EQ(closest("trian", known), "train");
  EXPECT_EQ(closest("x", std::vector<std::string>{}), "");
}

}  // namespace
}  // namespace troodon
