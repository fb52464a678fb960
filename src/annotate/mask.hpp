#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.hpp"
#include "image/pixels.hpp"

namespace troodon::annotate {

/// Which pixels of a picture belong to something.
struct Mask {
  int width = 0, height = 0;
  std::vector<uint8_t> inside;  ///< 0 or 1, [height, width]
  double score = 0;             ///< how sure its maker is, 0..1

  Mask() = default;
  Mask(int w, int h) : width(w), height(h), inside(static_cast<size_t>(w) * h) {}
  bool at(int x, int y) const { return inside[static_cast<size_t>(y) * width + x] != 0; }
};

int64_t area_of(const Mask& mask);    ///< pixels inside
image::Box box_of(const Mask& mask);  ///< the smallest around them; all 0 without any
bool same_size(const Mask& a, const Mask& b);

/// Pixels inside both / inside one of them, 0..1; 1 for two empty masks. Throws Error (Exit::input)
/// where sizes differ.
double iou(const Mask& a, const Mask& b);

/// The nearest pixel of another size.
Mask resized(const Mask& mask, int width, int height);

/// A picture's mask file: every value but 0 is inside. Throws Error (Exit::input).
Mask read_mask(const fs::path& path);

/// 0 and 255, an 8-bit grey PNG.
std::string mask_png(const Mask& mask);

/// The picture with everything outside darkened and a bright line around the mask.
image::Image overlay(const image::Image& picture, const Mask& mask);

/// COCO's compressed run lengths, and back. Throws Error (Exit::input) where the text is none, or
/// of another size than width * height pixels.
std::string run_text(const Mask& mask);
Mask mask_of_runs(int width, int height, std::string_view counts);

/// As docs/http.md has it: width, height, rle, polygons, box, area, score.
std::string mask_json(const Mask& mask);
/// Reads {"rle": {"size": [h, w], "counts"}, ...}; the rest is derived. Throws Error (Exit::input).
Mask mask_of_json(std::string_view json);

}  // namespace troodon::annotate
