#include "report/tensorboard.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>
#include <unistd.h>

#include "base/error.hpp"

namespace troodon::report {
namespace {

static_assert(std::endian::native == std::endian::little, "event files are little endian");

// Protocol buffers by hand: a field is a key (number * 8 + wire type) and a value.
template <class T>
void append_bytes(std::string& out, T value) {
  std::array<char, sizeof(T)> bytes{};
  std::memcpy(bytes.data(), &value, sizeof(T));
  out.append(bytes.data(), bytes.size());
}

void append_varint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
  out += static_cast<char>(value);
}

void append_integer(std::string& out, int field, int64_t value) {
  append_varint(out, static_cast<uint64_t>(field) << 3);
  append_varint(out, static_cast<uint64_t>(value));
}

void append_double(std::string& out, int field, double value) {
  append_varint(out, (static_cast<uint64_t>(field) << 3) | 1);
  append_bytes(out, value);
}

void append_float(std::string& out, int field, float value) {
  append_varint(out, (static_cast<uint64_t>(field) << 3) | 5);
  append_bytes(out, value);
}

void append_text(std::string& out, int field, std::string_view text) {
  append_varint(out, (static_cast<uint64_t>(field) << 3) | 2);
  append_varint(out, text.size());
  out += text;
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// message Event { double wall_time = 1; int64 step = 2; string file_version = 3;
//                 Summary summary = 5; SessionLog session_log = 7; }
std::string event_at(int64_t step) {
  std::string event;
  append_double(event, 1, wall_seconds());
  append_integer(event, 2, step);
  return event;
}

/// Masked as in TensorFlow's record files: a checksum of data that holds checksums is weak.
uint32_t masked_crc(std::string_view bytes) {
  return std::rotr(crc32c(bytes), 15) + 0xA282EAD8U;
}

fs::path free_name(const fs::path& folder) {
  const auto seconds = static_cast<int64_t>(wall_seconds());
  for (int n = 0;; ++n) {
    fs::path file =
        folder / fmt::format("events.out.tfevents.{:010}.troodon.{}.{}", seconds, getpid(), n);
    if (!fs::exists(file)) return file;
  }
}

}  // namespace

uint32_t crc32c(std::string_view bytes) {
  static const auto kTable = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t i = 0; i < 256; ++i) {
      uint32_t c = i;
      for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0x82F63B78U ^ (c >> 1) : c >> 1;
      table[i] = c;
    }
    return table;
  }();
  uint32_t crc = ~0U;
  for (const char byte : bytes)
    crc = kTable[(crc ^ static_cast<uint8_t>(byte)) & 0xFF] ^ (crc >> 8);
  return ~crc;
}

TensorBoard::TensorBoard(const fs::path& folder, int64_t first_step) {
  std::error_code error;
  fs::create_directories(folder, error);
  file_ = free_name(folder);
  stream_.open(file_, std::ios::binary);
  if (!stream_)
    fail(Exit::resource, "{}: cannot be written ({})", file_.string(), std::strerror(errno));
  std::string version = event_at(0);
  append_text(version, 3, "brain.Event:2");
  write_record(version);
  std::string start;
  append_integer(
      start, 1, 1);  // SessionLog { status = START }: readers drop later steps seen before
  std::string event = event_at(first_step);
  append_text(event, 7, start);
  write_record(event);
  flush();
}

void TensorBoard::scalar(std::string_view tag, int64_t step, double value) {
  std::string field;
  append_float(field, 2, static_cast<float>(value));
  write_summary(tag, step, field);
}

void TensorBoard::image(
    std::string_view tag, int64_t step, std::string_view png, int width, int height) {
  std::string
      image;  // { height = 1; width = 2; colorspace = 3 (3: RGB); encoded_image_string = 4 }
  append_integer(image, 1, height);
  append_integer(image, 2, width);
  append_integer(image, 3, 3);
  append_text(image, 4, png);
  std::string field;
  append_text(field, 4, image);
  write_summary(tag, step, field);
}

void TensorBoard::flush() {
  stream_.flush();
  if (!stream_) fail(Exit::resource, "{}: cannot be written; is the disk full?", file_.string());
}

/// Summary { repeated Value { string tag = 1; float simple_value = 2; Image image = 4 } value = 1 }
void TensorBoard::write_summary(std::string_view tag, int64_t step, std::string_view value) {
  std::string named;
  append_text(named, 1, tag);
  named += value;
  std::string summary;
  append_text(summary, 1, named);
  std::string event = event_at(step);
  append_text(event, 5, summary);
  write_record(event);
}

/// Record: length (8 bytes), its checksum (4), the event, its checksum (4).
void TensorBoard::write_record(std::string_view event) {
  std::string frame;
  append_bytes(frame, static_cast<uint64_t>(event.size()));
  append_bytes(frame, masked_crc(frame));
  frame += event;
  append_bytes(frame, masked_crc(event));
  stream_.write(frame.data(), static_cast<std::streamsize>(frame.size()));
}

}  // namespace troodon::report
