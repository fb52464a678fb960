#include <algorithm>
#include <array>
#include <csetjmp>
#include <cstring>
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

}  // namespace

Result<Decoded> decode_png(Bytes bytes, const DecodeOptions& options) {
  PngReader reader;
  reader.rest = bytes;
  if (!read_png_header(reader)) return png_failure(reader);
  const int64_t width = png_get_image_width(reader.png, reader.info);
  const int64_t height = png_get_image_height(reader.png, reader.info);
  const std::string problem = size_complaint(width, height, options);
  if (!problem.empty()) return Failure{"PNG: " + problem};
  const auto stored = static_cast<int64_t>(png_get_rowbytes(reader.png, reader.info)) * height;
  const bool large = width * height > kTrustedPixels;
  if (large && stored / kDeflateRatio > static_cast<int64_t>(bytes.size())) {
    return Failure{"PNG: it ends before the picture is complete"};
  }
  if (!set_up_png(reader)) return png_failure(reader);
  Decoded out{.image = Image(static_cast<int>(width), static_cast<int>(height))};
  const bool interlaced = png_get_interlace_type(reader.png, reader.info) != PNG_INTERLACE_NONE;
  const int passes = interlaced ? PNG_INTERLACE_ADAM7_PASSES : 1;
  if (!read_png_rows(reader, passes, out.image)) return png_failure(reader);
  if (options.orientation == Orientation::apply) {
    read_png_end(reader);
    out.orientation = orientation_of(reader);
  }
  return out;
}

}  // namespace troodon::image
