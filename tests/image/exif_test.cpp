#include "image/exif.hpp"

#include <cstdint>
#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace troodon::image {
namespace {

/// A TIFF block as it is written, of either byte order.
struct Block {
  bool big = false;
  std::string bytes;

  void number(uint32_t value, int size) {
    for (int i = 0; i < size; ++i)
      bytes += static_cast<char>(value >> (big ? 8 * (size - 1 - i) : 8 * i));
  }
  void entry(uint32_t tag, uint32_t type, uint32_t count, uint32_t value) {
    number(tag, 2), number(type, 2), number(count, 4), number(value, 4);
  }
};

/// A JPEG's first segments: a camera's maker, model and time.
std::string jpeg(bool big,
                 const std::string& maker,
                 const std::string& model,
                 const std::string& time) {
  Block block{big, big ? "MM" : "II"};
  block.number(42, 2), block.number(8, 4);
  const uint32_t texts = 8 + 2 + 3 * 12 + 4 + 2 + 12 + 4;
  block.number(3, 2);
  block.entry(0x010F, 2, static_cast<uint32_t>(maker.size() + 1), texts);
  block.entry(0x0110,
              2,
              static_cast<uint32_t>(model.size() + 1),
              texts + static_cast<uint32_t>(maker.size()) + 1);
  block.entry(0x8769, 4, 1, 8 + 2 + 3 * 12 + 4);
  block.number(0, 4), block.number(1, 2);
  block.entry(0x9003,
              2,
              static_cast<uint32_t>(time.size() + 1),
              texts + static_cast<uint32_t>(maker.size() + model.size()) + 2);
  block.number(0, 4);
  block.bytes += maker + '\0' + model + '\0' + time + '\0';
  const std::string exif = std::string("Exif\0\0", 6) + block.bytes;
  const size_t length = exif.size() + 2;
  return std::string("\xff\xd8\xff\xe0\0\x04JF", 8) + "\xff\xe1" + static_cast<char>(length >> 8) +
         static_cast<char>(length) + exif + "\xff\xda";
}

ExifNotes notes_of(const std::string& file) {
  return exif_notes(std::as_bytes(std::span(file)));
}

TEST(Exif, SaysWhenAndWithWhat) {
  for (const bool big : {false, true}) {
    const ExifNotes notes = notes_of(jpeg(big, "NIKON ", "D7000", "2019:07:14 12:33:01"));
    EXPECT_EQ(notes.taken, "2019-07-14 12:33:01");
    EXPECT_EQ(notes.camera, "NIKON D7000");
  }
  EXPECT_EQ(notes_of(jpeg(true, "Canon", "Canon EOS 80D", "")).camera, "Canon EOS 80D");
}

TEST(Exif, WhatIsNoTimeIsLeftOut) {
  for (const char* time : {"0000:00:00 00:00:00", "yesterday", "2019-07-14 12:33:01"})
    EXPECT_EQ(notes_of(jpeg(false, "Maker", "Model", time)).taken, "") << time;
}

TEST(Exif, DamagedFilesSayNothingAndDoNotCrash) {
  const std::string whole = jpeg(false, "NIKON", "D7000", "2019:07:14 12:33:01");
  for (size_t length = 0; length < whole.size() - 2; ++length)
    EXPECT_EQ(notes_of(whole.substr(0, length)).taken, "") << length;
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0xFF);
    EXPECT_LE(notes_of(damaged).camera.size(), 129U);
  }
}

}  // namespace
}  // namespace troodon::image
