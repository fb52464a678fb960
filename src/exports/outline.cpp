#include "exports/outline.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace troodon::exports {
namespace {

/// Right, down, left, up.
constexpr std::array<std::pair<int, int>, 4> kSteps = {{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}};
/// From a corner to the pixels ahead on the right and on the left hand.
constexpr std::array<std::pair<int, int>, 4> kRight = {{{0, 0}, {-1, 0}, {-1, -1}, {0, -1}}};
constexpr std::array<std::pair<int, int>, 4> kLeft = {{{0, -1}, {0, 0}, {-1, 0}, {-1, -1}}};

struct Numbers {
  const std::vector<int32_t>& values;
  int width, height;

  int32_t at(int x, int y) const {
    const bool inside = x >= 0 && y >= 0 && x < width && y < height;
    return inside ? values[static_cast<size_t>(y) * width + x] : -1;
  }
};

/// Follows the edge of region `number`, which lies on the right hand, from a corner heading right
/// until it comes back; marks the pixels below the edges that head right.
Ring follow(const Numbers& numbers, int32_t number, int x, int y, std::vector<uint8_t>& seen) {
  const int start_x = x, start_y = y;
  int heading = 0;
  Ring ring;
  do {
    if (heading == 0) seen[static_cast<size_t>(y) * numbers.width + x] = 1;
    const auto now = static_cast<size_t>(heading);
    x += kSteps[now].first, y += kSteps[now].second;
    const auto ours = [&](const std::pair<int, int>& pixel) {
      return numbers.at(x + pixel.first, y + pixel.second) == number;
    };
    const int before = heading;
    if (!ours(kRight[now]))
      heading = (heading + 1) % 4;
    else if (ours(kLeft[now]))
      heading = (heading + 3) % 4;
    if (heading != before) ring.push_back({static_cast<double>(x), static_cast<double>(y)});
  } while (x != start_x || y != start_y || heading != 0);
  std::ranges::rotate(ring, ring.end() - 1);  // begin where the walk began
  return ring;
}

double cross(const Point& a, const Point& b, const Point& c) {
  return (b.x - a.x) * (c.y - b.y) - (b.y - a.y) * (c.x - b.x);
}

/// A step of one pixel between edges that go on in the same direction becomes its middle.
Ring without_stairs(const Ring& ring) {
  const size_t n = ring.size();
  std::vector<uint8_t> step(n);  // whether the edge from point i is one
  for (size_t i = 0; i < n; ++i) {
    const Point &before = ring[(i + n - 1) % n], &from = ring[i], &to = ring[(i + 1) % n],
                &after = ring[(i + 2) % n];
    const double length = std::abs(to.x - from.x) + std::abs(to.y - from.y);
    step[i] = length == 1 && cross(before, from, to) * cross(from, to, after) < 0 ? 1 : 0;
  }
  Ring out;
  for (size_t i = 0; i < n; ++i) {
    const Point &from = ring[i], &to = ring[(i + 1) % n];
    if (step[i] != 0)
      out.push_back({(from.x + to.x) / 2, (from.y + to.y) / 2});
    else if (step[(i + n - 1) % n] == 0)
      out.push_back(from);
  }
  return out;
}

double distance_to(const Point& p, const Point& a, const Point& b) {
  const double dx = b.x - a.x, dy = b.y - a.y, square = dx * dx + dy * dy;
  double along = square > 0 ? ((p.x - a.x) * dx + (p.y - a.y) * dy) / square : 0;
  along = std::fmin(std::fmax(along, 0), 1);
  return std::hypot(p.x - a.x - along * dx, p.y - a.y - along * dy);
}

/// Marks the points between `first` and `last` (an index past the end goes round) that a line of
/// this tolerance needs.
void choose(
    const Ring& ring, size_t first, size_t last, double tolerance, std::vector<uint8_t>& chosen) {
  std::vector<std::pair<size_t, size_t>> open = {{first, last}};
  while (!open.empty()) {
    const auto [from, to] = open.back();
    open.pop_back();
    size_t farthest = from;
    double most = tolerance;
    for (size_t i = from + 1; i < to; ++i) {
      const double off =
          distance_to(ring[i % ring.size()], ring[from % ring.size()], ring[to % ring.size()]);
      if (off > most) most = off, farthest = i;
    }
    if (farthest == from) continue;
    chosen[farthest % ring.size()] = 1;
    open.emplace_back(from, farthest);
    open.emplace_back(farthest, to);
  }
}

}  // namespace

std::vector<int32_t> region_numbers(const Mask& mask) {
  std::vector<int32_t> out(mask.labels.size(), -1);
  std::vector<size_t> open;
  const auto width = static_cast<size_t>(mask.width);
  int32_t number = 0;
  for (size_t first = 0; first < out.size(); ++first) {
    const int32_t label = mask.labels[first];
    if (label < 0 || out[first] >= 0) continue;
    const auto reach = [&](size_t place) {
      if (out[place] >= 0 || mask.labels[place] != label) return;
      out[place] = number;
      open.push_back(place);
    };
    reach(first);
    while (!open.empty()) {
      const size_t at = open.back(), x = at % width;
      open.pop_back();
      if (x > 0) reach(at - 1);
      if (x + 1 < width) reach(at + 1);
      if (at >= width) reach(at - width);
      if (at + width < out.size()) reach(at + width);
    }
    ++number;
  }
  return out;
}

std::vector<std::vector<Ring>> rings_of(const std::vector<int32_t>& numbers,
                                        int width,
                                        int height) {
  const Numbers grid{numbers, width, height};
  std::vector<uint8_t> seen(numbers.size());
  std::vector<std::vector<Ring>> out;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int32_t number = grid.at(x, y);
      const size_t place = static_cast<size_t>(y) * width + x;
      // Each ring heads right somewhere: above a pixel whose upper neighbour is of another region.
      if (number < 0 || seen[place] != 0 || grid.at(x, y - 1) == number) continue;
      if (static_cast<size_t>(number) >= out.size()) out.resize(static_cast<size_t>(number) + 1);
      out[static_cast<size_t>(number)].push_back(follow(grid, number, x, y, seen));
    }
  }
  return out;
}

Ring simplified(const Ring& ring, double tolerance) {
  const Ring smooth = without_stairs(ring);
  if (smooth.size() < 4) return smooth.size() < 3 ? ring : smooth;
  // A ring has no ends to begin with: the first point and the one farthest from it will do.
  size_t opposite = 0;
  double most = -1;
  for (size_t i = 0; i < smooth.size(); ++i) {
    const double off = std::hypot(smooth[i].x - smooth[0].x, smooth[i].y - smooth[0].y);
    if (off > most) most = off, opposite = i;
  }
  std::vector<uint8_t> chosen(smooth.size());
  chosen[0] = chosen[opposite] = 1;
  choose(smooth, 0, opposite, tolerance, chosen);
  choose(smooth, opposite, smooth.size(), tolerance, chosen);
  Ring out;
  for (size_t i = 0; i < smooth.size(); ++i)
    if (chosen[i] != 0) out.push_back(smooth[i]);
  return out.size() < 3 ? ring : out;
}

}  // namespace troodon::exports
