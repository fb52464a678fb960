#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/random.hpp"
#include "image/pixels.hpp"

// The views of one picture that student and teacher see (DINOv2's multi-crop augmentation,
// spec dinov2.md 3.3). Drawing and doing are apart: a plan is data, and its pixels equal Pillow's.
namespace troodon::views {

/// Part of the picture's area.
struct AreaRange {
  double min = 0;
  double max = 1;
};

struct AugmentConfig {
  int global_crops_size = 224;  ///< pixels
  int local_crops_size = 96;    ///< pixels
  int local_crops_number = 8;
  AreaRange global_crops_scale{0.32, 1.0};
  AreaRange local_crops_scale{0.05, 0.32};
  /// False: blur probabilities 0, 0.9, 0.5 (first global, second global, local), as the released
  /// weights were trained; true: 1, 0.1, 0.5, as the paper says (spec quirks.md, 1).
  bool paper_blur = false;
  double blur_sigma_max = 2.0;  ///< pixels; sigma is uniform from 0.1 to this
  bool flip = true;             ///< mirror half of the crops

  int crops() const { return 2 + local_crops_number; }
};

enum class CropKind { first_global, second_global, local };
enum class ColourOp { brightness, contrast, saturation, hue };

struct ColourStep {
  ColourOp op = ColourOp::brightness;
  double factor = 1;  ///< hue: part of a turn, else 1 changes nothing
};

/// What is done to make one crop, in this order.
struct CropPlan {
  image::Box box;
  int size = 0;  ///< pixels of the square result
  bool flip = false;
  std::vector<ColourStep> jitter;
  bool gray = false;
  double blur_sigma = 0;  ///< 0: no blur
  bool solarize = false;
};

/// Uniform in [low, high): from our generator, or the float32 that PyTorch draws.
inline double draw_uniform(Random& random, double low, double high) {
  return random.uniform(low, high);
}
inline double draw_uniform(TorchRandom& random, double low, double high) {
  return random.uniform(low, high);
}
/// Uniform in 0..last.
inline int draw_index(Random& random, int last) {
  return static_cast<int>(random.integer(0, last));
}
inline int draw_index(TorchRandom& random, int last) {
  return static_cast<int>(random.randint(0, static_cast<int64_t>(last) + 1));
}

/// The box that ten failed tries fall back to: central, its aspect held within 3/4 .. 4/3.
image::Box fallback_box(int width, int height);

/// A random box of `scale` of the picture's area with aspect 3/4 .. 4/3, as torchvision draws it
/// (RandomResizedCrop.get_params); with TorchRandom the very same boxes.
template <class Draws>
image::Box random_resized_crop_box(int width, int height, AreaRange scale, Draws& draws) {
  const double area = static_cast<double>(width) * height;
  const float log_min = std::log(0.75F), log_max = std::log(static_cast<float>(4.0 / 3.0));
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double target = area * draw_uniform(draws, scale.min, scale.max);
    const double aspect = std::exp(static_cast<float>(draw_uniform(draws, log_min, log_max)));
    const auto w = static_cast<int>(std::nearbyint(std::sqrt(target * aspect)));
    const auto h = static_cast<int>(std::nearbyint(std::sqrt(target / aspect)));
    if (w <= 0 || w > width || h <= 0 || h > height) continue;
    const int top = draw_index(draws, height - h);
    const int left = draw_index(draws, width - w);
    return {.top = top, .left = left, .height = h, .width = w};
  }
  return fallback_box(width, height);
}

/// Draws one crop of a picture of width x height pixels.
CropPlan draw_crop(
    CropKind kind, int width, int height, const AugmentConfig& config, Random& random);

/// Carries a plan out: [size, size] pixels.
image::Image apply(const image::Image& picture, const CropPlan& plan);

/// Draws and makes all crops of one picture, normalised, straight into the caller's memory:
/// outs[0], outs[1] take the global crops, float32 [3, G, G], outs[2..] the local ones, [3, L, L].
/// `random` belongs to the sample, so the crops do not depend on threads or order.
void augment(const image::Image& picture,
             const AugmentConfig& config,
             Random& random,
             float* const* outs);

}  // namespace troodon::views
