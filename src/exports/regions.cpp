#include "exports/regions.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exports/outline.hpp"

namespace troodon::exports {
namespace {

constexpr double kLeastCover = 0.96;  // IoU of a simplified region with its pixels
constexpr int64_t kSmall = 10000;     // pixels; larger regions are compared less finely

/// Where a region's pixels are.
struct Place {
  const std::vector<int32_t>& numbers;
  int width;
  int32_t number;

  bool holds(int x, int y) const { return numbers[static_cast<size_t>(y) * width + x] == number; }
};

/// Moved so that the region's box begins at (0, 0), then enlarged.
std::vector<Ring> magnified(std::vector<Ring> rings, const Region& region, int scale) {
  for (Ring& ring : rings)
    for (Point& point : ring)
      point = {scale * (point.x - region.left), scale * (point.y - region.top)};
  return rings;
}

/// Intersection over union of the region and what rings enclose. Several places in each pixel are
/// looked at: edges often run through centres.
double cover(const std::vector<Ring>& rings, const Region& region, const Place& place) {
  const int scale = region.area < kSmall ? 4 : 2;
  const int columns = scale * (region.right - region.left);
  const auto ours =
      filled(magnified(rings, region, scale), columns, scale * (region.bottom - region.top));
  int64_t both = 0, either = 0;
  for (size_t i = 0; i < ours.size(); ++i) {
    const auto x = static_cast<int>(i % static_cast<size_t>(columns)),
               y = static_cast<int>(i / static_cast<size_t>(columns));
    const bool theirs = place.holds(region.left + x / scale, region.top + y / scale);
    both += ours[i] != 0 && theirs ? 1 : 0;
    either += ours[i] != 0 || theirs ? 1 : 0;
  }
  return static_cast<double>(both) / static_cast<double>(std::max<int64_t>(either, 1));
}

/// Rings as simple as the tolerance allows, and less so where that would lose the shape.
std::vector<Ring> simple_rings(const std::vector<Ring>& exact,
                               const Region& region,
                               const Place& place,
                               double tolerance) {
  for (double allowed = tolerance; allowed > tolerance / 8; allowed /= 2) {
    std::vector<Ring> rings;
    for (const Ring& ring : exact) rings.push_back(simplified(ring, allowed));
    if (cover(rings, region, place) >= kLeastCover) return rings;
  }
  return exact;
}

/// Label, area and box of each region.
std::vector<Region> measured(const std::vector<int32_t>& numbers, const Mask& mask, size_t count) {
  std::vector<Region> out(count);
  for (Region& region : out) region.left = mask.width, region.top = mask.height;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      const int32_t number = numbers[static_cast<size_t>(y) * mask.width + x];
      if (number < 0) continue;
      Region& region = out[static_cast<size_t>(number)];
      region.label = mask.at(x, y);
      ++region.area;
      region.left = std::min(region.left, x), region.right = std::max(region.right, x + 1);
      region.top = std::min(region.top, y), region.bottom = std::max(region.bottom, y + 1);
    }
  }
  return out;
}

/// The points of two rings that are nearest to each other.
std::pair<size_t, size_t> nearest(const Ring& a, const Ring& b) {
  std::pair<size_t, size_t> out;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < a.size(); ++i) {
    for (size_t j = 0; j < b.size(); ++j) {
      const double off = std::hypot(a[i].x - b[j].x, a[i].y - b[j].y);
      if (off < least) least = off, out = {i, j};
    }
  }
  return out;
}

}  // namespace

std::vector<uint8_t> filled(const std::vector<Ring>& rings, int width, int height) {
  std::vector<uint8_t> out(static_cast<size_t>(width) * height);
  std::vector<std::vector<double>> crossings(static_cast<size_t>(height));
  for (const Ring& ring : rings) {
    for (size_t i = 0; i < ring.size(); ++i) {
      Point a = ring[i], b = ring[(i + 1) % ring.size()];
      if (a.y > b.y) std::swap(a, b);
      const int first = std::max(0, static_cast<int>(std::ceil(a.y - 0.5)));
      for (int y = first; y < height && y + 0.5 < b.y; ++y)
        crossings[static_cast<size_t>(y)].push_back(a.x +
                                                    (y + 0.5 - a.y) / (b.y - a.y) * (b.x - a.x));
    }
  }
  for (int y = 0; y < height; ++y) {
    auto& row = crossings[static_cast<size_t>(y)];
    std::ranges::sort(row);
    for (size_t i = 0; i + 1 < row.size(); i += 2) {
      const int from = std::max(0, static_cast<int>(std::ceil(row[i] - 0.5)));
      const int to = std::min(width, static_cast<int>(std::ceil(row[i + 1] - 0.5)));
      for (int x = from; x < to; ++x) out[static_cast<size_t>(y) * width + x] = 1;
    }
  }
  return out;
}

std::vector<Region> regions_of(const Mask& mask, const RegionOptions& options) {
  const auto numbers = region_numbers(mask);
  const auto rings = rings_of(numbers, mask.width, mask.height);
  std::vector<Region> out = measured(numbers, mask, rings.size());
  for (size_t i = 0; i < out.size(); ++i) {
    Region& region = out[i];
    if (region.area < options.min_area) continue;
    const Place place{numbers, mask.width, static_cast<int32_t>(i)};
    std::vector<Ring> own =
        options.tolerance > 0 ? simple_rings(rings[i], region, place, options.tolerance) : rings[i];
    region.outline = std::move(own[0]);
    region.holes.assign(std::make_move_iterator(own.begin() + 1),
                        std::make_move_iterator(own.end()));
  }
  std::erase_if(out, [&](const Region& region) { return region.area < options.min_area; });
  return out;
}

Ring joined(const Region& region) {
  Ring out = region.outline;
  for (const Ring& hole : region.holes) {
    const auto [at, from] = nearest(out, hole);
    Ring detour(hole.begin() + static_cast<ptrdiff_t>(from), hole.end());
    detour.insert(detour.end(), hole.begin(), hole.begin() + static_cast<ptrdiff_t>(from) + 1);
    detour.push_back(out[at]);
    out.insert(out.begin() + static_cast<ptrdiff_t>(at) + 1, detour.begin(), detour.end());
  }
  return out;
}

}  // namespace troodon::exports
