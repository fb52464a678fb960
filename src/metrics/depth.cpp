#include "metrics/depth.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "base/error.hpp"

namespace troodon::metrics {
namespace {

constexpr std::array kFields = {&DepthScores::a1,
                                &DepthScores::a2,
                                &DepthScores::a3,
                                &DepthScores::abs_rel,
                                &DepthScores::sq_rel,
                                &DepthScores::rmse,
                                &DepthScores::rmse_log,
                                &DepthScores::log10,
                                &DepthScores::silog};

struct Window {
  int64_t top, bottom, left, right;  // the last two rows and columns excluded
};

/// Rounded down after a nudge, so that 45 / 480 of 480 rows is 45 in floating point too.
int64_t part(double share, int64_t side) {
  return static_cast<int64_t>(share * static_cast<double>(side) + 1e-9);
}

Window window_of(DepthCrop crop, int64_t height, int64_t width) {
  switch (crop) {
    case DepthCrop::nyu:  // Eigen's crop
      return {part(45 / 480.0, height),
              part(471 / 480.0, height),
              part(41 / 640.0, width),
              part(601 / 640.0, width)};
    case DepthCrop::garg:
      return {part(0.40810811, height),
              part(0.99189189, height),
              part(0.03594771, width),
              part(0.96405229, width)};
    case DepthCrop::none:
      break;
  }
  return {0, height, 0, width};
}

/// Sums over the pixels that count.
struct Sums {
  DepthScores scores;  // squares where there will be roots
  double log_ratio = 0;

  void add(double p, double t) {
    const double worse = std::max(p / t, t / p), off = p - t, log_off = std::log(p) - std::log(t);
    scores.a1 += worse < 1.25;
    scores.a2 += worse < 1.25 * 1.25;
    scores.a3 += worse < 1.25 * 1.25 * 1.25;
    scores.abs_rel += std::abs(off) / t;
    scores.sq_rel += off * off / t;
    scores.rmse += off * off;
    scores.rmse_log += log_off * log_off;
    scores.log10 += std::abs(std::log10(p) - std::log10(t));
    log_ratio += log_off;
    ++scores.pixels;
  }

  DepthScores means() const {
    DepthScores out = scores;
    const auto n = static_cast<double>(scores.pixels);  // 0 / 0: NaN
    for (const auto field : kFields) out.*field /= n;
    const double mean = log_ratio / n;
    out.silog = 100 * std::sqrt(std::max(out.rmse_log - mean * mean, 0.0));
    if (scores.pixels == 0) out.silog = std::numeric_limits<double>::quiet_NaN();
    out.rmse = std::sqrt(out.rmse);
    out.rmse_log = std::sqrt(out.rmse_log);
    return out;
  }
};

template <class T>
DepthScores scores_of(std::span<const T> pred,
                      std::span<const T> truth,
                      int64_t height,
                      int64_t width,
                      const DepthOptions& options) {
  if (pred.size() != truth.size() || truth.size() != static_cast<size_t>(height * width))
    fail(Exit::input,
         "depth of {} pixels, truth of {}, a picture of {} x {}; all must have one size",
         pred.size(),
         truth.size(),
         height,
         width);
  const auto [least, most] = options.range;
  const Window window = window_of(options.crop, height, width);
  Sums sums;
  for (int64_t y = window.top; y < window.bottom; ++y) {
    for (int64_t x = window.left; x < window.right; ++x) {
      const auto t = static_cast<double>(truth[y * width + x]);
      if (!(t > least && t < most)) continue;
      const auto p = static_cast<double>(pred[y * width + x]);
      // Means over pictures leave NaN out: it would make a failing network look good.
      if (std::isnan(p)) fail(Exit::input, "depth predicted at row {}, column {} is NaN", y, x);
      sums.add(std::max(p, least), t);
    }
  }
  return sums.means();
}

}  // namespace

DepthScores depth_scores(std::span<const float> pred,
                         std::span<const float> truth,
                         int64_t height,
                         int64_t width,
                         const DepthOptions& options) {
  return scores_of(pred, truth, height, width, options);
}

DepthScores depth_scores(std::span<const double> pred,
                         std::span<const double> truth,
                         int64_t height,
                         int64_t width,
                         const DepthOptions& options) {
  return scores_of(pred, truth, height, width, options);
}

DepthScores mean_of(std::span<const DepthScores> pictures) {
  DepthScores out;
  for (const auto field : kFields) {
    double count = 0;
    for (const DepthScores& one : pictures) {
      if (std::isnan(one.*field)) continue;
      out.*field += one.*field;
      ++count;
    }
    out.*field /= count;
  }
  for (const DepthScores& one : pictures) out.pixels += one.pixels;
  return out;
}

}  // namespace troodon::metrics
