#include "shapes/maker.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace troodon::world {

Maker::Maker(std::span<const std::string_view> part_names, Random& random)
    : names_(part_names),
      random_(random),
      natural_(random.chance(0.5)),
      hue_shift_(static_cast<float>(random.uniform(-0.5, 0.5))) {}

Material Maker::material(const Vec& natural, float gloss) {
  // One paint per natural colour keeps the two eyes, or the four wheels, alike.
  const float key = natural.x + 7.31F * natural.y + 53.7F * natural.z;
  const auto found = palette_.find(key);
  if (found != palette_.end()) return found->second;
  Material m{.gloss = gloss, .seed = static_cast<uint32_t>(random_.next())};
  if (natural_) {
    const Vec tint = {1 + 0.35F * hue_shift_, 1, 1 - 0.35F * hue_shift_};
    m.first = natural * tint * vary(0.7F, 1.25F);
    m.second = m.first * vary(0.45F, 0.8F);
  } else {
    m.first = random_colour(random_);
    m.second = random_colour(random_);
  }
  constexpr Pattern kPatterns[] = {Pattern::stripes,
                                   Pattern::checker,
                                   Pattern::spots,
                                   Pattern::wood,
                                   Pattern::marble,
                                   Pattern::mottle,
                                   Pattern::zigzag};
  if (chance(natural_ ? 0.25 : 0.4)) m.pattern = kPatterns[count(0, 6)];
  m.scale = vary(4, 11);
  return palette_[key] = m;
}

void Maker::part(std::string_view name, const Vec& natural, float gloss) {
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found == names_.end()) fail("part '{}' is not in its class's list", name);
  const int index = static_cast<int>(found - names_.begin()) + 1;
  const Material paint = material(natural, gloss);
  for (current_ = 0; current_ < parts_.size(); ++current_) {
    if (parts_[current_].index == index && parts_[current_].material.seed == paint.seed) return;
  }
  parts_.push_back({.index = index, .material = paint, .mesh = {}});
}

void Maker::add(const Mesh& mesh, const Affine& place) {
  parts_.at(current_).mesh.add(mesh, place);
}

void Maker::add_pair(const Mesh& mesh) {
  add(mesh);
  add(mesh, stretch({-1, 1, 1}));
}

std::vector<Part> Maker::finish() {
  Vec low{1e9F, 1e9F, 1e9F}, high = -low;
  for (const Part& part : parts_) {
    for (const Vec& p : part.mesh.points) {
      low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
      high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
    }
  }
  const Vec size = high - low;
  const float scale = 1 / std::max({size.x, size.y, size.z});
  const Vec foot = {(low.x + high.x) / 2, low.y, (low.z + high.z) / 2};
  for (Part& part : parts_) {
    for (Vec& p : part.mesh.points) p = (p - foot) * scale;
  }
  return std::move(parts_);
}

}  // namespace troodon::world
