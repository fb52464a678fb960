#include "views/crops.hpp"

#include <array>
#include <cassert>

#include "image/colour.hpp"
#include "image/resize.hpp"

namespace troodon::views {
namespace {

constexpr double kJitterProbability = 0.8;
constexpr double kGrayProbability = 0.2;
constexpr double kSolarizeProbability = 0.2;
constexpr int kSolarizeThreshold = 128;
constexpr int kBlurKernel = 9;

double blur_probability(CropKind kind, bool paper) {
  if (kind == CropKind::local) return 0.5;
  const bool mostly = (kind == CropKind::first_global) == paper;
  return kind == CropKind::first_global ? (mostly ? 1.0 : 0.0) : (mostly ? 0.9 : 0.1);
}

/// The four colour changes in random order, each of random strength.
std::vector<ColourStep> draw_jitter(Random& random) {
  std::array<ColourStep, 4> steps{{{ColourOp::brightness, random.uniform(0.6, 1.4)},
                                   {ColourOp::contrast, random.uniform(0.6, 1.4)},
                                   {ColourOp::saturation, random.uniform(0.8, 1.2)},
                                   {ColourOp::hue, random.uniform(-0.1, 0.1)}}};
  for (int i = 3; i > 0; --i) std::swap(steps[i], steps[draw_index(random, i)]);
  return {steps.begin(), steps.end()};
}

void change_colour(image::Image& crop, const ColourStep& step) {
  switch (step.op) {
    case ColourOp::brightness:
      return image::adjust_brightness(crop, step.factor);
    case ColourOp::contrast:
      return image::adjust_contrast(crop, step.factor);
    case ColourOp::saturation:
      return image::adjust_saturation(crop, step.factor);
    case ColourOp::hue:
      return image::adjust_hue(crop, step.factor);
  }
}

CropKind kind_of(int crop) {
  if (crop >= 2) return CropKind::local;
  return crop == 0 ? CropKind::first_global : CropKind::second_global;
}

}  // namespace

image::Box fallback_box(int width, int height) {
  const double min_aspect = 3.0 / 4, max_aspect = 4.0 / 3;
  const double aspect = static_cast<double>(width) / height;
  int w = width, h = height;
  if (aspect < min_aspect) h = static_cast<int>(std::nearbyint(w / min_aspect));
  if (aspect > max_aspect) w = static_cast<int>(std::nearbyint(h * max_aspect));
  return {.top = (height - h) / 2, .left = (width - w) / 2, .height = h, .width = w};
}

CropPlan draw_crop(
    CropKind kind, int width, int height, const AugmentConfig& config, Random& random) {
  const bool local = kind == CropKind::local;
  CropPlan plan;
  plan.size = local ? config.local_crops_size : config.global_crops_size;
  const AreaRange scale = local ? config.local_crops_scale : config.global_crops_scale;
  plan.box = random_resized_crop_box(width, height, scale, random);
  plan.flip = config.flip && random.chance(0.5);
  if (random.chance(kJitterProbability)) plan.jitter = draw_jitter(random);
  plan.gray = random.chance(kGrayProbability);
  if (random.chance(blur_probability(kind, config.paper_blur))) {
    plan.blur_sigma = random.uniform(0.1, config.blur_sigma_max);
  }
  plan.solarize = kind == CropKind::second_global && random.chance(kSolarizeProbability);
  return plan;
}

image::Image apply(const image::Image& picture, const CropPlan& plan) {
  image::Image crop = image::resized_crop(picture, plan.box, plan.size, plan.size);
  if (plan.flip) crop = image::flip_horizontal(crop);
  for (const ColourStep& step : plan.jitter) change_colour(crop, step);
  if (plan.gray) image::to_grayscale(crop);
  if (plan.blur_sigma > 0) image::gaussian_blur(crop, kBlurKernel, plan.blur_sigma);
  if (plan.solarize) image::solarize(crop, kSolarizeThreshold);
  return crop;
}

void augment(const image::Image& picture,
             const AugmentConfig& config,
             Random& random,
             float* const* outs) {
  assert(!picture.empty());
  for (int i = 0; i < config.crops(); ++i) {
    const CropPlan plan = draw_crop(kind_of(i), picture.width, picture.height, config, random);
    image::normalize_to(apply(picture, plan), outs[i]);
  }
}

}  // namespace troodon::views
