#pragma once

#include <vector>

#include <torch/types.h>

#include "evaluate/cache.hpp"
#include "evaluate/dense.hpp"
#include "heads/weights.hpp"
#include "model/vit.hpp"

// Cached features as heads take them. Private to src/protocols.
namespace troodon::protocols {

using torch::Tensor;

/// Rows as probe features [rows, n+1, D] with their labels; shares the memory of `vectors`.
heads::Labelled labelled_of(const evaluate::Vectors& vectors);

/// The tokens of one picture as layers: patches [1,D,h,w], cls_token [1,D].
std::vector<model::IntermediateLayer> layers_of(const evaluate::Tokens& tokens);

/// The patches alone.
std::vector<Tensor> maps_of(const evaluate::Tokens& tokens);

/// Float values of any shape, copied.
std::vector<float> floats_of(const Tensor& tensor);

}  // namespace troodon::protocols
