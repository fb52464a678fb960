#include "evaluate/match.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "evaluate/shown.hpp"
#include "index/dot.hpp"

namespace troodon::evaluate {
namespace {

using datasets::Point;
using frozen::Tokens;

constexpr int64_t kPlacesPerPatch =
    4;  ///< places looked at per patch and side, by interpolated features

/// Patch features of unit length, [rows * columns, dim].
struct Map {
  int64_t rows = 0, columns = 0, dim = 0;
  double width = 0, height = 0;  ///< of the picture, pixels
  std::vector<float> values;
};

Map map_of(const Tokens& tokens, const image::Image& picture) {
  Map out{.rows = tokens.rows,
          .columns = tokens.columns,
          .dim = tokens.dim,
          .width = static_cast<double>(picture.width),
          .height = static_cast<double>(picture.height)};
  const float* first = tokens.patches(tokens.layers - 1);
  out.values.assign(first, first + tokens.rows * tokens.columns * tokens.dim);
  index::normalize_rows(out.values, out.dim);
  return out;
}

/// Unit feature at a place given in patches (0.5 is the first patch's centre); edges repeat.
void read_at(const Map& map, double row, double column, float* out) {
  const auto split = [](double at, int64_t count) {
    const double x = std::clamp(at - 0.5, 0.0, static_cast<double>(count - 1));
    const auto low = static_cast<int64_t>(x);
    return std::pair{low, static_cast<float>(x - static_cast<double>(low))};
  };
  const auto [r, down] = split(row, map.rows);
  const auto [c, right] = split(column, map.columns);
  const int64_t r2 = std::min(r + 1, map.rows - 1), c2 = std::min(c + 1, map.columns - 1);
  const auto at = [&](int64_t y, int64_t x) {
    return map.values.data() + (y * map.columns + x) * map.dim;
  };
  double length = 0;
  for (int64_t i = 0; i < map.dim; ++i) {
    const float top = (1 - right) * at(r, c)[i] + right * at(r, c2)[i];
    const float bottom = (1 - right) * at(r2, c)[i] + right * at(r2, c2)[i];
    out[i] = (1 - down) * top + down * bottom;
    length += static_cast<double>(out[i]) * out[i];
  }
  const auto scale = static_cast<float>(1 / std::max(std::sqrt(length), 1e-12));
  for (int64_t i = 0; i < map.dim; ++i) out[i] *= scale;
}

std::vector<float> read_points(const Map& map, const std::vector<Point>& points) {
  std::vector<float> out(points.size() * static_cast<size_t>(map.dim));
  for (size_t i = 0; i < points.size(); ++i)
    read_at(map,
            points[i].y / map.height * static_cast<double>(map.rows),
            points[i].x / map.width * static_cast<double>(map.columns),
            out.data() + i * static_cast<size_t>(map.dim));
  return out;
}

/// The places of a grid kPlacesPerPatch times as fine as the patches, in pixels.
std::vector<Point> places_of(const Map& map) {
  std::vector<Point> out;
  const int64_t rows = map.rows * kPlacesPerPatch, columns = map.columns * kPlacesPerPatch;
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      out.push_back({(static_cast<double>(c) + 0.5) / static_cast<double>(columns) * map.width,
                     (static_cast<double>(r) + 0.5) / static_cast<double>(rows) * map.height});
  return out;
}

/// Where the points of one picture are in the other.
std::vector<Point> carry(const Map& from, const std::vector<Point>& points, const Map& to) {
  const std::vector<Point> places = places_of(to);
  const auto queries = read_points(from, points), targets = read_points(to, places);
  const auto count = static_cast<int64_t>(places.size());
  std::vector<float> scores(points.size() * places.size());
  index::dot_products({queries.data(), static_cast<int64_t>(points.size()), from.dim},
                      {targets.data(), count, to.dim},
                      scores.data(),
                      count);
  std::vector<Point> out;
  for (auto row = scores.begin(); row != scores.end(); row += count)
    out.push_back(places[static_cast<size_t>(std::max_element(row, row + count) - row)]);
  return out;
}

double distance(const Point& a, const Point& b) {
  return std::hypot(a.x - b.x, a.y - b.y);
}

std::vector<metrics::Point> points_of(const std::vector<Point>& points) {
  std::vector<metrics::Point> out;
  for (const Point& point : points) out.push_back({point.x, point.y});
  return out;
}

/// Adds one pair's matches; counts the points that lead back, and those of them that are right.
void match(const datasets::KeypointPair& pair,
           frozen::DenseFeatures& dense,
           double alpha,
           Matched& out,
           std::array<double, 2>& back) {
  const Map first = map_of(dense.of(pair.first), picture_of(pair.first));
  const Map second = map_of(dense.of(pair.second), picture_of(pair.second));
  const auto found = carry(first, pair.first_points, second);
  const auto returned = carry(second, found, first);
  const double patch = std::max(first.width / static_cast<double>(first.columns),
                                first.height / static_cast<double>(first.rows));
  const double extent = pair.extent > 0 ? pair.extent : std::max(second.width, second.height);
  for (size_t i = 0; i < found.size(); ++i) {
    if (distance(returned[i], pair.first_points[i]) > patch) continue;
    ++back[0];
    back[1] += distance(found[i], pair.second_points[i]) <= alpha * extent ? 1 : 0;
  }
  out.pairs.push_back({points_of(found), points_of(pair.second_points), extent});
}

}  // namespace

Matched match_keypoints(const MatchOptions& options,
                        const std::vector<datasets::KeypointPair>& pairs) {
  frozen::DenseOptions dense = dense_options(options.looking, 1, /*norm=*/true);
  frozen::DenseFeatures features(dense);
  std::vector<data::Item> items;
  for (const auto& pair : pairs) {
    items.push_back(pair.first);
    items.push_back(pair.second);
  }
  features.prepare(items);
  Matched out{.count = static_cast<int64_t>(pairs.size())};
  std::array<double, 2> back = {};
  for (const auto& pair : pairs) {
    if (interrupted()) return {.interrupted = true};
    match(pair, features, options.alpha, out, back);
  }
  out.pck = metrics::pck_of(out.pairs, options.alpha);
  out.mutual = back[0] / static_cast<double>(std::max<int64_t>(out.pck.points, 1));
  out.mutual_right = back[1] / std::max(back[0], 1.0);
  return out;
}

}  // namespace troodon::evaluate
