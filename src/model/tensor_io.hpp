#pragma once

#include <string>

#include <torch/types.h>

#include "base/tensor_file.hpp"

namespace troodon::model {

/// A copy of a stored array as a CPU tensor of the same dtype and shape.
torch::Tensor to_tensor(const TensorView& view);

/// A view over a contiguous CPU tensor's memory; lives as long as the tensor.
TensorView to_view(std::string name, const torch::Tensor& tensor);

}  // namespace troodon::model
