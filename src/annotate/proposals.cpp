#include "annotate/proposals.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "annotate/cut/guesses.hpp"
#include "annotate/cut/pixel_cut.hpp"
#include "annotate/cut/spread.hpp"
#include "base/parallel.hpp"

namespace troodon::annotate {
namespace {

constexpr double kLeast = 0.004, kMost = 0.6;  // share of the picture
constexpr double kAlike = 0.7;                 // IoU from which two are one
constexpr size_t kRows = 4, kColumns = 5;      // of clicks spread over the picture

/// Groups of cells that were one group for a while: [cells] each, with how long (heights' ratio).
struct Group {
  std::vector<uint8_t> inside;
  double area = 0, lasted = 1;
};

std::vector<Group> groups_of(const Sight& sight, const std::vector<Join>& joins) {
  const auto cells = static_cast<size_t>(sight.cells);
  std::vector<Group> nodes(cells + joins.size());
  std::vector<double> height(nodes.size(), 0);
  const double all = static_cast<double>(sight.cell.size());
  std::vector<Group> out;
  for (size_t c = 0; c < cells; ++c) {
    nodes[c].inside.assign(cells, 0);
    nodes[c].inside[c] = 1;
    nodes[c].area = sight.area[c];
  }
  const auto close = [&](Group& group, double born, double ended) {
    if (group.area >= kLeast * all && group.area <= kMost * all) {
      group.lasted = ended / std::max(born, 1e-6);
      out.push_back(std::move(group));
    }
    group = {};
  };
  for (size_t i = 0; i < joins.size(); ++i) {
    Group &a = nodes[joins[i].a], &b = nodes[joins[i].b];
    Group joint = a;
    for (size_t c = 0; c < cells; ++c) joint.inside[c] |= b.inside[c];
    joint.area += b.area;
    height[cells + i] = joins[i].height;
    close(a, height[joins[i].a], joins[i].height);
    close(b, height[joins[i].b], joins[i].height);
    nodes[cells + i] = std::move(joint);
  }
  return out;
}

double overlap(const Sight& sight, const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  double both = 0, any = 0;
  for (size_t c = 0; c < a.size(); ++c) {
    both += (a[c] & b[c]) != 0 ? sight.area[c] : 0;
    any += (a[c] | b[c]) != 0 ? sight.area[c] : 0;
  }
  return both / std::max(any, 1.0);
}

/// How much it looks like a thing: what stands out from its surroundings on all sides and lasts
/// while all around it is joined. What the frame cuts is scenery.
float thing_score(const Guess& guess, double lasted) {
  const auto& t = guess.traits;
  const float edge = std::clamp(t[5] - t[9], -1.0F, 2.0F),
              strange = std::clamp(t[7] - t[10], -1.0F, 2.0F);
  return guess.score + 0.1F * edge + 0.1F * strange - 0.6F * t[11] +
         0.1F * static_cast<float>(std::log(std::min(lasted, 4.0)));
}

/// Guesses of clicks spread over the picture.
std::vector<Guess> guesses_everywhere(const Sight& sight) {
  std::vector<std::vector<Guess>> found(static_cast<size_t>(kRows) * kColumns);
  parallel_for(found.size(), [&](size_t i) {
    const int x = static_cast<int>((2 * (i % kColumns) + 1) * sight.small.width / (2 * kColumns)),
              y = static_cast<int>((2 * (i / kColumns) + 1) * sight.small.height / (2 * kRows));
    const std::array cell = {sight.cell[static_cast<size_t>(y) * sight.small.width + x]};
    found[i] = guesses_of(
        sight, spreads_of(sight, cell, {}), {static_cast<float>(x), static_cast<float>(y)});
  });
  std::vector<Guess> out;
  for (auto& some : found) {
    for (Guess& guess : some) out.push_back(std::move(guess));
  }
  return out;
}

Mask refined(const Sight& sight, const Guess& guess) {
  std::vector<float> chances(sight.cell.size());
  for (size_t i = 0; i < chances.size(); ++i)
    chances[i] = guess.inside[sight.cell[i]] != 0 ? 0.9F : 0.1F;
  const std::vector<Fixed> fixed(chances.size(), Fixed::no);
  Mask out(sight.picture.width, sight.picture.height);
  out.inside = full_size(sight, pixel_cut(sight, chances, fixed));
  out.score = std::clamp(static_cast<double>(guess.score), 0.0, 1.0);
  return out;
}

}  // namespace

std::vector<Mask> proposals(const Sight& sight, size_t count) {
  std::vector<Guess> all;
  for (const auto* joins : {&sight.by_colour, &sight.by_both}) {
    for (Group& group : groups_of(sight, *joins)) {
      Guess guess = described(sight, std::move(group.inside));
      guess.score = thing_score(guess, group.lasted);
      all.push_back(std::move(guess));
    }
  }
  for (Guess& guess : guesses_everywhere(sight)) {
    const double share = std::exp(guess.traits[1]);
    if (share < kLeast || share > kMost) continue;
    guess.score = thing_score(guess, 1);
    all.push_back(std::move(guess));
  }
  std::ranges::stable_sort(all, std::greater<>(), &Guess::score);
  std::vector<Guess> chosen;
  for (Guess& guess : all) {
    if (chosen.size() == count) break;
    const bool known = std::ranges::any_of(chosen, [&](const Guess& other) {
      return overlap(sight, guess.inside, other.inside) >= kAlike;
    });
    if (!known) chosen.push_back(std::move(guess));
  }
  std::vector<Mask> out;
  for (const Guess& guess : chosen) {
    Mask mask = refined(sight, guess);
    const bool known =
        std::ranges::any_of(out, [&](const Mask& other) { return iou(mask, other) >= kAlike; });
    if (!known && area_of(mask) > 0) out.push_back(std::move(mask));
  }
  return out;
}

}  // namespace troodon::annotate
