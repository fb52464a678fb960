#include "report/tensorboard.hpp"

#include <cmath>
#include <cstring>
#include <map>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace troodon::report {
namespace {

/// A folder that goes away with the test.
struct EventFolder {
  fs::path path = fs::temp_directory_path() / ("troodon_events." + std::to_string(getpid()));
  EventFolder() { fs::remove_all(path); }
  ~EventFolder() { fs::remove_all(path); }
};

template <class T>
T value_at(const std::string& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}

uint32_t unmasked(uint32_t crc) {
  const uint32_t rotated = crc - 0xA282EAD8U;
  return (rotated >> 17) | (rotated << 15);
}

/// The events of a file, after checking both checksums of each frame.
std::vector<std::string> frames(const fs::path& file) {
  const std::string bytes = read_text(file);
  std::vector<std::string> out;
  for (size_t at = 0; at < bytes.size();) {
    const auto length = value_at<uint64_t>(bytes, at);
    EXPECT_EQ(unmasked(value_at<uint32_t>(bytes, at + 8)), crc32c(bytes.substr(at, 8)));
    out.push_back(bytes.substr(at + 12, length));
    EXPECT_EQ(unmasked(value_at<uint32_t>(bytes, at + 12 + length)), crc32c(out.back()));
    at += 16 + length;
  }
  return out;
}

/// Fields of a protocol buffer message: number -> raw value (little-endian bytes, or the varint).
std::map<uint64_t, std::string> fields(const std::string& message) {
  std::map<uint64_t, std::string> out;
  size_t at = 0;
  const auto varint = [&] {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<uint8_t>(message.at(at++));
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.size()) {
    const uint64_t key = varint();
    const uint64_t wire = key & 7;
    if (wire == 0) {
      out[key >> 3] = std::to_string(varint());
      continue;
    }
    const uint64_t length = wire == 1 ? 8 : wire == 5 ? 4 : varint();
    out[key >> 3] = message.substr(at, length);
    at += length;
  }
  EXPECT_EQ(at, message.size());
  return out;
}

TEST(TensorBoardFile, ChecksumIsCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);
}

TEST(TensorBoardFile, StartsWithItsVersionAndTheFirstStep) {
  const EventFolder folder;
  const TensorBoard board(folder.path, 70000);
  const auto events = frames(board.file());
  ASSERT_EQ(events.size(), 2);
  EXPECT_EQ(fields(events[0])[3], "brain.Event:2");
  EXPECT_EQ(fields(events[1])[2], "70000");
  EXPECT_EQ(fields(fields(events[1])[7])[1], "1");
  EXPECT_EQ(board.file().filename().string().rfind("events.out.tfevents.", 0), 0);
}

TEST(TensorBoardFile, ScalarsComeBack) {
  const EventFolder folder;
  TensorBoard board(folder.path);
  board.scalar("loss/total", 300, 9.25);
  board.scalar("loss/total", 301, std::nan(""));
  board.flush();
  const auto events = frames(board.file());
  ASSERT_EQ(events.size(), 4);
  auto event = fields(events[2]);
  EXPECT_EQ(event[2], "300");
  EXPECT_GT(value_at<double>(event[1], 0), 1.5e9);
  auto value = fields(fields(event[5])[1]);
  EXPECT_EQ(value[1], "loss/total");
  EXPECT_EQ(value_at<float>(value[2], 0), 9.25F);
  EXPECT_TRUE(std::isnan(value_at<float>(fields(fields(fields(events[3])[5])[1])[2], 0)));
}

TEST(TensorBoardFile, PicturesComeBack) {
  const EventFolder folder;
  TensorBoard board(folder.path);
  const std::string png = std::string("\x89PNG\0", 5) + std::string(300, 'x');
  board.image("pca", 7, png, 20, 10);
  board.flush();
  auto value = fields(fields(fields(frames(board.file())[2])[5])[1]);
  EXPECT_EQ(value[1], "pca");
  auto image = fields(value[4]);
  EXPECT_EQ(image[1], "10");
  EXPECT_EQ(image[2], "20");
  EXPECT_EQ(image[4], png);
}

TEST(TensorBoardFile, ResumingStartsANewFile) {
  const EventFolder folder;
  TensorBoard first(folder.path);
  first.scalar("a", 1, 1);
  first.flush();
  const auto before = fs::file_size(first.file());
  const TensorBoard second(folder.path, 2);
  EXPECT_NE(first.file(), second.file());
  EXPECT_EQ(fs::file_size(first.file()), before);
}

TEST(TensorBoardFile, AnUnwritableFolderIsAnError) {
  EXPECT_THROW(TensorBoard("/proc/nowhere"), Error);
}

}  // namespace
}  // namespace troodon::report
