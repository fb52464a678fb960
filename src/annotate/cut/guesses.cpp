#include "annotate/cut/guesses.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "annotate/cut/guess_weights.hpp"

namespace troodon::annotate {
namespace {

constexpr size_t kFirstSeen = 1, kLastSeen = 15;  // traits that are no names of spreads
constexpr int kLevels = 30;
constexpr double kLargest = 0.92;  // share of the picture
constexpr float kWarmth = 0.04F;
constexpr int kCoarse = 4;  // pixels of Sight::small for one of the grid on which depths are taken

/// Shares of the coarse grid's places, each belonging to the cell in its middle.
struct Coarse {
  int width = 0, height = 0;
  std::vector<int32_t> cell;

  explicit Coarse(const Sight& sight)
      : width(std::max(1, sight.small.width / kCoarse)),
        height(std::max(1, sight.small.height / kCoarse)) {
    for (int y = 0; y < height; ++y) {
      for (int x = 0; x < width; ++x) {
        const int px = std::min(sight.small.width - 1, x * kCoarse + kCoarse / 2),
                  py = std::min(sight.small.height - 1, y * kCoarse + kCoarse / 2);
        cell.push_back(sight.cell[static_cast<size_t>(py) * sight.small.width + px]);
      }
    }
  }

  /// Distance to the nearest place outside (beyond the picture is outside), chamfer 3-4.
  std::vector<int> depths(const std::vector<uint8_t>& inside) const {
    const int w = width + 2, h = height + 2;
    std::vector<int> out(static_cast<size_t>(w) * h, 0);
    for (int y = 1; y <= height; ++y) {
      for (int x = 1; x <= width; ++x) {
        if (inside[cell[static_cast<size_t>(y - 1) * width + x - 1]] == 0) continue;
        const int* p = &out[static_cast<size_t>(y) * w + x];
        out[static_cast<size_t>(y) * w + x] =
            std::min({p[-1] + 3, p[-w] + 3, p[-w - 1] + 4, p[-w + 1] + 4});
      }
    }
    for (int y = height; y >= 1; --y) {
      for (int x = width; x >= 1; --x) {
        int* p = &out[static_cast<size_t>(y) * w + x];
        *p = std::min({*p, p[1] + 3, p[w] + 3, p[w + 1] + 4, p[w - 1] + 4});
      }
    }
    return out;
  }
};

/// What changes when a cell joins a level set.
struct Sums {
  double area = 0, rim = 0, rim_edge = 0, rim_colour = 0, rim_strange = 0, rim_strong = 0, core = 0,
         core_edge = 0, core_strange = 0, frame = 0;
};

class Walk {
 public:
  Walk(const Sight& sight, const std::array<float, 2>& first)
      : sight_(sight),
        steps_(steps_of(sight)),
        around_(borders_of_cells(sight)),
        coarse_(sight),
        first_(first),
        frame_(static_cast<size_t>(sight.cells), 0) {
    const int w = sight.small.width, h = sight.small.height;
    for (int x = 0; x < w; ++x) ++frame_[cell(x, 0)], ++frame_[cell(x, h - 1)];
    for (int y = 0; y < h; ++y) ++frame_[cell(0, y)], ++frame_[cell(w - 1, y)];
  }

  /// Level sets of one spread.
  void add(const Spread& spread, size_t number, std::vector<Guess>& out) const {
    std::vector<int32_t> order;  // nearest first
    for (int32_t c = 0; c < sight_.cells; ++c) {
      const bool ours =
          spread.from_inside[c] == 0 || spread.from_inside[c] < spread.from_outside[c];
      if (ours && std::isfinite(spread.from_inside[c])) order.push_back(c);
    }
    std::ranges::stable_sort(order, {}, [&](int32_t c) { return spread.from_inside[c]; });
    Guess now{.inside = std::vector<uint8_t>(static_cast<size_t>(sight_.cells), 0)};
    Sums sums;
    const double all = static_cast<double>(sight_.small.width) * sight_.small.height;
    double next = 0.002 * all;
    const double factor = std::pow(0.95 / 0.002, 1.0 / kLevels);
    for (size_t i = 0; i < order.size(); ++i) {
      join(order[i], now.inside, sums);
      if (sums.area > kLargest * all && !out.empty()) break;  // nobody means all there is
      const bool last = i + 1 == order.size();
      if (!last && (sums.area < next ||
                    spread.from_inside[order[i + 1]] <= spread.from_inside[order[i]] * 1.0001F))
        continue;
      while (next <= sums.area) next *= factor;
      const float gap =
          last ? 1
               : spread.from_inside[order[i + 1]] / std::max(spread.from_inside[order[i]], 1e-6F);
      fill_traits(sums, gap, number, now);
      out.push_back(now);
    }
  }

  Guess whole(std::vector<uint8_t> inside) const {
    Guess out{.inside = std::vector<uint8_t>(inside.size(), 0)};
    Sums sums;
    for (int32_t c = 0; c < sight_.cells; ++c) {
      if (inside[c] != 0) join(c, out.inside, sums);
    }
    fill_traits(sums, 1, 6, out);
    out.score = score_of(out);
    return out;
  }

  /// Linear in the traits and in products of two of what is seen; as bench/fit_guesses.py does it.
  static float score_of(const Guess& guess) {
    auto t = guess.traits;
    for (size_t i = 0; i < kTraits; ++i) t[i] = std::clamp(t[i], kTraitLow[i], kTraitHigh[i]);
    double sum = std::inner_product(t.begin(), t.end(), kGuessWeights.begin(), 0.0);
    size_t at = kTraits;
    for (size_t i = kFirstSeen; i <= kLastSeen; ++i) {
      for (size_t j = i; j <= kLastSeen; ++j) sum += double{t[i]} * t[j] * kGuessWeights[at++];
    }
    return static_cast<float>(std::clamp(sum, -0.5, 1.0));
  }

 private:
  int32_t cell(int x, int y) const {
    return sight_.cell[static_cast<size_t>(y) * sight_.small.width + x];
  }

  void join(int32_t c, std::vector<uint8_t>& inside, Sums& sums) const {
    inside[c] = 1;
    sums.area += sight_.area[c];
    sums.frame += frame_[c];
    for (const int32_t number : around_[c]) {
      const Border& border = sight_.borders[number];
      const bool within = inside[border.a == c ? border.b : border.a] != 0;
      const double sign = within ? -1 : 1, length = border.length;
      sums.rim += sign * length;
      sums.rim_edge += sign * length * steps_.edge[number];
      sums.rim_colour += sign * length * steps_.colour[number];
      sums.rim_strange += sign * length * steps_.strange[number];
      sums.rim_strong += sign * length * (steps_.edge[number] > 1 ? 1 : 0);
      if (!within) continue;
      sums.core += length;
      sums.core_edge += length * steps_.edge[number];
      sums.core_strange += length * steps_.strange[number];
    }
  }

  void fill_traits(const Sums& s, float gap, size_t number, Guess& out) const {
    const auto depths = coarse_.depths(out.inside);
    const int deepest = *std::ranges::max_element(depths);
    const int x = std::clamp(static_cast<int>(first_[0] / kCoarse), 0, coarse_.width - 1),
              y = std::clamp(static_cast<int>(first_[1] / kCoarse), 0, coarse_.height - 1);
    const int here =
        first_[0] < 0 ? deepest : depths[static_cast<size_t>(y + 1) * (coarse_.width + 2) + x + 1];
    const double all = static_cast<double>(sight_.small.width) * sight_.small.height,
                 share = s.area / all, outline = s.rim + s.frame, side = std::sqrt(s.area);
    auto& t = out.traits;
    t.fill(0);
    t[0] = 1;
    t[1] = static_cast<float>(std::log(share));
    t[2] = t[1] * t[1] / 10;
    t[3] = static_cast<float>(here) / static_cast<float>(std::max(deepest, 3));
    t[4] = t[3] * t[3];
    t[5] = static_cast<float>(s.rim_edge / std::max(s.rim, 1.0));
    t[6] = static_cast<float>(s.rim_colour / std::max(s.rim, 1.0));
    t[7] = static_cast<float>(s.rim_strange / std::max(s.rim, 1.0));
    t[8] = static_cast<float>(s.rim_strong / std::max(s.rim, 1.0));
    t[9] = static_cast<float>(s.core_edge / std::max(s.core, 1.0));
    t[10] = static_cast<float>(s.core_strange / std::max(s.core, 1.0));
    t[11] = static_cast<float>(s.frame / outline);
    t[12] = static_cast<float>(std::log(outline / side));
    t[13] = static_cast<float>(here * kCoarse / 3.0 / side);
    t[14] = std::min(gap, 2.0F) - 1;
    t[15] = s.rim < 1 ? 1 : 0;
    t[16 + std::min<size_t>(number, 7)] = 1;
  }

  const Sight& sight_;
  Steps steps_;
  std::vector<std::vector<int32_t>> around_;
  Coarse coarse_;
  std::array<float, 2> first_;
  std::vector<int> frame_;  // pixels at the picture's edge
};

}  // namespace

std::vector<Guess> guesses_of(const Sight& sight,
                              std::span<const Spread> spreads,
                              const std::array<float, 2>& first) {
  const Walk walk(sight, first);
  std::vector<Guess> out;
  for (size_t i = 0; i < spreads.size(); ++i) walk.add(spreads[i], i, out);
  for (Guess& guess : out) guess.score = Walk::score_of(guess);
  return out;
}

Guess described(const Sight& sight, std::vector<uint8_t> inside) {
  return Walk(sight, {-1, -1}).whole(std::move(inside));
}

void fit_to_box(const Sight& sight, const std::array<int, 4>& box, std::vector<Guess>& guesses) {
  using Extent = std::array<int, 4>;
  const Extent nothing = {sight.small.width, sight.small.height, 0, 0};
  const auto joined = [](const Extent& a, const Extent& b) {
    return Extent{
        std::min(a[0], b[0]), std::min(a[1], b[1]), std::max(a[2], b[2]), std::max(a[3], b[3])};
  };
  const auto size = [](const Extent& e) {
    return static_cast<double>(std::max(0, e[2] - e[0])) * std::max(0, e[3] - e[1]);
  };
  std::vector<Extent> cells(static_cast<size_t>(sight.cells), nothing);
  for (int y = 0; y < sight.small.height; ++y) {
    for (int x = 0; x < sight.small.width; ++x) {
      Extent& e = cells[sight.cell[static_cast<size_t>(y) * sight.small.width + x]];
      e = joined(e, {x, y, x + 1, y + 1});
    }
  }
  for (Guess& guess : guesses) {
    Extent all = nothing;
    for (size_t c = 0; c < cells.size(); ++c) {
      if (guess.inside[c] != 0) all = joined(all, cells[c]);
    }
    const double both = size({std::max(all[0], box[0]),
                              std::max(all[1], box[1]),
                              std::min(all[2], box[2]),
                              std::min(all[3], box[3])});
    guess.score += static_cast<float>(both / (size(all) + size(box) - both));
  }
}

std::vector<float> chances_of(std::span<const Guess> guesses) {
  std::vector<float> out(guesses.empty() ? 0 : guesses[0].inside.size(), 0);
  float most = -1e9F, total = 0;
  for (const Guess& guess : guesses) most = std::max(most, guess.score);
  for (const Guess& guess : guesses) {
    const float weight = std::exp((guess.score - most) / kWarmth);
    total += weight;
    for (size_t c = 0; c < out.size(); ++c) out[c] += guess.inside[c] != 0 ? weight : 0;
  }
  for (float& chance : out) chance /= total;
  return out;
}

Choice best_level(const Sight& sight,
                  std::span<const Guess> guesses,
                  std::span<const float> chances) {
  float most = -1e9F;
  for (const Guess& guess : guesses) most = std::max(most, guess.score);
  Choice best{.expected = -1};
  for (int level = 1; level < 20; ++level) {
    const float least = static_cast<float>(level) / 20;
    std::vector<uint8_t> inside(chances.size());
    for (size_t c = 0; c < chances.size(); ++c) inside[c] = chances[c] >= least ? 1 : 0;
    double sum = 0, total = 0;
    for (const Guess& guess : guesses) {
      const float weight = std::exp((guess.score - most) / kWarmth);
      if (weight < 1e-3F) continue;
      double both = 0, any = 0;
      for (size_t c = 0; c < chances.size(); ++c) {
        both += inside[c] != 0 && guess.inside[c] != 0 ? sight.area[c] : 0;
        any += inside[c] != 0 || guess.inside[c] != 0 ? sight.area[c] : 0;
      }
      sum += weight * both / std::max(any, 1.0), total += weight;
    }
    const auto expected = static_cast<float>(sum / total);
    if (expected > best.expected) best = {std::move(inside), least, expected};
  }
  return best;
}

}  // namespace troodon::annotate
