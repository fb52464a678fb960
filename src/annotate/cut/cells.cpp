#include "annotate/cut/cells.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troodon::annotate {
namespace {

constexpr float kCompact = 0.08F;  // colour step (Lab / 100) that weighs as much as a cell's side
constexpr int kRounds = 6;

struct Centre {
  float x = 0, y = 0;
  float colour[3] = {0, 0, 0};
};

struct Grid {
  std::span<const float> lab;
  int width, height;
  float step;

  const float* at(int x, int y) const {
    return lab.data() + 3 * (static_cast<size_t>(y) * width + x);
  }
};

std::vector<Centre> start(const Grid& grid) {
  std::vector<Centre> out;
  const int columns = std::max(1, static_cast<int>(std::lround(grid.width / grid.step)));
  const int rows = std::max(1, static_cast<int>(std::lround(grid.height / grid.step)));
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      Centre one{.x = (static_cast<float>(c) + 0.5F) * grid.width / columns,
                 .y = (static_cast<float>(r) + 0.5F) * grid.height / rows};
      const float* colour = grid.at(static_cast<int>(one.x), static_cast<int>(one.y));
      std::copy_n(colour, 3, one.colour);
      out.push_back(one);
    }
  }
  return out;
}

void assign(const Grid& grid, const std::vector<Centre>& centres, std::vector<int32_t>& of) {
  std::vector<float> best(of.size(), std::numeric_limits<float>::max());
  const float nearness = (kCompact / grid.step) * (kCompact / grid.step);
  for (size_t k = 0; k < centres.size(); ++k) {
    const Centre& c = centres[k];
    const int reach = static_cast<int>(std::ceil(1.5F * grid.step));
    const int x0 = std::max(0, static_cast<int>(c.x) - reach),
              x1 = std::min(grid.width, static_cast<int>(c.x) + reach + 1),
              y0 = std::max(0, static_cast<int>(c.y) - reach),
              y1 = std::min(grid.height, static_cast<int>(c.y) + reach + 1);
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x) {
        const float* colour = grid.at(x, y);
        const float dx = static_cast<float>(x) + 0.5F - c.x,
                    dy = static_cast<float>(y) + 0.5F - c.y;
        float d = nearness * (dx * dx + dy * dy);
        for (int i = 0; i < 3; ++i) d += (colour[i] - c.colour[i]) * (colour[i] - c.colour[i]);
        const size_t place = static_cast<size_t>(y) * grid.width + x;
        if (d < best[place]) best[place] = d, of[place] = static_cast<int32_t>(k);
      }
    }
  }
}

void move(const Grid& grid, const std::vector<int32_t>& of, std::vector<Centre>& centres) {
  std::vector<double> sums(centres.size() * 6, 0);
  for (int y = 0; y < grid.height; ++y) {
    for (int x = 0; x < grid.width; ++x) {
      double* s = &sums[static_cast<size_t>(of[static_cast<size_t>(y) * grid.width + x]) * 6];
      const float* colour = grid.at(x, y);
      s[0] += 1, s[1] += x + 0.5, s[2] += y + 0.5;
      for (int i = 0; i < 3; ++i) s[3 + i] += colour[i];
    }
  }
  for (size_t k = 0; k < centres.size(); ++k) {
    const double* s = &sums[k * 6];
    if (s[0] == 0) continue;
    centres[k].x = static_cast<float>(s[1] / s[0]);
    centres[k].y = static_cast<float>(s[2] / s[0]);
    for (int i = 0; i < 3; ++i) centres[k].colour[i] = static_cast<float>(s[3 + i] / s[0]);
  }
}

/// Each connected part becomes a cell of its own; one smaller than `least` pixels joins the cell
/// before it.
Cells connected(const std::vector<int32_t>& of, int width, int height, size_t least) {
  Cells out{.of = std::vector<int32_t>(of.size(), -1)};
  std::vector<size_t> part;
  for (size_t first = 0; first < of.size(); ++first) {
    if (out.of[first] >= 0) continue;
    int32_t neighbour = -1;
    part.assign(1, first);
    out.of[first] = out.count;
    for (size_t i = 0; i < part.size(); ++i) {
      const size_t at = part[i], x = at % static_cast<size_t>(width);
      const auto reach = [&](size_t to) {
        if (out.of[to] >= 0 && out.of[to] != out.count) neighbour = out.of[to];
        if (out.of[to] >= 0 || of[to] != of[first]) return;
        out.of[to] = out.count;
        part.push_back(to);
      };
      if (x > 0) reach(at - 1);
      if (x + 1 < static_cast<size_t>(width)) reach(at + 1);
      if (at >= static_cast<size_t>(width)) reach(at - static_cast<size_t>(width));
      if (at + static_cast<size_t>(width) < of.size()) reach(at + static_cast<size_t>(width));
    }
    if (part.size() < least && neighbour >= 0) {
      for (const size_t at : part) out.of[at] = neighbour;
    } else {
      ++out.count;
    }
  }
  return out;
}

}  // namespace

Cells cells_of(std::span<const float> lab, int width, int height, int wanted) {
  const Grid grid{lab,
                  width,
                  height,
                  std::sqrt(static_cast<float>(width) * static_cast<float>(height) /
                            static_cast<float>(wanted))};
  std::vector<Centre> centres = start(grid);
  std::vector<int32_t> of(lab.size() / 3, 0);
  for (int round = 0; round < kRounds; ++round) {
    assign(grid, centres, of);
    move(grid, of, centres);
  }
  return connected(of, width, height, static_cast<size_t>(grid.step * grid.step / 4));
}

}  // namespace troodon::annotate
