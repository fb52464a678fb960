#include "match/verify.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/random.hpp"

namespace troodon::match {
namespace {

constexpr int kRounds = 10;  ///< of least squares after the draws

/// Solves a [n, n] x = b by elimination with pivots; none where a is singular.
std::optional<std::vector<double>> solve(std::vector<double> a, std::vector<double> b) {
  const size_t n = b.size();
  for (size_t k = 0; k < n; ++k) {
    size_t pivot = k;
    for (size_t i = k + 1; i < n; ++i)
      if (std::abs(a[i * n + k]) > std::abs(a[pivot * n + k])) pivot = i;
    if (std::abs(a[pivot * n + k]) < 1e-9) return std::nullopt;
    for (size_t j = 0; j < n; ++j) std::swap(a[k * n + j], a[pivot * n + j]);
    std::swap(b[k], b[pivot]);
    for (size_t i = k + 1; i < n; ++i) {
      const double factor = a[i * n + k] / a[k * n + k];
      for (size_t j = k; j < n; ++j) a[i * n + j] -= factor * a[k * n + j];
      b[i] -= factor * b[k];
    }
  }
  for (size_t k = n; k-- > 0;) {
    for (size_t j = k + 1; j < n; ++j) b[k] -= a[k * n + j] * b[j];
    b[k] /= a[k * n + k];
  }
  return b;
}

/// Moves points about their centre and to a mean distance of 1, for sound numbers (Hartley 1997).
Transform normalisation(std::span<const Point> points) {
  double x = 0, y = 0, away = 0;
  for (const Point& p : points) x += p.x, y += p.y;
  const auto n = static_cast<double>(points.size());
  x /= n, y /= n;
  for (const Point& p : points) away += distance(p, {x, y}) / n;
  const double s = 1 / std::max(away, 1e-9);
  return {s, 0, -s * x, 0, s, -s * y, 0, 0, 1};
}

/// The two equations that a pair makes: coefficients [count] and right side, with the last entry of
/// the transform 1.
std::array<std::vector<double>, 2> equations(Verify kind, const Point& p, const Point& q) {
  if (kind == Verify::affine) return {{{p.x, p.y, 1, 0, 0, 0, q.x}, {0, 0, 0, p.x, p.y, 1, q.y}}};
  return {{{p.x, p.y, 1, 0, 0, 0, -q.x * p.x, -q.x * p.y, q.x},
           {0, 0, 0, p.x, p.y, 1, -q.y * p.x, -q.y * p.y, q.y}}};
}

Transform product(const Transform& a, const Transform& b) {
  Transform out = {};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 3; ++k) out[i * 3 + j] += a[i * 3 + k] * b[k * 3 + j];
  return out;
}

/// Whether a transform keeps the side of the picture that faces us, and does not squeeze it flat.
bool sane(const Transform& t, std::span<const Point> from) {
  for (const Point& p : from)
    if (t[6] * p.x + t[7] * p.y + t[8] < 0.1) return false;
  const double area = t[0] * t[4] - t[1] * t[3];
  return std::abs(area) > 0.01 && std::abs(area) < 100;
}

double cost_of(const Transform& t,
               std::span<const Point> from,
               std::span<const Point> to,
               double tolerance) {
  double out = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    const double d = distance(moved(t, from[i]), to[i]) / tolerance;
    out += std::min(d * d, 1.0);
  }
  return out;
}

std::optional<Transform> draw(Verify kind,
                              std::span<const Point> from,
                              std::span<const Point> to,
                              Random& random) {
  const size_t needed = kind == Verify::affine ? 3 : 4;
  std::array<Point, 4> p, q;
  std::array<size_t, 4> taken = {};
  for (size_t k = 0; k < needed; ++k) {
    taken[k] = static_cast<size_t>(random.integer(0, static_cast<int64_t>(from.size()) - 1));
    if (std::find(taken.begin(), taken.begin() + k, taken[k]) != taken.begin() + k)
      return std::nullopt;
    p[k] = from[taken[k]], q[k] = to[taken[k]];
  }
  return least_squares(kind, std::span(p).first(needed), std::span(q).first(needed));
}

void mark(Fit& fit, std::span<const Point> from, std::span<const Point> to, double tolerance) {
  fit.inlier.assign(from.size(), 0);
  fit.inliers = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    fit.inlier[i] = distance(moved(fit.transform, from[i]), to[i]) <= tolerance ? 1 : 0;
    fit.inliers += fit.inlier[i];
  }
}

}  // namespace

Point moved(const Transform& t, const Point& p) {
  const double w = t[6] * p.x + t[7] * p.y + t[8];
  return {(t[0] * p.x + t[1] * p.y + t[2]) / w, (t[3] * p.x + t[4] * p.y + t[5]) / w};
}

std::optional<Transform> least_squares(Verify kind,
                                       std::span<const Point> from,
                                       std::span<const Point> to,
                                       std::span<const double> weights) {
  const size_t unknowns = kind == Verify::affine ? 6 : 8;
  if (from.empty() || from.size() != to.size()) return std::nullopt;
  const Transform in = normalisation(from), out = normalisation(to);
  std::vector<double> a(unknowns * unknowns), b(unknowns);
  for (size_t i = 0; i < from.size(); ++i) {
    const double weight = weights.empty() ? 1 : weights[i];
    for (const auto& row : equations(kind, moved(in, from[i]), moved(out, to[i])))
      for (size_t r = 0; r < unknowns; ++r) {
        for (size_t c = 0; c < unknowns; ++c) a[r * unknowns + c] += weight * row[r] * row[c];
        b[r] += weight * row[r] * row[unknowns];
      }
  }
  const auto x = solve(std::move(a), std::move(b));
  if (!x) return std::nullopt;
  Transform fitted = {0, 0, 0, 0, 0, 0, 0, 0, 1};
  std::copy(x->begin(), x->end(), fitted.begin());
  const double s = 1 / out[0];  // back to pixels
  Transform t = product({s, 0, -out[2] * s, 0, s, -out[5] * s, 0, 0, 1}, product(fitted, in));
  if (std::abs(t[8]) < 1e-12) return std::nullopt;
  const double last = t[8];
  for (double& value : t) value /= last;
  return t;
}

std::optional<Fit> fit_transform(std::span<const Point> from,
                                 std::span<const Point> to,
                                 const FitOptions& options) {
  if (from.size() != to.size()) fail("{} places cannot pair with {}", from.size(), to.size());
  if (options.kind == Verify::none || from.size() < (options.kind == Verify::affine ? 3U : 4U))
    return std::nullopt;
  Random random(mix(options.seed, 0x5eedULL));
  Fit fit;
  double least = std::numeric_limits<double>::infinity();
  for (int64_t i = 0; i < options.draws; ++i) {
    const auto t = draw(options.kind, from, to, random);
    if (!t || !sane(*t, from)) continue;
    const double cost = cost_of(*t, from, to, options.tolerance);
    if (cost < least) least = cost, fit.transform = *t;
  }
  if (!std::isfinite(least)) return std::nullopt;
  mark(fit, from, to, options.tolerance);
  for (int round = 0; round < kRounds; ++round) {
    std::vector<double> weights(fit.inlier.begin(), fit.inlier.end());
    const auto t = least_squares(options.kind, from, to, weights);
    if (!t || !sane(*t, from)) break;
    const double cost = cost_of(*t, from, to, options.tolerance);
    if (cost >= least) break;
    least = cost, fit.transform = *t;
    mark(fit, from, to, options.tolerance);
  }
  return fit;
}

}  // namespace troodon::match
