#pragma once

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <torch/types.h>

#include "engine/engine.hpp"
#include "engine/torch_engine.hpp"
#include "engine/torch_network.hpp"
#include "model/arch.hpp"

// Random networks and pictures, and what an engine makes of them.

namespace troodon::engine {

/// A random network. Its gains, biases and LayerScales differ, so that none can be forgotten.
inline model::Backbone network(const std::string& arch,
                               int64_t patch,
                               int64_t size,
                               bool swiglu = false) {
  torch::manual_seed(3);
  model::Backbone out;
  out.config = model::arch_config(arch, patch);
  out.config.img_size = size;
  out.config.init_values = 1;
  if (swiglu) out.config.ffn_layer = "swiglufused";
  if (swiglu) out.config.num_register_tokens = 4;
  out.network = model::VisionTransformer(out.config);
  out.network->eval();
  const torch::NoGradGuard frozen;
  for (auto& parameter : out.network->parameters()) {
    parameter.add_(torch::randn_like(parameter) * 0.05).requires_grad_(false);
  }
  return out;
}

inline constexpr Output kOutputs[] = {
    Output::cls, Output::pooled, Output::patches, Output::layers, Output::probe, Output::blocks};

inline std::vector<image::Image> noise(size_t count, int height, int width) {
  std::vector<image::Image> out(count, image::Image(width, height));
  uint32_t seed = 1;
  for (auto& picture : out) {
    // Smooth waves and noise: pictures differ in more than their noise.
    const double wave = 0.05 + 0.3 * (seed % 97) / 97;
    for (size_t i = 0; i < picture.pixels.size(); ++i) {
      seed = seed * 1664525 + 1013904223;
      const double smooth = 128 + 80 * std::sin(wave * static_cast<double>(i / 3 % width));
      picture.pixels[i] = static_cast<uint8_t>(smooth + (seed >> 24) % 40);
    }
  }
  return out;
}

inline std::vector<float> features(Engine& engine,
                                   const std::vector<image::Image>& pictures,
                                   size_t item) {
  std::vector<float> out(pictures.size() * item);
  engine.run(pictures, out.data());
  return out;
}

inline size_t item_of(const model::Backbone& backbone, const EngineOptions& options, int h, int w) {
  const int64_t patch = backbone.config.patch_size;
  return item_size(options, backbone.config.embed_dim, (h / patch) * (w / patch));
}

/// Both engines see the same pictures; per row of the network's width: cosine >= 0.999999, and no
/// number apart by more than 1e-4 of the row's largest (sums in another order).
inline void expect_like_torch(
    Engine& engine, const model::Backbone& backbone, const EngineOptions& options, int h, int w) {
  const auto pictures = noise(3, h, w);
  const size_t item = item_of(backbone, options, h, w);
  const auto torch = features(*torch_engine(backbone, options), pictures, item);
  const auto other = features(engine, pictures, item);
  EXPECT_GE(
      compare_rows(torch, other, static_cast<size_t>(backbone.config.embed_dim)).smallest_cosine,
      0.999999);
  float largest = 0, apart = 0;
  for (size_t i = 0; i < torch.size(); ++i) {
    largest = std::max(largest, std::abs(torch[i]));
    apart = std::max(apart, std::abs(torch[i] - other[i]));
  }
  EXPECT_LE(apart, 1e-4 * largest);
}

/// Pictures of several shapes together have the features that each has alone.
inline void expect_shapes_together(Engine& engine,
                                   const model::Backbone& backbone,
                                   const EngineOptions& options) {
  std::vector<image::Image> pictures;
  std::vector<float> alone;
  for (const auto& [h, w] : {std::pair{16, 16}, {16, 16}, {24, 12}, {8, 40}, {16, 16}, {24, 12}}) {
    pictures.push_back(noise(1 + pictures.size(), h, w).back());
    const auto own = features(engine, {pictures.back()}, item_of(backbone, options, h, w));
    alone.insert(alone.end(), own.begin(), own.end());
  }
  std::vector<float> together(alone.size());
  engine.run(pictures, together.data());
  EXPECT_GE(
      compare_rows(alone, together, static_cast<size_t>(backbone.config.embed_dim)).smallest_cosine,
      0.999999);
}

}  // namespace troodon::engine
