#include "image/formats.hpp"

#ifdef TROODON_HAVE_VIPS

#include <algorithm>
#include <cstring>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <utility>
#include <vips/vips.h>

namespace troodon::image {
namespace {

struct Unref {
  void operator()(VipsImage* image) const { g_object_unref(image); }
};
using VipsPicture = std::unique_ptr<VipsImage, Unref>;

struct Release {
  void operator()(void* memory) const { g_free(memory); }
};

/// libvips starts once for the process. Its own threads and caches stay off: our callers already
/// work on one picture per core. Loaders that its authors call unsafe stay blocked, save those of
/// BMP, PNM, JPEG 2000 and JPEG XL.
bool start_vips() {
  if (VIPS_INIT("troodon") != 0) return false;
  g_log_set_handler("VIPS", G_LOG_LEVEL_WARNING, [](auto...) {}, nullptr);  // failures say enough
  vips_concurrency_set(1);
  vips_cache_set_max(0);
  vips_block_untrusted_set(TRUE);
  for (const char* loader : {"VipsForeignLoadMagick",
                             "VipsForeignLoadPpm",
                             "VipsForeignLoadJp2k",
                             "VipsForeignLoadJxl"}) {
    vips_operation_block_set(loader, FALSE);
  }
  return true;
}

/// What libvips noted last, first line only.
Failure vips_failure() {
  const std::unique_ptr<char, Release> text(vips_error_buffer_copy());
  std::string reason = text ? text.get() : "";
  reason = reason.substr(0, reason.find('\n'));
  return {reason.empty() ? "libvips cannot read it" : reason};
}

VipsPicture open_picture(Bytes bytes) {
  return VipsPicture(vips_image_new_from_buffer(bytes.data(),
                                                bytes.size(),
                                                "",
                                                "access",
                                                VIPS_ACCESS_SEQUENTIAL,
                                                "fail_on",
                                                VIPS_FAIL_ON_TRUNCATED,
                                                nullptr));
}

/// A step libvips takes lazily: `step(in, &out)` returns 0, the result is owned.
template <class Step>
VipsPicture then(const VipsPicture& in, const Step& step) {
  VipsImage* out = nullptr;
  if (!in || step(in.get(), &out) != 0) return nullptr;
  return VipsPicture(out);
}

/// Clear pixels of a GIF carry no colour of their own: white paper shows. Other formats keep the
/// colour under their alpha, as Pillow does.
VipsPicture on_paper(VipsPicture picture, Bytes bytes) {
  const bool gif = bytes[0] == std::byte{'G'};
  if (!gif || vips_image_hasalpha(picture.get()) == 0) return picture;
  return then(picture, [](VipsImage* in, VipsImage** out) {
    VipsArrayDouble* const white = vips_array_double_newv(1, 255.0);
    const int failed = vips_flatten(in, out, "background", white, nullptr);
    vips_area_unref(VIPS_AREA(white));
    return failed;
  });
}

bool has_inks(const VipsPicture& picture) {
  return picture->Type == VIPS_INTERPRETATION_CMYK && picture->Bands >= 4;
}

/// The four inks, 8 bits each: profiles are left alone, as for JPEG.
VipsPicture to_inks(VipsPicture picture) {
  picture = then(picture, [](VipsImage* in, VipsImage** out) {
    return vips_extract_band(in, out, 0, "n", 4, nullptr);
  });
  if (picture && picture->BandFmt == VIPS_FORMAT_USHORT) {
    picture = then(picture, [](VipsImage* in, VipsImage** out) {
      return vips_rshift_const1(in, out, 8, nullptr);
    });
  }
  return then(picture,
              [](VipsImage* in, VipsImage** out) { return vips_cast_uchar(in, out, nullptr); });
}

/// 8-bit sRGB without alpha; nothing when a conversion fails.
VipsPicture to_rgb(VipsPicture picture) {
  picture = then(picture, [](VipsImage* in, VipsImage** out) {
    return vips_colourspace(in, out, VIPS_INTERPRETATION_sRGB, nullptr);
  });
  if (picture && picture->Bands < 3) {
    picture = then(picture, [](VipsImage* in, VipsImage** out) {
      VipsImage* first = nullptr;
      if (vips_extract_band(in, &first, 0, nullptr) != 0) return -1;
      const VipsPicture one(first);
      VipsImage* bands[] = {first, first, first};
      return vips_bandjoin(bands, out, 3, nullptr);
    });
  }
  picture = then(picture, [](VipsImage* in, VipsImage** out) {
    return vips_extract_band(in, out, 0, "n", 3, nullptr);
  });
  return then(picture,
              [](VipsImage* in, VipsImage** out) { return vips_cast_uchar(in, out, nullptr); });
}

/// What the header of a WebP file claims, as {width, height}; zeros for other files. libvips takes
/// memory for the whole picture before it tells its size, so the header is asked first.
std::pair<int64_t, int64_t> webp_claim(Bytes bytes) {
  const auto number = [bytes](size_t at, size_t count) {
    int64_t value = 0;
    for (size_t i = count; i-- > 0;) value = value << 8 | std::to_integer<int64_t>(bytes[at + i]);
    return value;
  };
  if (bytes.size() < 30 || std::memcmp(bytes.data() + 8, "WEBPVP8", 7) != 0) return {0, 0};
  const char kind = std::to_integer<char>(bytes[15]);
  if (kind == 'X') return {number(24, 3) + 1, number(27, 3) + 1};
  if (kind == ' ') return {number(26, 2) & 0x3FFF, number(28, 2) & 0x3FFF};
  const int64_t packed = number(21, 4);  // VP8L: 14 bits for each side
  return {(packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1};
}

Result<Decoded> attempt(Bytes bytes, const DecodeOptions& options) {
  std::string problem;
  const auto [width, height] = webp_claim(bytes);
  if (width > 0 && height > 0) problem = size_complaint(width, height, options);
  if (!problem.empty()) return Failure{problem};
  VipsPicture picture = open_picture(bytes);
  if (!picture) return vips_failure();
  problem = size_complaint(picture->Xsize, picture->Ysize, options);
  if (!problem.empty()) return Failure{problem};
  Decoded out{.image = {}, .orientation = vips_image_get_orientation(picture.get())};
  const bool inks = has_inks(picture);
  picture = inks ? to_inks(std::move(picture)) : to_rgb(on_paper(std::move(picture), bytes));
  if (!picture) return vips_failure();
  size_t size = 0;
  const std::unique_ptr<void, Release> pixels(vips_image_write_to_memory(picture.get(), &size));
  out.image = Image(picture->Xsize, picture->Ysize);
  if (!pixels || size != out.image.pixels.size() / 3 * (inks ? 4 : 3)) return vips_failure();
  const auto* from = static_cast<const uint8_t*>(pixels.get());
  if (inks) {
    inks_to_rgb({from, size}, 0, out.image);
  } else {
    std::copy_n(from, size, out.image.pixels.data());
  }
  return out;
}

}  // namespace

Result<Decoded> decode_with_vips(Bytes bytes, const DecodeOptions& options) {
  static const bool started = start_vips();
  if (!started) return Failure{"libvips does not start"};
  // libvips notes failures in one place for the process, where threads mix theirs: a failed picture
  // is read again alone to learn its own.
  static std::shared_mutex alone;
  {
    const std::shared_lock among_others(alone);
    if (Result<Decoded> decoded = attempt(bytes, options)) return decoded;
  }
  const std::unique_lock lock(alone);
  vips_error_clear();
  return attempt(bytes, options);
}

}  // namespace troodon::image

#else

namespace troodon::image {

Result<Decoded> decode_with_vips(Bytes, const DecodeOptions&) {
  return Failure{"neither JPEG nor PNG; this build has no libvips for other formats"};
}

}  // namespace troodon::image

#endif
