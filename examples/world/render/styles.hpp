#pragma once

#include "image/pixels.hpp"
#include "render/layers.hpp"

namespace troodon::world {

/// One picture of the scene in its style; `frame` varies grain and strokes between the frames of a
/// clip, or between two views.
image::Image draw_scene(const Scene& scene, const Layers& layers, uint64_t frame = 0);

/// Camera response, slight vignette and noise.
image::Image draw_photo(const Layers& layers, Random& random);
/// Flat colours in three bands of light, dark outlines.
image::Image draw_cartoon(const Layers& layers, Random& random);
/// Pencil on paper: outlines and hatching by darkness.
image::Image draw_sketch(const Layers& layers, Random& random);
/// Layers of oriented brush strokes, coarse to fine.
image::Image draw_painting(const Layers& layers, Random& random);

/// Linear RGB to 8-bit sRGB, clamped.
void put(image::Image& image, size_t pixel, const Vec& linear);
/// The same from values that already carry the sRGB curve.
void put_encoded(image::Image& image, size_t pixel, const Vec& encoded);
/// Compresses highlights to below 1 and applies the sRGB curve.
Vec develop(const Vec& linear, float exposure);

}  // namespace troodon::world
