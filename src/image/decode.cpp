#include "image/decode.hpp"

#include <algorithm>
#include <string_view>

#include "image/formats.hpp"

namespace troodon::image {
namespace {

using namespace std::string_view_literals;

std::string_view text_of(Bytes bytes, size_t from, size_t count) {
  if (from >= bytes.size()) return {};
  return {reinterpret_cast<const char*>(bytes.data()) + from, std::min(count, bytes.size() - from)};
}

bool starts_with(Bytes bytes, std::string_view signature) {
  return text_of(bytes, 0, signature.size()) == signature;
}

/// Pictures that libvips may see. A closed list: its last resort, ImageMagick, reads scripts too.
bool known_to_vips(Bytes bytes) {
  for (const auto signature : {"GIF87a"sv,
                               "GIF89a"sv,
                               "II*\0"sv,
                               "MM\0*"sv,
                               "II+\0"sv,
                               "MM\0+"sv,
                               "BM"sv,
                               "\xff\x0a"sv,
                               "\0\0\0\x0cJXL "sv,
                               "\0\0\0\x0cjP  "sv,
                               "\xff\x4f\xff\x51"sv}) {
    if (starts_with(bytes, signature)) return true;
  }
  if (starts_with(bytes, "RIFF")) return text_of(bytes, 8, 4) == "WEBP";
  const bool netpbm = bytes.size() > 2 && starts_with(bytes, "P") &&
                      "1234567"sv.find(text_of(bytes, 1, 1)) != std::string_view::npos;
  return netpbm || text_of(bytes, 4, 4) == "ftyp";  // HEIF and AVIF
}

/// a * b / 255 rounded, as Pillow does it.
int multiply(int a, int b) {
  const int product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

Result<Decoded> decode_any(Bytes bytes, const DecodeOptions& options) {
  if (bytes.empty()) return Failure{"the file is empty"};
  if (starts_with(bytes, "\xff\xd8")) return decode_jpeg(bytes, options);
  if (starts_with(bytes, "\x89PNG\r\n\x1a\n"sv)) return decode_png(bytes, options);
  if (known_to_vips(bytes)) return decode_with_vips(bytes, options);
  return Failure{"its first bytes are those of no known picture format"};
}

}  // namespace

std::string size_complaint(int64_t width, int64_t height, const DecodeOptions& options) {
  if (width <= 0 || height <= 0)
    return fmt::format("it claims to be {} x {} pixels", width, height);
  if (width > options.max_pixels / height) {
    return fmt::format(
        "it claims {} x {} pixels, more than the limit of {}", width, height, options.max_pixels);
  }
  return "";
}

void inks_to_rgb(std::span<const uint8_t> inks, uint8_t inverted, Image& image) {
  uint8_t* out = image.pixels.data();
  for (size_t i = 0; i + 3 < inks.size(); i += 4, out += 3) {
    const int light = inverted == 0 ? 255 - inks[i + 3] : inks[i + 3];  // what black leaves
    for (int c = 0; c < 3; ++c) {
      const int ink = inks[i + c] ^ inverted;
      out[c] = static_cast<uint8_t>(std::clamp(light - multiply(ink, light), 0, 255));
    }
  }
}

Result<Image> decode(std::span<const std::byte> bytes, const DecodeOptions& options) {
  Result<Decoded> decoded = decode_any(bytes, options);
  if (!decoded) return Failure{decoded.reason()};
  if (options.orientation == Orientation::ignore || decoded->orientation == 1) {
    return std::move(decoded->image);
  }
  return upright(decoded->image, decoded->orientation);
}

Result<Image> read(const fs::path& path, const DecodeOptions& options) try {
  if (fs::is_directory(path)) return Failure{path.string() + ": is a folder, not a picture"};
  if (fs::is_regular_file(path) && fs::file_size(path) == 0) {
    return Failure{path.string() + ": the file is empty"};
  }
  const MappedFile file(path);
  Result<Image> image = decode(file.bytes(), options);
  if (!image) return Failure{path.string() + ": " + image.reason()};
  return image;
} catch (const Error& error) {  // a file that cannot be opened is part of the data, too
  return Failure{error.what()};
} catch (const fs::filesystem_error& error) {
  return Failure{error.what()};
}

}  // namespace troodon::image
