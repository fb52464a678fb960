#pragma once

#include <vector>

#include <torch/types.h>

#include "frozen/cache.hpp"
#include "frozen/dense.hpp"
#include "heads/weights.hpp"
#include "model/vit.hpp"

// Cached features as heads take them. Private to src/evaluate.
namespace troodon::evaluate {

using torch::Tensor;

/// Rows as probe features [rows, n+1, D] with their labels; shares the memory of `vectors`.
heads::Labelled labelled_of(const frozen::Vectors& vectors);

/// The tokens of one picture as layers: patches [1,D,h,w], cls_token [1,D].
std::vector<model::IntermediateLayer> layers_of(const frozen::Tokens& tokens);

/// The patches alone.
std::vector<Tensor> maps_of(const frozen::Tokens& tokens);

/// Float values of any shape, copied.
std::vector<float> floats_of(const Tensor& tensor);

}  // namespace troodon::evaluate
