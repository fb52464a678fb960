#pragma once

#include <span>

#include "data/source.hpp"
#include "image/pixels.hpp"
#include "index/features.hpp"
#include "model/vit.hpp"

namespace troodon::run {

/// How pictures are shown to a backbone that is not in training.
struct EmbedSettings {
  int64_t image_size = 224;  ///< pixels, through image::evaluation_crop
  int64_t batch = 64;
  size_t threads = 0;
};

/// Normalised planes of equally large pictures: [B,3,H,W] float32.
torch::Tensor to_batch(std::span<const image::Image> pictures);

/// cls tokens of all pictures that can be read, in order, with labels; others are left out.
index::Features embed(model::VisionTransformer& backbone,
                      const data::Source& source,
                      const EmbedSettings& settings);

/// The same crops as raw pixels, shrunk to at most 32 x 32: what a network has to beat.
index::Features raw_pixels(const data::Source& source, const EmbedSettings& settings);

}  // namespace troodon::run
