#include "image/exif.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <optional>
#include <string_view>

namespace troodon::image {
namespace {

using Bytes = std::span<const std::byte>;

constexpr int kMake = 0x010F, kModel = 0x0110, kOrientation = 0x0112, kMore = 0x8769,
              kTakenAt = 0x9003;
constexpr size_t kEntryBytes = 12;
constexpr size_t kLongestText = 64;

/// Reads a TIFF block; anything outside it reads as zero.
struct TiffReader {
  Bytes bytes;
  bool big_endian = bytes.size() > 1 && bytes[0] == std::byte{'M'};

  uint32_t integer(size_t at, size_t size) const {
    if (at > bytes.size() || bytes.size() - at < size) return 0;
    uint32_t value = 0;
    for (size_t i = 0; i < size; ++i) {
      const size_t from = big_endian ? at + i : at + size - 1 - i;
      value = value << 8 | std::to_integer<uint32_t>(bytes[from]);
    }
    return value;
  }

  /// Where a tag of a directory stands.
  std::optional<size_t> entry(size_t directory, int tag) const {
    const size_t entries = integer(directory, 2);
    for (size_t i = 0; i < entries; ++i) {
      const size_t at = directory + 2 + i * kEntryBytes;
      if (at >= bytes.size()) break;
      if (integer(at, 2) == static_cast<uint32_t>(tag)) return at;
    }
    return std::nullopt;
  }

  /// Printable characters of a text tag, without spaces around them.
  std::string text(size_t directory, int tag) const {
    const auto at = entry(directory, tag);
    if (!at) return {};
    const size_t length = integer(*at + 4, 4), from = length <= 4 ? *at + 8 : integer(*at + 8, 4);
    std::string out;
    for (size_t i = 0; i < std::min(length, kLongestText); ++i) {
      const auto c = static_cast<char>(integer(from + i, 1));
      if (c == 0) break;
      if (std::isprint(static_cast<unsigned char>(c)) != 0 && (c != ' ' || !out.empty())) out += c;
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
  }
};

/// The EXIF block of a JPEG file: the first APP1 segment of that name before the pixels.
Bytes exif_block(Bytes file) {
  const auto byte = [&](size_t at) { return std::to_integer<size_t>(file[at]); };
  constexpr std::string_view kName{"Exif\0\0", 6};
  if (file.size() < 4 || byte(0) != 0xFF || byte(1) != 0xD8) return {};
  for (size_t at = 2; at + 4 <= file.size() && byte(at) == 0xFF;) {
    const size_t marker = byte(at + 1), length = byte(at + 2) << 8 | byte(at + 3);
    if (marker == 0xDA || length < 2 || file.size() - at - 2 < length) return {};
    const Bytes body = file.subspan(at + 4, length - 2);
    const bool named =
        body.size() > kName.size() &&
        std::equal(kName.begin(), kName.end(), body.begin(), [](char a, std::byte b) {
          return static_cast<std::byte>(a) == b;
        });
    if (marker == 0xE1 && named) return body.subspan(kName.size());
    at += 2 + length;
  }
  return {};
}

/// "2019:07:14 12:33:01" with dashes in its date; "" for what is no time.
std::string time_of(std::string text) {
  constexpr std::string_view kShape = "0000:00:00 00:00:00";
  if (text.size() != kShape.size() || text.starts_with("0000")) return {};
  for (size_t i = 0; i < text.size(); ++i) {
    const bool digit = std::isdigit(static_cast<unsigned char>(text[i])) != 0;
    if (kShape[i] == '0' ? !digit : text[i] != kShape[i]) return {};
  }
  text[4] = text[7] = '-';
  return text;
}

}  // namespace

ExifNotes exif_notes(Bytes file) {
  const TiffReader tiff{exif_block(file)};
  const size_t first = tiff.integer(4, 4);
  const std::string maker = tiff.text(first, kMake), model = tiff.text(first, kModel);
  ExifNotes out;
  // Many models repeat who made them.
  out.camera = maker.empty() || model.starts_with(maker) ? model : maker + " " + model;
  out.camera.erase(out.camera.find_last_not_of(' ') + 1);
  if (const auto more = tiff.entry(first, kMore))
    out.taken = time_of(tiff.text(tiff.integer(*more + 8, 4), kTakenAt));
  return out;
}

int exif_orientation(Bytes block) {
  const TiffReader tiff{block};
  const auto at = tiff.entry(tiff.integer(4, 4), kOrientation);
  const auto value = at ? static_cast<int>(tiff.integer(*at + 8, 2)) : 1;
  return value >= 1 && value <= 8 ? value : 1;
}

}  // namespace troodon::image
