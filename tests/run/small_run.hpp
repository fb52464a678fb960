#pragma once

#include "../data/folder.hpp"
#include "../train/small_network.hpp"
#include "base/random.hpp"
#include "image/encode.hpp"

// A run small enough for a unit test.
namespace troodon::run {

using train::small_config;
using train::small_state;

/// `count` PNG files of noise, 20 x 24 pixels, drawn from `seed`.
inline void put_pictures(const data::Folder& folder, int count, uint64_t seed) {
  for (int i = 0; i < count; ++i) {
    Random random(mix(seed, static_cast<uint64_t>(i)));
    image::Image picture(20, 24);
    for (uint8_t& value : picture.pixels) value = static_cast<uint8_t>(random.integer(0, 255));
    image::write(folder.path() / (std::to_string(i) + ".png"), picture);
  }
}

}  // namespace troodon::run
