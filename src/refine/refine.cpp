#include "refine/refine.hpp"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "refine/eye.hpp"
#include "refine/losses.hpp"
#include "refine/pyramid.hpp"

namespace troodon::refine {
namespace {

constexpr double kLeastWindow = 0.5;  ///< sides of a window, of the picture's
constexpr double kLeastZoom = 0.5,
                 kMostZoom = 1.2;  ///< pixels that the network sees, of a window's
constexpr int kStyleWindows = 16;  ///< over which the style's class token is averaged
constexpr int64_t kJudge = 20;     ///< steps from one judgement of the whole to the next
constexpr double kOutside = 10;    ///< weight of values that no pixel can have

/// A part of a picture, as large as the network sees it. From any pixel on and of any scale: no
/// pattern can settle on the borders of patches.
struct Window {
  int64_t top, left, height, width;
  int64_t seen_height, seen_width;  ///< multiples of the patch
  bool mirrored;

  Tensor of(const Tensor& picture) const {
    const Tensor cut = picture.narrow(2, top, height).narrow(3, left, width);
    const Tensor seen = at::_upsample_bilinear2d_aa(cut, {seen_height, seen_width}, false);
    return mirrored ? seen.flip({3}) : seen;
  }
};

Window draw_window(const Tensor& picture, int64_t patch, Random& random) {
  const double share = random.uniform(kLeastWindow, 1),
               zoom = random.uniform(kLeastZoom, kMostZoom);
  const auto at_least_one = [](double x) { return std::max<int64_t>(1, std::llround(x)); };
  const auto side = [&](int64_t i) { return static_cast<double>(picture.size(i)) * share; };
  const auto seen = [&](int64_t i) {
    return patch * at_least_one(side(i) * zoom / static_cast<double>(patch));
  };
  Window out{.height = at_least_one(side(2)),
             .width = at_least_one(side(3)),
             .seen_height = seen(2),
             .seen_width = seen(3)};
  out.top = random.integer(0, picture.size(2) - out.height);
  out.left = random.integer(0, picture.size(3) - out.width);
  out.mirrored = random.chance(0.5);
  return out;
}

/// What the change is measured by.
class Judge {
 public:
  Judge(Eye& eye,
        const image::Image& content,
        const image::Image& style,
        const image::Image& start,
        const RefineOptions& options)
      : eye_(eye),
        options_(options),
        content_(eye.prepared(content)),
        start_(eye.prepared(start)),
        random_(options.seed) {
    const torch::NoGradGuard frozen;
    const Tensor other = eye.prepared(style);
    content_sight_ = eye.look(content_);
    style_token_ = eye.look(other).token;
    window_token_ = torch::zeros_like(style_token_);
    for (int i = 0; i < kStyleWindows; ++i)
      window_token_ +=
          eye.look(draw_window(other, eye.patch(), random_).of(other)).token / kStyleWindows;
  }

  const Tensor& start() const { return start_; }

  /// Through a random window; to be descended.
  Tensor loss(const Tensor& change) {
    const Tensor picture = start_ + change;
    const Window window = draw_window(picture, eye_.patch(), random_);
    const Sight seen = eye_.look(window.of(picture.clamp(0, 1)));
    const Tensor out = options_.appearance * appearance_loss(seen.token, window_token_) +
                       options_.smooth * roughness(change, content_) + kOutside * outside(picture);
    if (options_.structure == 0) return out;
    return out + options_.structure * structure_loss(seen.similarity, similarity_in(window));
  }

  Losses whole(const Tensor& change) {
    const torch::NoGradGuard frozen;
    const Sight seen = eye_.look((start_ + change).clamp(0, 1));
    Losses out{
        .structure = structure_loss(seen.similarity, content_sight_.similarity).item<double>(),
        .appearance = appearance_loss(seen.token, style_token_).item<double>()};
    out.total = options_.structure * out.structure + options_.appearance * out.appearance +
                options_.smooth * roughness(change, content_).item<double>();
    return out;
  }

 private:
  /// Of the content there.
  Tensor similarity_in(const Window& window) {
    const torch::NoGradGuard frozen;
    return eye_.look(window.of(content_)).similarity;
  }

  Eye& eye_;
  RefineOptions options_;
  Tensor content_, start_;
  Random random_;
  Sight content_sight_;
  Tensor style_token_, window_token_;  ///< of the whole style, of windows on it
};

/// Full speed at first, none at the end: what is noise of single windows averages out.
double rate_at(int64_t step, const RefineOptions& options) {
  const double done = static_cast<double>(step) / static_cast<double>(options.steps);
  return options.rate * 0.5 * (1 + std::cos(3.141592653589793 * done));
}

void check(const image::Image& content, const image::Image& style, const image::Image& start) {
  if (content.empty() || style.empty() || start.empty())
    fail(Exit::input, "a picture to restyle is empty");
  if (content.width != start.width || content.height != start.height)
    fail("the start has {}x{} pixels, the content {}x{}; they must be one size",
         start.width,
         start.height,
         content.width,
         content.height);
}

/// The change at the start's own size, on the start.
image::Image applied(const Tensor& change, const image::Image& start) {
  const Tensor there = change.cpu();
  return image_of(planes_of(start) +
                  at::_upsample_bicubic2d_aa(there, {start.height, start.width}, false));
}

}  // namespace

Refined refine(const image::Image& content,
               const image::Image& style,
               const image::Image& start,
               const RefineOptions& options) {
  check(content, style, start);
  if (options.steps <= 0) return {.picture = start};
  Eye eye(options);
  Judge judge(eye, content, style, start, options);
  Pyramid pyramid(judge.start().size(2), judge.start().size(3), eye.device());
  Tensor best = pyramid.change().detach();
  Refined out{.first = judge.whole(best)};
  out.last = out.first;
  Progress progress("restyling", static_cast<size_t>(options.steps), options.progress);
  progress.note(fmt::format("loss {:.4f}", out.first.total));
  while (out.steps < options.steps && !out.interrupted) {
    judge.loss(pyramid.change()).backward();
    pyramid.step(rate_at(out.steps++, options));
    out.interrupted = interrupted();
    if (out.steps % kJudge == 0 || out.steps == options.steps || out.interrupted) {
      const Tensor change = pyramid.change().detach();
      const Losses now = judge.whole(change);
      if (now.total < out.last.total) out.last = now, best = change;
      progress.note(fmt::format("loss {:.4f}", now.total));
    }
    progress.advance();
  }
  out.picture = applied(best, start);
  return out;
}

}  // namespace troodon::refine
