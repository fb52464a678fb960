#pragma once

#include "shapes/maker.hpp"

/// One function per class: adds its parts to the maker, in any size, standing along y.
namespace troodon::world {

// household.cpp
void build_mug(Maker& m);
void build_teapot(Maker& m);
void build_bottle(Maker& m);
void build_lamp(Maker& m);
void build_umbrella(Maker& m);

// furniture.cpp
void build_chair(Maker& m);
void build_table(Maker& m);
void build_ladder(Maker& m);

// nature.cpp
void build_tree(Maker& m);
void build_mushroom(Maker& m);
void build_flower(Maker& m);
void build_cactus(Maker& m);
void build_snowman(Maker& m);

// vehicles.cpp
void build_car(Maker& m);
void build_boat(Maker& m);
void build_plane(Maker& m);
void build_bicycle(Maker& m);
void build_rocket(Maker& m);

// animals.cpp
void build_fish(Maker& m);
void build_bird(Maker& m);

// beasts.cpp
void build_cat(Maker& m);
void build_dog(Maker& m);
void build_turtle(Maker& m);

// things.cpp
void build_robot(Maker& m);
void build_house(Maker& m);
void build_guitar(Maker& m);
void build_key(Maker& m);
void build_hammer(Maker& m);
void build_glasses(Maker& m);

}  // namespace troodon::world
