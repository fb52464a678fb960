#include "shapes/catalog.hpp"

#include <string>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "shapes/shapes.hpp"

namespace troodon::world {

std::span<const ObjectClass> catalog() {
  using enum Stance;
  static const std::vector<ObjectClass> kClasses = {
      {"bicycle", stands, {"wheel", "frame", "handlebar", "saddle"}, build_bicycle},
      {"bird", hovers, {"body", "head", "beak", "wing", "tail", "eye", "leg"}, build_bird},
      {"boat", stands, {"hull", "mast", "sail", "cabin"}, build_boat},
      {"bottle", stands, {"body", "neck", "cap", "label"}, build_bottle},
      {"cactus", stands, {"stem", "arm", "flower", "pot"}, build_cactus},
      {"car", stands, {"body", "cabin", "wheel", "light"}, build_car},
      {"cat", stands, {"body", "head", "ear", "leg", "tail", "eye", "nose"}, build_cat},
      {"chair", stands, {"seat", "back", "leg", "arm"}, build_chair},
      {"dog", stands, {"body", "head", "ear", "leg", "tail", "eye", "nose"}, build_dog},
      {"fish", hovers, {"body", "fin", "tail", "eye"}, build_fish},
      {"flower", stands, {"petal", "centre", "stem", "leaf"}, build_flower},
      {"glasses", tumbles, {"rim", "lens", "temple"}, build_glasses},
      {"guitar", tumbles, {"body", "hole", "neck", "head", "bridge"}, build_guitar},
      {"hammer", tumbles, {"handle", "head", "claw"}, build_hammer},
      {"house", stands, {"wall", "roof", "door", "window", "chimney"}, build_house},
      {"key", tumbles, {"bow", "shaft", "bit"}, build_key},
      {"ladder", stands, {"rail", "rung"}, build_ladder},
      {"lamp", stands, {"base", "pole", "shade", "bulb"}, build_lamp},
      {"mug", stands, {"body", "handle", "drink"}, build_mug},
      {"mushroom", stands, {"stem", "cap", "spot", "ring"}, build_mushroom},
      {"plane", hovers, {"body", "wing", "tail", "engine", "window"}, build_plane},
      {"robot", stands, {"body", "head", "arm", "leg", "eye", "antenna"}, build_robot},
      {"rocket", stands, {"body", "nose", "fin", "window", "engine"}, build_rocket},
      {"snowman", stands, {"body", "head", "hat", "nose", "arm", "button", "scarf"}, build_snowman},
      {"table", stands, {"top", "leg", "shelf"}, build_table},
      {"teapot", stands, {"body", "spout", "handle", "lid"}, build_teapot},
      {"tree", stands, {"trunk", "crown", "fruit"}, build_tree},
      {"turtle", stands, {"shell", "head", "leg", "tail", "eye"}, build_turtle},
      {"umbrella", tumbles, {"canopy", "shaft", "handle"}, build_umbrella},
  };
  return kClasses;
}

int class_named(std::string_view name) {
  std::vector<std::string> known;
  for (const ObjectClass& kind : catalog()) {
    if (kind.name == name) return static_cast<int>(known.size());
    known.emplace_back(kind.name);
  }
  fail(Exit::usage, "no class '{}' (closest: '{}')", name, closest(name, known));
}

std::vector<Part> build_object(const ObjectClass& kind, uint64_t seed) {
  Random random(seed);
  Maker maker(kind.parts, random);
  kind.build(maker);
  return maker.finish();
}

}  // namespace troodon::world
