#include "heads/lbfgs.hpp"

#include <cmath>
#include <deque>
#include <optional>

#include <ATen/ATen.h>

namespace troodon::heads {
namespace {

using torch::Tensor;

constexpr double kDecrease = 1e-4, kCurvature = 0.9;  // of the Wolfe conditions
constexpr int64_t kMostTrials = 30;                   // of one line search

double product_of(const Tensor& a, const Tensor& b) {
  return (a * b).sum().item<double>();
}

/// Steps and changes of gradient, oldest first.
struct Memory {
  struct Pair {
    Tensor step, change;
    double inverse;  ///< 1 / (step . change)
  };
  std::deque<Pair> pairs;
  double scale = 1;  ///< of the preconditioner

  void add(const Tensor& step, const Tensor& change, const LbfgsOptions& options) {
    const double product = product_of(step, change);
    if (!(product > 1e-300)) return;
    const Tensor y = options.precondition ? options.precondition(change) : change;
    scale = product / product_of(change, y);
    pairs.push_back({step, change, 1 / product});
    if (static_cast<int64_t>(pairs.size()) > options.memory) pairs.pop_front();
  }

  /// The two-loop recursion.
  Tensor direction(const Tensor& gradient, const LbfgsOptions& options) const {
    Tensor q = gradient.clone();
    std::vector<double> shares(pairs.size());
    for (size_t i = pairs.size(); i-- > 0;) {
      shares[i] = pairs[i].inverse * product_of(pairs[i].step, q);
      q.sub_(pairs[i].change, shares[i]);
    }
    if (options.precondition) q = options.precondition(q);
    q.mul_(scale);
    for (size_t i = 0; i < pairs.size(); ++i) {
      const double share = pairs[i].inverse * product_of(pairs[i].change, q);
      q.add_(pairs[i].step, shares[i] - share);
    }
    return q.neg_();
  }
};

/// A place along the line.
struct Trial {
  double t = 0, slope = 0;
  Valued at;
};

/// The minimum of the cubic through two trials, kept away from their ends.
double between(const Trial& a, const Trial& b) {
  const double d1 = a.slope + b.slope - 3 * (a.at.value - b.at.value) / (a.t - b.t);
  const double square = d1 * d1 - a.slope * b.slope;
  double t = (a.t + b.t) / 2;
  if (square >= 0) {
    const double d2 = std::copysign(std::sqrt(square), b.t - a.t);
    t = b.t - (b.t - a.t) * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  }
  const double low = std::min(a.t, b.t), high = std::max(a.t, b.t), margin = 0.1 * (high - low);
  return std::isfinite(t) ? std::clamp(t, low + margin, high - margin) : (a.t + b.t) / 2;
}

class LineSearch {
 public:
  LineSearch(const std::function<Valued(const Tensor&)>& function,
             const Tensor& x,
             const Tensor& direction,
             const Trial& start,
             double noise)
      : function_(function), x_(x), direction_(direction), start_(start), noise_(noise) {}

  int64_t evaluations = 0;

  /// Nothing where no place is better than the start.
  std::optional<Trial> run(double first) {
    Trial before = start_;
    for (double t = first; evaluations < kMostTrials; t *= 4) {
      const Trial now = try_at(t);
      if (!std::isfinite(now.at.value)) return zoom(before, now);
      if (too_high(now) || (evaluations > 1 && now.at.value >= before.at.value && !exact(now)))
        return zoom(before, now);
      if (std::abs(now.slope) <= -kCurvature * start_.slope) return now;
      if (now.slope >= 0) return zoom(now, before);
      before = now;
    }
    return before.t > 0 ? std::optional(before) : std::nullopt;
  }

 private:
  Trial try_at(double t) {
    ++evaluations;
    Trial out{.t = t, .at = function_(x_ + t * direction_)};
    out.slope = product_of(out.at.gradient, direction_);
    return out;
  }
  /// The value is lost in noise, but the slope says that the place is good.
  bool exact(const Trial& trial) const {
    return trial.at.value <= start_.at.value + noise_ * std::abs(start_.at.value) &&
           trial.slope <= (2 * kDecrease - 1) * start_.slope;
  }
  bool too_high(const Trial& trial) const {
    const double allowed = start_.at.value + kDecrease * trial.t * start_.slope;
    return !(trial.at.value <= allowed) && !exact(trial);
  }
  std::optional<Trial> zoom(Trial low, Trial high) {
    while (evaluations < kMostTrials && std::abs(high.t - low.t) > 1e-14 * std::abs(low.t)) {
      const bool usable = std::isfinite(high.at.value);
      const Trial now = try_at(usable ? between(low, high) : low.t + (high.t - low.t) / 10);
      if (!std::isfinite(now.at.value) || too_high(now) ||
          (now.at.value >= low.at.value && !exact(now))) {
        high = now;
        continue;
      }
      if (std::abs(now.slope) <= -kCurvature * start_.slope) return now;
      if (now.slope * (high.t - low.t) >= 0) high = low;
      low = now;
    }
    return low.t > 0 ? std::optional(low) : std::nullopt;
  }

  const std::function<Valued(const Tensor&)>& function_;
  const Tensor &x_, &direction_;
  const Trial& start_;
  double noise_;
};

double largest(const Tensor& gradient) {
  return gradient.abs().max().item<double>();
}

}  // namespace

LbfgsResult minimise(const std::function<Valued(const Tensor& x)>& function,
                     const Tensor& start,
                     const LbfgsOptions& options) {
  LbfgsResult out{.x = start.clone(), .at = function(start), .evaluations = 1};
  Memory memory;
  while (true) {
    out.converged = largest(out.at.gradient) <= options.tolerance;
    if (out.converged || out.evaluations >= options.max_evaluations) return out;
    const Tensor direction = memory.direction(out.at.gradient, options);
    const Trial here{.t = 0, .slope = product_of(out.at.gradient, direction), .at = out.at};
    if (!(here.slope < 0)) return out;
    const bool unknown = memory.pairs.empty() && !options.precondition;
    LineSearch search(function, out.x, direction, here, options.noise);
    const auto found = search.run(unknown ? 1 / direction.norm().item<double>() : 1.0);
    out.evaluations += search.evaluations;
    if (!found) return out;
    const Tensor step = found->t * direction;
    memory.add(step, found->at.gradient - out.at.gradient, options);
    out.x.add_(step);
    out.at = found->at;
  }
}

}  // namespace troodon::heads
