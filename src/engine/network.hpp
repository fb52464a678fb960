#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/tensor_file.hpp"

namespace troodon::engine {

/// A tensor and who keeps its memory.
struct Weight : TensorView {
  std::shared_ptr<void> owner;
};

/// A frozen ViT in plain memory, for engines that know no torch.
struct Network {
  int64_t dim = 0, depth = 0, heads = 0, patch = 0, registers = 0;
  std::string ffn;  ///< mlp, swiglu or identity
  /// Float32, under their official names.
  std::map<std::string, Weight> weights;
  /// Positions of the class token and of rows x columns patches: [1+N,D].
  std::function<std::vector<float>(int64_t rows, int64_t columns)> positions;

  const Weight& at(const std::string& name) const { return weights.at(name); }
  /// nullptr: this network has none (biases, LayerScale).
  const Weight* find(const std::string& name) const {
    const auto found = weights.find(name);
    return found == weights.end() ? nullptr : &found->second;
  }
  /// Lets go of the weights whose names start so.
  void forget(const std::string& start) {
    std::erase_if(weights, [&](const auto& item) { return item.first.starts_with(start); });
  }
};

/// What all tokens start from, patches without their content: class token and registers (empty for
/// none) complete, each with its place. positions [1+N,D] -> [1+R+N,D].
std::vector<float> token_positions(std::span<const float> cls_token,
                                   std::span<const float> registers,
                                   std::span<const float> positions);

}  // namespace troodon::engine
