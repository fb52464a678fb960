#include "export/wire.hpp"

#include <gtest/gtest.h>

namespace troodon::onnx {
namespace {

using namespace std::string_literals;

// Bytes by hand from protobuf's description of its encoding.
TEST(Wire, IntegersTakeSevenBitsAByteLowOnesFirst) {
  Message small, two_bytes, negative;
  small.integer(1, 127);
  two_bytes.integer(1, 300);
  negative.integer(1, -1);
  EXPECT_EQ(small.bytes, "\x08\x7F"s);
  EXPECT_EQ(two_bytes.bytes, "\x08\xAC\x02"s);
  EXPECT_EQ(negative.bytes, "\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s);
}

TEST(Wire, FieldNumbersAbove15TakeTwoBytes) {
  Message out;
  out.integer(20, 7);
  EXPECT_EQ(out.bytes, "\xA0\x01\x07"s);
}

TEST(Wire, FloatsAreFourBytesLittleEndian) {
  Message out;
  out.real(2, 1.0F);
  EXPECT_EQ(out.bytes, "\x15\x00\x00\x80\x3F"s);
}

TEST(Wire, TextAndMessagesCarryTheirLength) {
  Message inner, out;
  inner.text(2, "testing");
  EXPECT_EQ(inner.bytes, "\x12\x07testing"s);
  out.message(3, inner);
  EXPECT_EQ(out.bytes, "\x1A\x09\x12\x07testing"s);
}

}  // namespace
}  // namespace troodon::onnx
