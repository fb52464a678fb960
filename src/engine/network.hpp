#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/tensor_file.hpp"

namespace troodon::engine {

/// A frozen ViT in plain memory, for engines that know no torch.
struct Network {
  int64_t dim = 0, depth = 0, heads = 0, patch = 0, registers = 0;
  std::string ffn;  ///< mlp, swiglu or identity
  /// Float32, under their official names.
  std::map<std::string, TensorView> weights;
  /// Positions of the class token and of rows x columns patches: [1+N,D].
  std::function<std::vector<float>(int64_t rows, int64_t columns)> positions;
  std::shared_ptr<void> owner;  ///< keeps what the views see

  const TensorView& at(const std::string& name) const { return weights.at(name); }
  /// nullptr: this network has none (biases, LayerScale).
  const TensorView* find(const std::string& name) const {
    const auto found = weights.find(name);
    return found == weights.end() ? nullptr : &found->second;
  }
};

}  // namespace troodon::engine
