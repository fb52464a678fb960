#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"
#include "targets.hpp"

#ifdef TROODON_HAVE_VIPS
#include <vips/vips.h>
#endif

namespace troodon::fuzz {

namespace {

constexpr size_t kLargestSeed = 6000;  // small pictures: thousands of inputs a second
constexpr int64_t kPixels = 1 << 16;

image::Image small_picture(int width, int height) {
  image::Image image(width, height);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(i * 7 + i / 31);
  return image;
}

/// The small files of DATA/{formats,corrupt}/NAME.
void add_files(std::vector<std::string>& seeds, const fs::path& data, const std::string& name) {
  std::vector<fs::path> files;
  for (const char* folder : {"formats", "corrupt"}) {
    if (!fs::is_directory(data / folder / name)) continue;
    for (const auto& entry : fs::directory_iterator(data / folder / name))
      if (entry.is_regular_file() && entry.file_size() <= kLargestSeed) files.push_back(entry);
  }
  std::ranges::sort(files);  // the same inputs on every machine
  for (const fs::path& file : files) seeds.push_back(read_text(file));
}

/// A small AVIF file, which the data has none of; nothing where libvips cannot write one.
std::vector<std::string> avif() {
#ifdef TROODON_HAVE_VIPS
  if (VIPS_INIT("fuzz") != 0) return {};
  image::Image picture = small_picture(24, 18);
  VipsImage* view = vips_image_new_from_memory(picture.pixels.data(),
                                               picture.pixels.size(),
                                               picture.width,
                                               picture.height,
                                               3,
                                               VIPS_FORMAT_UCHAR);
  void* bytes = nullptr;
  size_t size = 0;
  const int failed = vips_heifsave_buffer(
      view, &bytes, &size, "compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1, nullptr);
  g_object_unref(view);
  if (failed != 0) return {};
  const std::string out(static_cast<const char*>(bytes), size);
  g_free(bytes);
  return {out};
#else
  return {};
#endif
}

/// Both sizes of JPEG decoding: what comes out must be whole, or a sentence.
void decode(Bytes bytes) {
  for (const int64_t side : {0, 8}) {
    const auto picture = image::decode(bytes, {.max_pixels = kPixels, .min_side = side});
    if (picture) {
      const auto wanted = size_t{3} * picture->width * picture->height;
      if (picture->pixels.size() != wanted || wanted == 0) std::abort();
    } else {
      if (picture.reason().empty() || picture.reason().find('\n') != std::string::npos)
        std::abort();
      fail("{}", picture.reason());
    }
    const bool jpeg = bytes.size() > 1 && bytes[0] == std::byte{0xFF};
    if (!jpeg) break;  // the size is a hint for JPEG alone
  }
}

/// Makes the checksums of a PNG's chunks right, so that mutated chunks are looked into.
void fix_png(std::string& png) {
  const auto* bytes = reinterpret_cast<const std::byte*>(png.data());
  for (size_t at = 8; png.size() >= 12 && at <= png.size() - 12;) {
    uint32_t size = 0;
    for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>(png[at + i]);
    if (size > png.size() - at - 12) return;
    const uint32_t sum = crc32({bytes + at + 4, size + size_t{4}});
    for (size_t i = 0; i < 4; ++i) png[at + 8 + size + i] = static_cast<char>(sum >> (24 - 8 * i));
    at += size + size_t{12};
  }
}

}  // namespace

std::vector<Target> image_targets(const fs::path& data) {
  const auto target = [&](const char* name, std::vector<std::string> seeds) {
    add_files(seeds, data, name);
    return Target{.name = name, .seeds = std::move(seeds), .read = decode, .fix = nullptr};
  };
  std::vector<Target> all;
  all.push_back(target("jpeg", {image::encode_jpeg(small_picture(24, 17), 80)}));
  const std::vector<uint16_t> deep = {0, 256, 513, 65535};
  all.push_back(target(
      "png", {image::encode_png(small_picture(13, 9)), image::encode_png_gray16(deep, 2, 2)}));
  all.back().fix = fix_png;
  all.push_back(target("pnm", {"P6\n2 1\n255\nabcdef", "P2\n2 2\n9\n1 2 3 4\n"}));
  for (const char* name : {"gif", "webp", "tiff", "bmp", "heif"}) all.push_back(target(name, {}));
  all.push_back(target("avif", avif()));
  std::erase_if(all, [](const Target& each) { return each.seeds.empty(); });
  return all;
}

}  // namespace troodon::fuzz
