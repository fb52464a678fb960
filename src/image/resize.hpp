#pragma once

#include "image/pixels.hpp"

namespace troodon::image {

enum class Filter { bilinear, bicubic };

/// Antialiased resampling with the fixed-point arithmetic of Pillow 13 (bicubic a = -0.5): equal to
/// Image.resize bit for bit.
Image resize(const Image& image, int width, int height, Filter filter = Filter::bicubic);

/// Crop, then resize: torchvision's resized_crop on a PIL image.
Image resized_crop(
    const Image& image, const Box& box, int width, int height, Filter filter = Filter::bicubic);

/// Short side becomes `size`, long side int(size * long / short), as torchvision's Resize(int).
Image resize_short_side(const Image& image, int size, Filter filter = Filter::bicubic);

/// Crop about the centre with torchvision's rounding; zero padding where the picture is smaller.
Image center_crop(const Image& image, int width, int height);

/// The official evaluation transform for any size: short side to 256/224 of `size`, then the
/// centre.
Image evaluation_crop(const Image& image, int size);

Image crop(const Image& image, const Box& box);
Image flip_horizontal(const Image& image);

}  // namespace troodon::image
