#include <algorithm>
#include <cstdlib>
#include <sstream>

#include <gtest/gtest.h>

#include "base/parallel.hpp"
#include "image/decode.hpp"
#include "image/resize.hpp"

// The fixture folders of odd and broken files, each with an expected.csv that holds Pillow's view.
namespace troodon::image {
namespace {

fs::path data_folder() {
  if (const char* named = std::getenv("TROODON_DATA")) return named;
  const char* source = std::getenv("TROODON_SOURCE");
  return fs::path(source ? source : ".") / "../shared/data";
}

int largest_difference(const Image& a, const Image& b) {
  int largest = 0;
  for (size_t i = 0; i < a.pixels.size(); ++i) {
    largest = std::max(largest, std::abs(a.pixels[i] - b.pixels[i]));
  }
  return largest;
}

/// Splits a CSV line whose quoted fields hold commas but no quotes.
std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else if (c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

struct Expectation {
  std::string path, format, mode;
  bool pillow_decodes;
  int width, height;
};

std::vector<Expectation> expectations(const fs::path& csv) {
  std::vector<Expectation> out;
  std::istringstream lines(read_text(csv));
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const auto f = fields_of(line);
    if (f.size() < 7) continue;
    out.push_back(
        {f[0], f[3], f[4], f[2] == "decodes", std::atoi(f[5].c_str()), std::atoi(f[6].c_str())});
  }
  return out;
}

TEST(DecodeFiles, OddButValidFilesHaveTheSizeThatPillowSees) {
  const fs::path root = data_folder();
  if (!fs::exists(root / "formats/expected.csv")) GTEST_SKIP() << "no data in " << root;
  int jpeg_and_png = 0, refused = 0;
  for (const Expectation& want : expectations(root / "formats/expected.csv")) {
    const bool core = want.format == "JPEG" || want.format == "PNG";
    if (!want.pillow_decodes) continue;
    const auto image = read(root / want.path, {.orientation = Orientation::ignore});
    if (!image) {  // strict where Pillow is not: checksums; and what libvips does not know
      EXPECT_LE(refused += core, 1) << image.reason();
      continue;
    }
    jpeg_and_png += core;
    EXPECT_EQ(image->width, want.width) << want.path;
    EXPECT_EQ(image->height, want.height) << want.path;
  }
  EXPECT_GT(jpeg_and_png, 100);
}

TEST(DecodeFiles, UprightFilesAllShowTheSamePicture) {
  const fs::path root = data_folder() / "formats/orientation";
  if (!fs::exists(root)) GTEST_SKIP() << "no data in " << root;
  Image first;
  for (const auto& entry : fs::directory_iterator(root)) {
    const auto image = read(entry.path());
    ASSERT_TRUE(image) << image.reason();
    EXPECT_EQ(image->width, 600) << entry.path();
    const Image small = resize(*image, 30, 22, Filter::bilinear);
    if (first.empty()) first = small;
    EXPECT_LE(largest_difference(small, first), 60) << entry.path();
  }
  EXPECT_FALSE(first.empty());
}

TEST(DecodeFiles, BrokenFilesGiveAPictureOrASentence) {
  const fs::path root = data_folder();
  if (!fs::exists(root / "corrupt/expected.csv")) GTEST_SKIP() << "no data in " << root;
  int failures = 0;
  for (const Expectation& want : expectations(root / "corrupt/expected.csv")) {
    const auto image = read(root / want.path);
    if (image) {
      EXPECT_GT(image->width * image->height, 0) << want.path;
    } else {
      ++failures;
      EXPECT_NE(image.reason().find(want.path.substr(want.path.rfind('/') + 1)), std::string::npos);
      EXPECT_EQ(image.reason().find('\n'), std::string::npos);
    }
  }
  EXPECT_GT(failures, 100);
}

TEST(DecodeFiles, ManyThreadsReadTheSamePictures) {
  const fs::path root = data_folder();
  if (!fs::exists(root / "formats/expected.csv")) GTEST_SKIP() << "no data in " << root;
  std::vector<fs::path> files;
  for (const char* folder : {"webp", "gif", "bmp", "png", "jpeg"}) {
    for (const auto& entry : fs::directory_iterator(root / "formats" / folder)) {
      if (fs::file_size(entry) < 20000) files.push_back(entry.path());
    }
  }
  const auto checksums = [&files](size_t threads) {
    std::vector<uint32_t> sums(files.size());
    const auto body = [&](size_t i) {
      const auto image = read(files[i]);
      if (image) sums[i] = crc32(std::as_bytes(std::span(image->pixels)));
    };
    parallel_for(files.size(), body, threads);
    return sums;
  };
  EXPECT_EQ(checksums(8), checksums(1));
}

}  // namespace
}  // namespace troodon::image
