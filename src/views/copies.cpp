#include "views/copies.hpp"

#include <cassert>
#include <cmath>

#include "fingerprint/retouch.hpp"
#include "image/colour.hpp"
#include "image/resize.hpp"

namespace troodon::views {
namespace {

using fingerprint::Edit;
using fingerprint::EditKind;
using image::Image;

// Half of the views see the whole picture, as `features --resize stretch` does; half what
// `features` does unasked. A descriptor must take both.
constexpr double kStretched = 0.5;
constexpr double kBars = 0.15;  // not by EditKind::letterbox: many data sets' pictures are square
constexpr int kMargin = 2;      // pictures are kept at this many times the views' size

/// Edits that happen by chance, in the order in which they are named.
class Chances {
 public:
  explicit Chances(Random& random) : random_(random) {}
  void maybe(double probability, EditKind kind, double low, double high) {
    const double amount = random_.uniform(low, high);  // drawn anyway: each has its own draws
    if (random_.chance(probability)) edits_.push_back({kind, amount});
  }
  std::vector<Edit> take() { return std::move(edits_); }

 private:
  Random& random_;
  std::vector<Edit> edits_;
};

std::vector<Edit> draw_edits(int size, Random& random) {
  Chances chances(random);
  chances.maybe(0.5, EditKind::turn, 1, 1);  // mirrored
  chances.maybe(0.2, EditKind::turn, 1, 7.99);
  chances.maybe(0.15, EditKind::rotate, 1, 20);
  chances.maybe(0.4, EditKind::brightness, 0.5, 1.6);
  chances.maybe(0.4, EditKind::contrast, 0.5, 1.6);
  chances.maybe(0.3, EditKind::saturation, 0, 2);
  chances.maybe(0.3, EditKind::saturation, 0, 0);  // grey
  chances.maybe(0.25, EditKind::hue, -0.5, 0.5);
  chances.maybe(0.2, EditKind::scale, 0.2, 0.7);
  chances.maybe(0.25, EditKind::blur, 0.3, std::max(0.5, size / 32.0));
  chances.maybe(0.15, EditKind::text, 0.06, 0.25);
  chances.maybe(0.15, EditKind::box, 0.15, 0.5);
  return chances.take();
}

std::vector<Edit> draw_last_edits(Random& random) {
  Chances chances(random);
  chances.maybe(0.2, EditKind::border, 0.03, 0.25);
  chances.maybe(0.4, EditKind::jpeg, 3, 80);
  return chances.take();
}

void draw_mixing(double probability, CopyPlan& plan, Random& random) {
  if (!random.chance(probability)) return;
  switch (random.integer(0, 2)) {
    case 0:
      plan.mixing = Mixing::pasted, plan.share = random.uniform(0.5, 0.95);
      break;
    case 1:
      plan.mixing = Mixing::covered, plan.share = random.uniform(0.2, 0.6);
      break;
    default:
      plan.mixing = Mixing::blended, plan.share = random.uniform(0.55, 0.9);
  }
}

/// `piece` laid on `ground`, anywhere that it fits.
Image laid(Image ground, const Image& piece, Random& random) {
  const int left = draw_index(random, ground.width - piece.width);
  const int top = draw_index(random, ground.height - piece.height);
  for (int y = 0; y < piece.height; ++y) {
    std::copy_n(piece.row(y), size_t{3} * piece.width, ground.row(top + y) + size_t{3} * left);
  }
  return ground;
}

Image scaled_by(const Image& image, double share) {
  return image::resize(image,
                       std::max(1, static_cast<int>(image.width * share)),
                       std::max(1, static_cast<int>(image.height * share)));
}

Image blended(Image image, const Image& other, double weight) {
  for (size_t i = 0; i < image.pixels.size(); ++i) {
    const double value = weight * image.pixels[i] + (1 - weight) * other.pixels[i];
    image.pixels[i] = static_cast<uint8_t>(std::lround(value));
  }
  return image;
}

Image mixed(Image image, const Image& other, const CopyPlan& plan) {
  if (plan.mixing == Mixing::none) return image;
  Random random(mix(plan.seed, 1));
  const Image same_size = image::resize(other, image.width, image.height);
  switch (plan.mixing) {
    case Mixing::pasted:
      return laid(same_size, scaled_by(image, plan.share), random);
    case Mixing::covered:
      return laid(std::move(image), scaled_by(same_size, plan.share), random);
    default:
      return blended(std::move(image), same_size, plan.share);
  }
}

Image with_bars(Image image, double bars) {
  if (bars == 0) return image;
  const int across = bars < 0 ? static_cast<int>(image.width * -bars) : 0;
  const int down = bars > 0 ? static_cast<int>(image.height * bars) : 0;
  return fingerprint::framed(image, image.width + 2 * across, image.height + 2 * down, {0, 0, 0});
}

Image edited(Image image, const std::vector<Edit>& edits, uint64_t seed) {
  for (size_t i = 0; i < edits.size(); ++i) {
    image = fingerprint::edited(image, edits[i], mix(seed, i));
  }
  return image;
}

Image small_enough(const Image& picture, int size) {
  if (std::min(picture.width, picture.height) <= kMargin * size) return picture;
  return image::resize_short_side(picture, kMargin * size);
}

}  // namespace

CopyPlan draw_original(int width, int height, const CopyConfig&, Random& random) {
  CopyPlan plan;
  plan.stretched = random.chance(kStretched);
  plan.seed = random.next();
  plan.box = {.top = 0, .left = 0, .height = height, .width = width};
  if (random.chance(0.5)) plan.box = random_resized_crop_box(width, height, {0.6, 1}, random);
  Chances chances(random);
  chances.maybe(0.2, EditKind::jpeg, 30, 95);
  plan.last_edits = chances.take();
  return plan;
}

CopyPlan draw_copy(int width, int height, const CopyConfig& config, Random& random) {
  CopyPlan plan;
  plan.stretched = random.chance(kStretched);
  plan.seed = random.next();
  plan.box = {.top = 0, .left = 0, .height = height, .width = width};
  if (random.chance(0.7))
    plan.box = random_resized_crop_box(width, height, config.crops_scale, random);
  plan.edits = draw_edits(config.size, random);
  draw_mixing(config.mixed, plan, random);
  const double bars = random.uniform(0.05, 0.3);
  if (random.chance(kBars)) plan.bars = random.chance(0.7) ? bars : -bars;
  plan.last_edits = draw_last_edits(random);
  return plan;
}

image::Image apply(const image::Image& picture,
                   const image::Image& other,
                   const CopyPlan& plan,
                   int size) {
  Image out = edited(image::crop(picture, plan.box), plan.edits, mix(plan.seed, 0));
  out = with_bars(mixed(std::move(out), other, plan), plan.bars);
  out = edited(std::move(out), plan.last_edits, mix(plan.seed, 2));
  return plan.stretched ? image::resize(out, size, size) : image::evaluation_crop(out, size);
}

void copy_pair(const image::Image& picture,
               const image::Image& other,
               const CopyConfig& config,
               Random& random,
               float* const* outs) {
  assert(!picture.empty() && !other.empty());
  const Image kept = small_enough(picture, config.size);
  const CopyPlan original = draw_original(kept.width, kept.height, config, random);
  const CopyPlan copy = draw_copy(kept.width, kept.height, config, random);
  image::normalize_to(apply(kept, other, original, config.size), outs[0]);
  image::normalize_to(apply(kept, other, copy, config.size), outs[1]);
}

}  // namespace troodon::views
