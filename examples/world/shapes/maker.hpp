#pragma once

#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "geometry/mesh.hpp"
#include "scene/material.hpp"

namespace troodon::world {

/// A named piece of an object; `index` counts from 1 in the order of its class's part list.
struct Part {
  int index = 0;
  Material material;
  Mesh mesh;
};

/// Natural colours, linear RGB; each object shifts them or swaps them for others.
namespace paint {
inline constexpr Vec kWood{0.32F, 0.16F, 0.07F}, kDarkWood{0.13F, 0.06F, 0.03F};
inline constexpr Vec kRed{0.60F, 0.04F, 0.04F}, kOrange{0.80F, 0.25F, 0.03F};
inline constexpr Vec kYellow{0.80F, 0.55F, 0.05F}, kGreen{0.07F, 0.28F, 0.05F};
inline constexpr Vec kBlue{0.05F, 0.15F, 0.55F}, kPurple{0.28F, 0.06F, 0.42F};
inline constexpr Vec kPink{0.75F, 0.25F, 0.32F}, kWhite{0.82F, 0.81F, 0.78F};
inline constexpr Vec kBlack{0.02F, 0.02F, 0.025F}, kGray{0.25F, 0.25F, 0.27F};
inline constexpr Vec kSteel{0.45F, 0.47F, 0.50F}, kGold{0.65F, 0.40F, 0.08F};
inline constexpr Vec kCream{0.75F, 0.62F, 0.42F}, kFur{0.35F, 0.20F, 0.09F};
inline constexpr Vec kGlass{0.08F, 0.16F, 0.20F};
}  // namespace paint

/// What a shape function draws with: seeded variation, the object's own palette, named parts.
class Maker {
 public:
  Maker(std::span<const std::string_view> part_names, Random& random);

  float vary(float low, float high) { return static_cast<float>(random_.uniform(low, high)); }
  int count(int low, int high) { return static_cast<int>(random_.integer(low, high)); }
  bool chance(double probability) { return random_.chance(probability); }

  /// Starts or continues a part; what is added next belongs to it. Throws Error on a name that the
  /// class does not list.
  void part(std::string_view name, const Vec& natural, float gloss = 0.15F);
  void add(const Mesh& mesh, const Affine& place = {});
  /// Adds the mesh and its mirror image across x = 0.
  void add_pair(const Mesh& mesh);

  /// The parts, brought to a largest extent of 1 m, standing on y = 0, centred on the y axis.
  std::vector<Part> finish();

 private:
  Material material(const Vec& natural, float gloss);

  std::span<const std::string_view> names_;
  Random& random_;
  bool natural_;                       ///< true to the colours of the thing, or any colours
  float hue_shift_;                    ///< turns of the palette in the natural case
  std::map<float, Material> palette_;  ///< by the natural colour's key
  std::vector<Part> parts_;
  size_t current_ = 0;
};

}  // namespace troodon::world
