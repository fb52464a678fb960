#include "fingerprint/edits.hpp"

#include <algorithm>
#include <cmath>
#include <span>

#include <fmt/format.h>

#include "base/random.hpp"
#include "fingerprint/pdq.hpp"
#include "fingerprint/retouch.hpp"
#include "image/colour.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"

namespace troodon::fingerprint {
namespace {

using image::Image;

int pixels_of(double length) {
  return std::max(1, static_cast<int>(std::lround(length)));
}

Colour any_colour(Random& random) {
  Colour out;
  for (uint8_t& value : out) value = static_cast<uint8_t>(random.integer(0, 255));
  return out;
}

/// A box of these shares of the sides, anywhere in the picture.
image::Box any_box(const Image& image, double share, Random& random) {
  const int width = std::min(image.width, pixels_of(image.width * share));
  const int height = std::min(image.height, pixels_of(image.height * share));
  const auto left = static_cast<int>(random.integer(0, image.width - width));
  const auto top = static_cast<int>(random.integer(0, image.height - height));
  return {.top = top, .left = left, .height = height, .width = width};
}

Image encoded_anew(const Image& image, int quality) {
  const std::string file = image::encode_jpeg(image, quality);
  auto decoded = image::decode(std::as_bytes(std::span(file)));
  return *std::move(decoded);  // what we have just encoded decodes
}

Image blurred(Image image, double sigma) {
  image::gaussian_blur(image, 2 * static_cast<int>(std::ceil(3 * sigma)) + 1, sigma);
  return image;
}

/// A line of white letters on a dark box, which can be read on any picture.
Image with_text(Image image, double share, Random& random) {
  const int shorter = std::min(image.width, image.height);
  const int dot = pixels_of(shorter * share / kLineDots);
  const int letters = std::max(1, image.width * 3 / 4 / (kLetterDots * dot));
  TextLine line{.dot = dot, .letters = letters};
  const int width = letters * kLetterDots * dot, height = kLineDots * dot;
  line.left = static_cast<int>(random.integer(0, std::max(0, image.width - width)));
  line.top = static_cast<int>(random.integer(0, std::max(0, image.height - height)));
  line.seed = random.next();
  fill_box(image, {line.top - dot, line.left - dot, height + 2 * dot, width + dot}, {20, 20, 20});
  write_text(image, line);
  return image;
}

template <class Change>
Image changed(Image image, const Change& change, double amount) {
  change(image, amount);
  return image;
}

struct KindName {
  EditKind kind;
  const char* name;
};
constexpr KindName kNames[] = {{EditKind::jpeg, "jpeg"},
                               {EditKind::scale, "scale"},
                               {EditKind::squash, "squash"},
                               {EditKind::crop, "crop"},
                               {EditKind::brightness, "brightness"},
                               {EditKind::contrast, "contrast"},
                               {EditKind::saturation, "saturation"},
                               {EditKind::hue, "hue"},
                               {EditKind::blur, "blur"},
                               {EditKind::text, "text"},
                               {EditKind::box, "box"},
                               {EditKind::border, "border"},
                               {EditKind::letterbox, "letterbox"},
                               {EditKind::turn, "turn"},
                               {EditKind::rotate, "rotate"}};

}  // namespace

std::string name_of(const Edit& edit) {
  const auto* named = std::ranges::find(kNames, edit.kind, &KindName::kind);
  if (edit.kind == EditKind::letterbox) return named->name;
  return fmt::format("{} {:g}", named->name, edit.amount);
}

Image edited(const Image& image, const Edit& edit, uint64_t seed) {
  Random random(seed);
  const double amount = edit.amount;
  const int longer = std::max(image.width, image.height);
  switch (edit.kind) {
    case EditKind::jpeg:
      return encoded_anew(image, static_cast<int>(amount));
    case EditKind::scale:
      return image::resize(
          image, pixels_of(image.width * amount), pixels_of(image.height * amount));
    case EditKind::squash:
      return image::resize(image, pixels_of(amount), pixels_of(amount));
    case EditKind::crop:
      return image::crop(image, any_box(image, std::sqrt(amount), random));
    case EditKind::brightness:
      return changed(image, image::adjust_brightness, amount);
    case EditKind::contrast:
      return changed(image, image::adjust_contrast, amount);
    case EditKind::saturation:
      return changed(image, image::adjust_saturation, amount);
    case EditKind::hue:
      return changed(image, image::adjust_hue, amount);
    case EditKind::blur:
      return blurred(image, amount);
    case EditKind::text:
      return with_text(image, amount, random);
    case EditKind::box: {
      Image out = image;
      const image::Box box = any_box(image, amount, random);
      fill_box(out, box, any_colour(random));
      return out;
    }
    case EditKind::border:
      return framed(image,
                    image.width + 2 * pixels_of(image.width * amount),
                    image.height + 2 * pixels_of(image.height * amount),
                    any_colour(random));
    case EditKind::letterbox:
      return framed(image, longer, longer, {0, 0, 0});
    case EditKind::turn:
      return turned(image, static_cast<int>(amount));
    case EditKind::rotate:
      return rotated(image, random.chance(0.5) ? amount : -amount);
  }
  return image;
}

std::vector<Edit> standard_edits() {
  return {{EditKind::jpeg, 50},
          {EditKind::jpeg, 10},
          {EditKind::scale, 0.5},
          {EditKind::squash, 128},
          {EditKind::crop, 0.95},
          {EditKind::crop, 0.8},
          {EditKind::crop, 0.5},
          {EditKind::brightness, 1.4},
          {EditKind::contrast, 0.6},
          {EditKind::blur, 3},
          {EditKind::saturation, 0},
          {EditKind::rotate, 3},
          {EditKind::turn, 6},
          {EditKind::turn, 1},
          {EditKind::box, 0.45},
          {EditKind::border, 0.1}};
}

std::vector<Copy> planned_copies(size_t originals, std::span<const Edit> edits, uint64_t seed) {
  std::vector<Copy> out;
  out.reserve(originals * edits.size());
  for (size_t picture = 0; picture < originals; ++picture) {
    for (size_t edit = 0; edit < edits.size(); ++edit) {
      out.push_back({picture, edits[edit], mix(seed, picture, edit)});
    }
  }
  return out;
}

}  // namespace troodon::fingerprint
