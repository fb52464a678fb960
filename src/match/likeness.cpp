#include "match/likeness.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "index/dot.hpp"
#include "match/consensus.hpp"

namespace troodon::match {
namespace {

constexpr size_t kBlock = 64;          ///< rows compared at a time
constexpr int64_t kMostPlaces = 6000;  ///< of a picture: their table has 36 million numbers

std::vector<float> all_products(const Places& a, const Places& b, size_t threads) {
  std::vector<float> out(static_cast<size_t>(a.count() * b.count()));
  const auto rows = static_cast<size_t>(a.count());
  parallel_for((rows + kBlock - 1) / kBlock,
               [&](size_t block) {
                 const size_t begin = block * kBlock, end = std::min(begin + kBlock, rows);
                 index::dot_products({a.values.data() + begin * static_cast<size_t>(a.dim),
                                      static_cast<int64_t>(end - begin),
                                      a.dim},
                                     {b.values.data(), b.count(), b.dim},
                                     out.data() + begin * static_cast<size_t>(b.count()),
                                     b.count());
               },
               threads);
  return out;
}

/// How many patches away neighbours vote.
int64_t reach_of(const Places& a, double share) {
  return std::lround(share * static_cast<double>(std::min(a.rows, a.columns)));
}

/// A plane that a picture's row of support makes, read between patches of the first picture.
std::vector<float> row_at(const Places& a,
                          const Places& b,
                          const std::vector<float>& table,
                          const Point& point) {
  const Around near = around(a, point);
  std::vector<float> out(static_cast<size_t>(b.count()));
  for (int k = 0; k < 4; ++k) {
    const float* from = table.data() + near.place[k] * b.count();
    for (size_t i = 0; i < out.size(); ++i) out[i] += near.share[k] * from[i];
  }
  return out;
}

/// The maximum of a plane over b's places, with the parabola through it and its neighbours.
Point summit(const Places& b, const std::vector<float>& plane) {
  const int64_t best = std::max_element(plane.begin(), plane.end()) - plane.begin();
  const int64_t row = best / b.columns, column = best % b.columns;
  const auto offset = [&](int64_t at, int64_t count, int64_t stride) {
    if (at == 0 || at + 1 == count) return 0.0;
    const auto place = static_cast<size_t>(best);
    const double left = plane[place - static_cast<size_t>(stride)], mid = plane[place],
                 right = plane[place + static_cast<size_t>(stride)];
    const double bend = left - 2 * mid + right;
    return bend < 0 ? std::clamp(0.5 * (left - right) / bend, -0.5, 0.5) : 0.0;
  };
  Point out = b.middle(best);
  out.x += offset(column, b.columns, 1) * b.width / static_cast<double>(b.columns);
  out.y += offset(row, b.rows, b.columns) * b.height / static_cast<double>(b.rows);
  return out;
}

/// The other way round: [b.count(), a.count()].
std::vector<float> turned(const std::vector<float>& table, size_t rows, size_t columns) {
  std::vector<float> out(table.size());
  for (size_t r = 0; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c) out[c * rows + r] = table[r * columns + c];
  return out;
}

double cosine_at(const Likeness& all, const Point& a, const Point& b) {
  std::vector<float> x(static_cast<size_t>(all.a.dim)), y(x.size());
  all.a.read(a, x.data());
  all.b.read(b, y.data());
  double out = 0;
  for (size_t i = 0; i < x.size(); ++i) out += static_cast<double>(x[i]) * y[i];
  return std::clamp(out, -1.0, 1.0);  // rows of unit length but for rounding
}

}  // namespace

Likeness likeness(Places a, Places b, const LikenessOptions& options) {
  if (a.count() > kMostPlaces || b.count() > kMostPlaces)
    fail(Exit::input,
         "pictures of {} and {} patches are too large to match: at most {}; look at them with a "
         "smaller size",
         a.count(),
         b.count(),
         kMostPlaces);
  if (options.align)
    align_styles(a, b);
  else if (a.dim != b.dim)
    fail("features of {} and {} numbers cannot be compared", a.dim, b.dim);
  Likeness out{.a = std::move(a), .b = std::move(b)};
  out.cosine = all_products(out.a, out.b, options.threads);
  out.support = out.cosine;
  weigh_mutual(out.support, out.a, out.b);
  if (const int64_t reach = reach_of(out.a, options.reach); reach > 0)
    out.support = neighbours_votes(out.support, out.a, out.b, reach, options.threads);
  return out;
}

std::vector<uint8_t> mutual_places(const Likeness& all) {
  const auto rows = static_cast<size_t>(all.a.count()),
             columns = static_cast<size_t>(all.b.count());
  std::vector<size_t> best(columns, 0);
  for (size_t r = 1; r < rows; ++r)
    for (size_t c = 0; c < columns; ++c)
      if (all.support[r * columns + c] > all.support[best[c] * columns + c]) best[c] = r;
  std::vector<uint8_t> out(rows);
  for (size_t r = 0; r < rows; ++r) {
    const auto row = all.row(static_cast<int64_t>(r));
    out[r] = best[static_cast<size_t>(std::ranges::max_element(row) - row.begin())] == r ? 1 : 0;
  }
  return out;
}

std::vector<Found> carry_points(const Likeness& all, std::span<const Point> points) {
  const auto back =
      turned(all.support, static_cast<size_t>(all.a.count()), static_cast<size_t>(all.b.count()));
  std::vector<Found> out;
  for (const Point& point : points) {
    Found found{.at = summit(all.b, row_at(all.a, all.b, all.support, point))};
    found.score = cosine_at(all, point, found.at);
    found.cycle = distance(summit(all.a, row_at(all.b, all.a, back, found.at)), point);
    out.push_back(found);
  }
  return out;
}

std::vector<Found> carry_points(frozen::DenseFeatures& features,
                                const image::Image& from,
                                std::span<const Point> points,
                                const image::Image& to,
                                const LikenessOptions& options) {
  return carry_points(
      likeness(look(features, from, options.look), look(features, to, options.look), options),
      points);
}

}  // namespace troodon::match
