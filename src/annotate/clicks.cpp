#include "annotate/clicks.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "annotate/cut/guesses.hpp"
#include "annotate/cut/pixel_cut.hpp"
#include "annotate/cut/spread.hpp"
#include "base/error.hpp"
#include "exports/outline.hpp"

namespace troodon::annotate {
namespace {

constexpr int kDisc = 2;  // pixels of Sight::small around a click that are as it says

/// Clicks and box in pixels of Sight::small.
struct Pointed {
  std::vector<std::array<int, 2>> on, beside;
  std::vector<int32_t> inside, outside;  ///< cells
  std::array<int, 4> box{};              ///< left, top, right, bottom, the latter two excluded
  bool boxed = false;
};

size_t place_of(const Sight& sight, int x, int y) {
  return static_cast<size_t>(y) * sight.small.width + x;
}

int32_t cell_at(const Sight& sight, int x, int y) {
  return sight.cell[place_of(sight, x, y)];
}

void check_inside(const Sight& sight, double x, double y, const char* what) {
  if (x >= 0 && y >= 0 && x <= sight.picture.width && y <= sight.picture.height) return;
  fail(Exit::input,
       "{} at {}, {} is outside the picture of {} x {} pixels",
       what,
       x,
       y,
       sight.picture.width,
       sight.picture.height);
}

Pointed pointed(const Sight& sight,
                std::span<const Click> clicks,
                const std::optional<image::Box>& box) {
  const double sx = static_cast<double>(sight.small.width) / sight.picture.width,
               sy = static_cast<double>(sight.small.height) / sight.picture.height;
  Pointed out;
  const auto point = [&](double at_x, double at_y, bool positive) {
    const int x = std::min(static_cast<int>(at_x * sx), sight.small.width - 1),
              y = std::min(static_cast<int>(at_y * sy), sight.small.height - 1);
    (positive ? out.on : out.beside).push_back({x, y});
    (positive ? out.inside : out.outside).push_back(cell_at(sight, x, y));
  };
  for (const Click& click : clicks) {
    check_inside(sight, click.x, click.y, "a click");
    point(click.x, click.y, click.positive);
  }
  out.box = {0, 0, sight.small.width, sight.small.height};
  if (!box) return out;
  check_inside(sight, box->left, box->top, "the box's corner");
  check_inside(sight, box->left + box->width, box->top + box->height, "the box's corner");
  if (box->width <= 0 || box->height <= 0) fail(Exit::input, "the box holds no pixel");
  out.boxed = true;
  out.box = {static_cast<int>(box->left * sx),
             static_cast<int>(box->top * sy),
             static_cast<int>(std::ceil((box->left + box->width) * sx)),
             static_cast<int>(std::ceil((box->top + box->height) * sy))};
  return out;
}

/// What the clicks may mean; without a positive click, what lies around the middle of the box.
std::vector<Guess> guesses_at(const Sight& sight, const Pointed& at) {
  std::vector<Guess> out;
  const auto add = [&](const std::array<int, 2>& first, std::span<const int32_t> inside) {
    const auto more = guesses_of(sight,
                                 spreads_of(sight, inside, at.outside),
                                 {static_cast<float>(first[0]), static_cast<float>(first[1])});
    out.insert(out.end(), more.begin(), more.end());
  };
  if (!at.on.empty()) {
    add(at.on[0], at.inside);
  } else {
    const int width = at.box[2] - at.box[0], height = at.box[3] - at.box[1];
    for (const auto& [u, v] : {std::array{3, 3}, {2, 3}, {4, 3}, {3, 2}, {3, 4}}) {
      const std::array place = {std::min(at.box[0] + width * u / 6, sight.small.width - 1),
                                std::min(at.box[1] + height * v / 6, sight.small.height - 1)};
      add(place, std::array{cell_at(sight, place[0], place[1])});
    }
  }
  if (at.boxed) fit_to_box(sight, at.box, out);
  return out;
}

/// Moves a chance's odds so that `level` becomes even.
float shifted(float chance, float level) {
  const float a = chance * (1 - level), b = (1 - chance) * level;
  return a / std::max(a + b, 1e-6F);
}

/// Looks at pixels of Sight::small around places.
template <class Look>
void each_near(const Sight& sight,
               const std::vector<std::array<int, 2>>& places,
               const Look& look) {
  for (const auto& [cx, cy] : places) {
    for (int y = std::max(0, cy - kDisc); y <= std::min(sight.small.height - 1, cy + kDisc); ++y) {
      for (int x = std::max(0, cx - kDisc); x <= std::min(sight.small.width - 1, cx + kDisc); ++x)
        look(place_of(sight, x, y));
    }
  }
}

std::vector<Fixed> fixed_of(const Sight& sight, const Pointed& at) {
  std::vector<Fixed> out(sight.cell.size(), Fixed::no);
  each_near(sight, at.on, [&](size_t i) { out[i] = Fixed::inside; });
  each_near(sight, at.beside, [&](size_t i) { out[i] = Fixed::outside; });
  for (const auto& [x, y] : at.on) out[place_of(sight, x, y)] = Fixed::inside;
  for (int y = 0; y < sight.small.height && at.boxed; ++y) {
    for (int x = 0; x < sight.small.width; ++x) {
      if (x < at.box[0] || y < at.box[1] || x >= at.box[2] || y >= at.box[3])
        out[place_of(sight, x, y)] = Fixed::outside;
    }
  }
  return out;
}

size_t pixel_of(const Mask& mask, const Click& click) {
  const int x = std::min(static_cast<int>(click.x), mask.width - 1),
            y = std::min(static_cast<int>(click.y), mask.height - 1);
  return static_cast<size_t>(y) * mask.width + x;
}

/// Whatever the filters say: a click is a click, a box is a box.
void obey(std::span<const Click> clicks, const std::optional<image::Box>& box, Mask& mask) {
  for (int y = 0; y < mask.height && box; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (x < box->left || y < box->top || x >= box->left + box->width ||
          y >= box->top + box->height)
        mask.inside[static_cast<size_t>(y) * mask.width + x] = 0;
    }
  }
  for (const Click& click : clicks) {
    mask.inside[pixel_of(mask, click)] = click.positive ? 1 : 0;
  }
}

/// The parts that hold a positive click; without one, the largest part.
void keep_clicked(std::span<const Click> clicks, Mask& mask) {
  std::vector<int32_t> labels(mask.inside.size());
  std::ranges::transform(mask.inside, labels.begin(), [](uint8_t in) { return in != 0 ? 0 : -1; });
  const auto part = exports::region_numbers({mask.width, mask.height, labels});
  std::set<int32_t> kept;
  for (const Click& click : clicks) {
    if (click.positive) kept.insert(part[pixel_of(mask, click)]);
  }
  if (kept.empty()) {
    std::map<int32_t, int64_t> sizes;
    for (const int32_t p : part) sizes[p] += p >= 0 ? 1 : 0;
    kept.insert(std::ranges::max_element(sizes, {}, [](const auto& s) { return s.second; })->first);
  }
  for (size_t i = 0; i < mask.inside.size(); ++i)
    mask.inside[i] = part[i] >= 0 && kept.contains(part[i]) ? 1 : 0;
}

}  // namespace

Mask mask_of_clicks(const Sight& sight,
                    std::span<const Click> clicks,
                    const std::optional<image::Box>& box,
                    const ClickOptions& options) {
  const Pointed at = pointed(sight, clicks, box);
  if (at.on.empty() && !box)
    fail(Exit::input, "click on the object first, or draw a box around it");
  const std::vector<Guess> guesses = guesses_at(sight, at);
  const std::vector<float> chances = chances_of(guesses);
  const Choice choice = best_level(sight, guesses, chances);
  std::vector<uint8_t> inside(sight.cell.size());
  if (options.refine) {
    std::vector<float> soft(sight.cell.size());
    for (size_t i = 0; i < soft.size(); ++i)
      soft[i] = shifted(chances[sight.cell[i]], choice.level);
    inside = pixel_cut(sight, soft, fixed_of(sight, at));
  } else {
    for (size_t i = 0; i < inside.size(); ++i) inside[i] = choice.inside[sight.cell[i]];
  }
  Mask out(sight.picture.width, sight.picture.height);
  out.inside = full_size(sight, inside);
  obey(clicks, box, out);
  keep_clicked(clicks, out);
  out.score = std::clamp(choice.expected, 0.0F, 1.0F);
  return out;
}

}  // namespace troodon::annotate
