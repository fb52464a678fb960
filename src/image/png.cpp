#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
#include <optional>
#include <png.h>
#include <string>

#include "image/formats.hpp"

// As in jpeg.cpp: functions that set a jump target own no object with a destructor.
namespace troodon::image {
namespace {

constexpr int kDeflateRatio = 1032;  // the most that a byte of a PNG can unfold to

struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Bytes rest;
  std::array<char, 256> message{};

  PngReader() = default;
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;
  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto& reader = *static_cast<PngReader*>(png_get_error_ptr(png));
  std::strncpy(reader.message.data(), message, reader.message.size() - 1);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void copy_bytes(png_structp png, png_bytep out, size_t count) {
  auto& reader = *static_cast<PngReader*>(png_get_io_ptr(png));
  if (reader.rest.size() < count) png_error(png, "it ends before the picture is complete");
  std::memcpy(out, reader.rest.data(), count);
  reader.rest = reader.rest.subspan(count);
}

/// False: `message` says why, as in the next two.
bool read_png_header(PngReader& reader) {
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_error, on_warning);
  if (reader.png == nullptr) return false;
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_structp png = reader.png;
  reader.info = png_create_info_struct(png);
  png_set_read_fn(png, &reader, copy_bytes);
  png_set_user_limits(png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  // Texts and profiles are of no use here, and a few bytes of them can unfold to megabytes each.
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
  png_set_keep_unknown_chunks(
      png, PNG_HANDLE_CHUNK_AS_DEFAULT, reinterpret_cast<png_const_bytep>("eXIf"), 1);
  png_read_info(png, reader.info);
  return true;
}

/// Fixes the output as 8-bit RGB; alpha, gamma and the low byte of 16 bits are dropped.
bool set_up_png(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_structp png = reader.png;
  const int colour = png_get_color_type(png, reader.info);
  if (colour == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if ((colour & PNG_COLOR_MASK_COLOR) == 0) {
    if (png_get_bit_depth(png, reader.info) < 8) png_set_expand_gray_1_2_4_to_8(png);
    png_set_gray_to_rgb(png);
  }
  if (png_get_bit_depth(png, reader.info) == 16) png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, reader.info);
  return true;
}

/// Fixes the output as stored values: one byte for up to 8 bits, two in the machine's order else.
bool set_up_plane(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  png_set_packing(reader.png);
  png_set_swap(reader.png);
  png_set_strip_alpha(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);
  return true;
}

/// All rows into `rows`, one after another.
bool read_stored_rows(PngReader& reader, int passes, int height, uint8_t* rows, size_t row_bytes) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  for (int pass = 0; pass < passes; ++pass)
    for (int y = 0; y < height; ++y)
      png_read_row(reader.png, rows + static_cast<size_t>(y) * row_bytes, nullptr);
  return true;
}

/// One value a pixel of `channels` equal ones; false where they differ.
template <class Value>
bool take_values(std::span<const uint8_t> rows, size_t channels, std::vector<uint16_t>& out) {
  Value each[4];
  for (size_t i = 0; i < out.size(); ++i) {
    std::memcpy(each, rows.data() + i * channels * sizeof(Value), channels * sizeof(Value));
    if (channels == 3 && (each[0] != each[1] || each[1] != each[2])) return false;
    out[i] = each[0];
  }
  return true;
}

/// Row by row, without a table of rows: tall pictures would make it larger than themselves.
bool read_png_rows(PngReader& reader, int passes, Image& image) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return false;
  for (int pass = 0; pass < passes; ++pass)
    for (int y = 0; y < image.height; ++y) png_read_row(reader.png, image.row(y), nullptr);
  return true;
}

/// The chunks after the pixels; damage there costs only the orientation.
void read_png_end(PngReader& reader) {
  if (setjmp(png_jmpbuf(reader.png)) != 0) return;
  png_read_end(reader.png, reader.info);
}

int orientation_of(PngReader& reader) {
  png_bytep exif = nullptr;
  png_uint_32 size = 0;
  if (png_get_eXIf_1(reader.png, reader.info, &size, &exif) == 0) return 1;
  return exif_orientation({reinterpret_cast<const std::byte*>(exif), size});
}

Failure png_failure(const PngReader& reader) {
  return {fmt::format("PNG: {}", reader.message.data())};
}

int width_of(const PngReader& reader) {
  return static_cast<int>(png_get_image_width(reader.png, reader.info));
}
int height_of(const PngReader& reader) {
  return static_cast<int>(png_get_image_height(reader.png, reader.info));
}
int passes_of(const PngReader& reader) {
  return png_get_interlace_type(reader.png, reader.info) == PNG_INTERLACE_NONE
             ? 1
             : PNG_INTERLACE_ADAM7_PASSES;
}

/// Reads the header; the failure if the picture is none, too large or not all there.
std::optional<Failure> open_png(PngReader& reader, Bytes bytes, const DecodeOptions& options) {
  reader.rest = bytes;
  if (!read_png_header(reader)) return png_failure(reader);
  const int64_t width = width_of(reader), height = height_of(reader);
  const std::string problem = size_complaint(width, height, options);
  if (!problem.empty()) return Failure{"PNG: " + problem};
  const auto stored = static_cast<int64_t>(png_get_rowbytes(reader.png, reader.info)) * height;
  const bool large = width * height > kTrustedPixels;
  if (large && stored / kDeflateRatio > static_cast<int64_t>(bytes.size()))
    return Failure{"PNG: it ends before the picture is complete"};
  return std::nullopt;
}

}  // namespace

Result<Decoded> decode_png(Bytes bytes, const DecodeOptions& options) {
  PngReader reader;
  if (const auto problem = open_png(reader, bytes, options)) return *problem;
  if (!set_up_png(reader)) return png_failure(reader);
  Decoded out{.image = Image(width_of(reader), height_of(reader))};
  const int passes = passes_of(reader);
  if (!read_png_rows(reader, passes, out.image)) return png_failure(reader);
  if (options.orientation == Orientation::apply) {
    read_png_end(reader);
    out.orientation = orientation_of(reader);
  }
  return out;
}

Result<Plane> decode_png_plane(Bytes bytes, const DecodeOptions& options) {
  PngReader reader;
  if (const auto problem = open_png(reader, bytes, options)) return *problem;
  if (!set_up_plane(reader)) return png_failure(reader);
  Plane out(width_of(reader), height_of(reader));
  const size_t row_bytes = png_get_rowbytes(reader.png, reader.info);
  std::vector<uint8_t> rows(row_bytes * static_cast<size_t>(out.height));
  if (!read_stored_rows(reader, passes_of(reader), out.height, rows.data(), row_bytes))
    return png_failure(reader);
  const size_t channels = png_get_channels(reader.png, reader.info);
  const bool taken = png_get_bit_depth(reader.png, reader.info) == 16
                         ? take_values<uint16_t>(rows, channels, out.values)
                         : take_values<uint8_t>(rows, channels, out.values);
  if (!taken) return Failure{"PNG: a picture in colours, where one number a pixel was expected"};
  return out;
}

}  // namespace troodon::image
