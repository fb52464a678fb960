#include "image/encode.hpp"

#include <algorithm>
#include <cassert>
#include <cctype>
#include <csetjmp>
#include <cstdio>  // jpeglib.h needs it first
#include <cstdlib>
#include <jpeglib.h>
#include <memory>
#include <png.h>

#include "base/error.hpp"

namespace troodon::image {
namespace {

struct Free {
  void operator()(unsigned char* memory) const { std::free(memory); }
};

struct Writer {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  std::jmp_buf on_error{};
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
};

/// Owns no object with a destructor: libjpeg may jump out of it.
bool write_jpeg(Writer& writer, const Image& image, int quality) {
  if (setjmp(writer.on_error) != 0) return false;
  jpeg_compress_struct& info = writer.info;
  jpeg_create_compress(&info);
  jpeg_mem_dest(&info, &writer.bytes, &writer.size);
  info.image_width = static_cast<JDIMENSION>(image.width);
  info.image_height = static_cast<JDIMENSION>(image.height);
  info.input_components = 3;
  info.in_color_space = JCS_RGB;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, quality, TRUE);
  jpeg_start_compress(&info, TRUE);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = const_cast<uint8_t*>(image.row(static_cast<int>(info.next_scanline)));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  return true;
}

struct PngLayout {
  int width;
  int height;
  int depth;   ///< bits per channel
  int colour;  ///< PNG_COLOR_TYPE_*
  size_t row_bytes;
  std::span<const std::array<uint8_t, 3>> palette = {};  ///< of PNG_COLOR_TYPE_PALETTE
};

/// Compression 6 and all filters, libpng's defaults. Owns no object with a destructor.
bool write_png(png_structp png, png_infop info, const PngLayout& layout, const uint8_t* pixels) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_IHDR(png,
               info,
               static_cast<png_uint_32>(layout.width),
               static_cast<png_uint_32>(layout.height),
               layout.depth,
               layout.colour,
               PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  std::array<png_color, 256> colours{};
  for (size_t i = 0; i < layout.palette.size(); ++i)
    colours[i] = {layout.palette[i][0], layout.palette[i][1], layout.palette[i][2]};
  if (!layout.palette.empty())
    png_set_PLTE(png, info, colours.data(), static_cast<int>(layout.palette.size()));
  png_write_info(png, info);
  if (layout.depth == 16) png_set_swap(png);  // ours is little endian
  for (int y = 0; y < layout.height; ++y) {
    png_write_row(png, pixels + static_cast<size_t>(y) * layout.row_bytes);
  }
  png_write_end(png, info);
  return true;
}

std::string png_bytes(const PngLayout& layout, const void* pixels) {
  assert(layout.width > 0 && layout.height > 0);
  std::string out;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  const auto append = [](png_structp writer, png_bytep bytes, size_t size) {
    static_cast<std::string*>(png_get_io_ptr(writer))->append(reinterpret_cast<char*>(bytes), size);
  };
  bool ok = info != nullptr;
  if (ok) {
    png_set_write_fn(png, &out, append, nullptr);
    ok = write_png(png, info, layout, static_cast<const uint8_t*>(pixels));
  }
  png_destroy_write_struct(&png, &info);
  if (!ok) fail("cannot encode a PNG of {} x {} pixels", layout.width, layout.height);
  return out;
}

}  // namespace

std::string encode_jpeg(const Image& image, int quality) {
  Writer writer;
  writer.info.err = jpeg_std_error(&writer.errors);
  writer.info.client_data = &writer;
  writer.errors.error_exit = [](j_common_ptr info) {
    std::longjmp(static_cast<Writer*>(info->client_data)->on_error, 1);
  };
  const bool ok = write_jpeg(writer, image, quality);
  jpeg_destroy_compress(&writer.info);
  const std::unique_ptr<unsigned char, Free> bytes(writer.bytes);
  if (!ok) fail("cannot encode a JPEG of {} x {} pixels", image.width, image.height);
  return {reinterpret_cast<const char*>(bytes.get()), writer.size};
}

std::string encode_png(const Image& image) {
  const size_t row_bytes = static_cast<size_t>(image.width) * 3;
  return png_bytes({image.width, image.height, 8, PNG_COLOR_TYPE_RGB, row_bytes},
                   image.pixels.data());
}

std::string encode_png_gray(std::span<const uint8_t> values, int width, int height) {
  assert(values.size() == static_cast<size_t>(width) * height);
  const auto row_bytes = static_cast<size_t>(width);
  return png_bytes({width, height, 8, PNG_COLOR_TYPE_GRAY, row_bytes}, values.data());
}

std::string encode_png_gray16(std::span<const uint16_t> values, int width, int height) {
  assert(values.size() == static_cast<size_t>(width) * height);
  const size_t row_bytes = static_cast<size_t>(width) * 2;
  return png_bytes({width, height, 16, PNG_COLOR_TYPE_GRAY, row_bytes}, values.data());
}

std::string encode_png_palette(std::span<const uint8_t> values,
                               int width,
                               int height,
                               std::span<const std::array<uint8_t, 3>> palette) {
  assert(values.size() == static_cast<size_t>(width) * height);
  assert(!palette.empty() && palette.size() <= 256);
  const auto row_bytes = static_cast<size_t>(width);
  return png_bytes({width, height, 8, PNG_COLOR_TYPE_PALETTE, row_bytes, palette}, values.data());
}

void write(const fs::path& path, const Image& image) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), [](unsigned char c) {
    return static_cast<char>(std::tolower(c));
  });
  if (extension == ".png") {
    write_atomically(path, encode_png(image));
  } else if (extension == ".jpg" || extension == ".jpeg") {
    write_atomically(path, encode_jpeg(image));
  } else {
    fail("{}: pictures are written as .jpg, .jpeg or .png", path.string());
  }
}

}  // namespace troodon::image
