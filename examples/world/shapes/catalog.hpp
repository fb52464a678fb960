#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "shapes/maker.hpp"

namespace troodon::world {

enum class Stance {
  stands,   ///< on the ground, upright
  hovers,   ///< flies or swims, tilted a little
  tumbles,  ///< held up at any angle, as a tool is
};

/// A kind of object: its name, its parts (value k in a part mask is parts[k - 1]), how it is built.
struct ObjectClass {
  std::string_view name;
  Stance stance;
  std::vector<std::string_view> parts;
  void (*build)(Maker&);
};

/// All classes; the label is the position.
std::span<const ObjectClass> catalog();

/// The label of a class name; throws Error (exit 2) that names the closest one.
int class_named(std::string_view name);

/// One object of the class, built from the seed.
std::vector<Part> build_object(const ObjectClass& kind, uint64_t seed);

}  // namespace troodon::world
