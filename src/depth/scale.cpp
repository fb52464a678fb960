#include "depth/scale.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "base/error.hpp"

namespace troodon::depth {
namespace {

constexpr double kSpread = 0.2;       ///< of log depth, below which places say nothing of a line
constexpr double kSure = 0.002;       ///< errors below this share are never outliers
constexpr double kTukey = 4.685;      ///< 95 % efficient where errors are normal
constexpr size_t kMostPairs = 20000;  ///< of places that a first line is drawn through
constexpr double kSlopes[2] = {0.25, 4};

/// x a + y b = target; errors are shares of the depth in both spaces.
struct Row {
  double x, y, target;
  double log_said;
};

struct Line {
  double a = 1, b = 0;
  double error(const Row& row) const { return std::abs(row.x * a + row.y * b - row.target); }
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double median_error(const std::vector<Row>& rows, const Line& line) {
  std::vector<double> errors;
  errors.reserve(rows.size());
  for (const Row& row : rows) errors.push_back(line.error(row));
  return median(std::move(errors));
}

/// Fits a line, or a factor alone: in logarithms that is b, in inverse depths a.
struct Fitter {
  FitSpace space;
  bool factor;

  /// The least squares of weighted rows; none where they don't say.
  std::optional<Line> solve(const std::vector<Row>& rows,
                            const std::vector<double>& weights) const {
    double xx = 0, xy = 0, yy = 0, xt = 0, yt = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const Row& r = rows[i];
      const double w = weights[i];
      xx += w * r.x * r.x, xy += w * r.x * r.y, yy += w * r.y * r.y;
      xt += w * r.x * r.target, yt += w * r.y * r.target;
    }
    Line out;
    if (factor && space == FitSpace::log) {
      out = {1, (yt - xy) / yy};
    } else if (factor) {
      out = {xt / xx, 0};
    } else {
      const double d = xx * yy - xy * xy;
      if (!(d > 1e-12 * xx * yy)) return std::nullopt;
      out = {(xt * yy - yt * xy) / d, (xx * yt - xy * xt) / d};
    }
    const bool sound = std::isfinite(out.a) && std::isfinite(out.b) && out.a > 0;
    // An exponent far from 1 is an accident of the places, not of the head.
    const bool bent = space == FitSpace::log && (out.a < kSlopes[0] || out.a > kSlopes[1]);
    return sound && !bent ? std::optional(out) : std::nullopt;
  }

  /// The line through one place, or two, from which half of all places are nearest.
  std::optional<Line> first(const std::vector<Row>& rows) const {
    std::optional<Line> best;
    double least = std::numeric_limits<double>::infinity();
    const auto offer = [&](const std::optional<Line>& line) {
      if (!line) return;
      const double error = median_error(rows, *line);
      if (error < least) best = line, least = error;
    };
    const size_t n = rows.size();
    const size_t stride = factor ? 1 : 1 + n * (n - 1) / 2 / kMostPairs;
    for (size_t i = 0, pair = 0; i < n; ++i) {
      if (factor) offer(solve({rows[i]}, {1}));
      for (size_t j = i + 1; j < n && !factor; ++j)
        if (pair++ % stride == 0) offer(solve({rows[i], rows[j]}, {1, 1}));
    }
    return best;
  }

  std::optional<Line> robust(const std::vector<Row>& rows, std::vector<double>& weights) const {
    auto line = first(rows);
    if (!line) return line;
    const double parameters = factor ? 1 : 2, n = static_cast<double>(rows.size());
    // Half of the errors are zero by the way the line was found; the factor makes up for it.
    const double spread =
        1.4826 * (1 + 5 / std::max(1.0, n - parameters)) * median_error(rows, *line);
    const double limit = kTukey * std::max(spread, kSure);
    for (int round = 0; round < 30; ++round) {
      for (size_t i = 0; i < rows.size(); ++i) {
        const double t = line->error(rows[i]) / limit;
        weights[i] = t < 1 ? (1 - t * t) * (1 - t * t) : 0;
      }
      const auto next = solve(rows, weights);
      if (!next) break;
      line = next;
    }
    return line;
  }
};

Row row_of(const Map& map, const Known& known, FitSpace space) {
  const auto x = static_cast<int64_t>(std::floor(known.x)),
             y = static_cast<int64_t>(std::floor(known.y));
  if (!(known.x >= 0 && known.y >= 0 && x < map.width && y < map.height))
    fail(Exit::usage,
         "the place {:g},{:g} is not on the picture, which is {}x{} pixels",
         known.x,
         known.y,
         map.width,
         map.height);
  if (!(known.metres > 0 && std::isfinite(known.metres)))
    fail(Exit::usage, "a known distance is above 0 metres, not {:g}", known.metres);
  const double said = map.metres[static_cast<size_t>(y * map.width + x)];
  if (!(said > 0))
    fail(Exit::usage, "nothing is known of the depth at {:g},{:g}", known.x, known.y);
  if (space == FitSpace::log) return {std::log(said), 1, std::log(known.metres), std::log(said)};
  return {known.metres / said, known.metres, 1, std::log(said)};
}

double depth_by(const Alignment& alignment, double said) {
  if (alignment.space == FitSpace::log) return std::exp(alignment.a * std::log(said) + alignment.b);
  const double inverse = alignment.a / said + alignment.b;
  return inverse > 0 ? 1 / inverse : 0;
}

}  // namespace

Alignment align(const Map& map, std::span<const Known> known, FitSpace space) {
  if (known.empty()) fail(Exit::usage, "an alignment needs a known distance; give one or more");
  std::vector<Row> rows;
  for (const Known& place : known) rows.push_back(row_of(map, place, space));
  const auto [near, far] = std::ranges::minmax(rows, {}, &Row::log_said);
  const bool factor = rows.size() < 3 || far.log_said - near.log_said < kSpread;
  std::vector<double> weights(rows.size(), 1);
  auto line = Fitter{space, factor}.robust(rows, weights);
  if (!line) line = Fitter{space, true}.robust(rows, weights);
  Alignment out{.space = space, .a = line->a, .b = line->b};
  std::vector<double> errors;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (weights[i] == 0) continue;
    errors.push_back(std::abs(depth_by(out, std::exp(rows[i].log_said)) / known[i].metres - 1));
  }
  out.used = static_cast<int64_t>(errors.size());
  out.outliers = static_cast<int64_t>(rows.size()) - out.used;
  if (!errors.empty()) out.error = median(std::move(errors));
  return out;
}

Map aligned(const Map& map, const Alignment& alignment) {
  Map out = map;
  out.metric = true;
  for (float& metres : out.metres) {
    if (!(metres > 0)) continue;
    const double said = depth_by(alignment, metres);
    metres = std::isfinite(said) ? static_cast<float>(said) : 0;
  }
  return out;
}

}  // namespace troodon::depth
