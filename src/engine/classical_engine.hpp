#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/engine.hpp"

namespace troodon::engine {

/// Features that nobody trained, as if they were a network of one block with patches of 8 pixels:
/// what a trained one has to beat.
///   colour      joint histogram of hue, saturation and value (8 x 4 x 4 bins), square roots
///   hog         histograms of oriented gradients on 12 x 12 cells of the whole picture. Source:
///               Dalal and Triggs, CVPR 2005
///   colour+hog  both at unit length, side by side
/// cls, pooled and each row of layers and probe are that one vector. Patch tokens describe cells of
/// 8 pixels; the "class token" of blocks is their mean.
std::unique_ptr<Engine> classical_engine(const std::string& name, const EngineOptions& options);

/// Their names.
const std::vector<std::string>& classical_names();
bool is_classical(const std::string& name);
/// What it is, in words.
std::string classical_description(const std::string& name);

/// Side of a cell, and of the picture whose cells the vector has, in pixels.
inline constexpr int64_t kClassicalPatch = 8, kClassicalSize = 96;

}  // namespace troodon::engine
