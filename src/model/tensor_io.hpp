#pragma once

#include <memory>
#include <string>

#include <torch/types.h>

#include "base/tensor_file.hpp"

namespace troodon::model {

/// How much of a file's tensors a reader brings along.
enum class Contents {
  values,  ///< everything
  mapped,  ///< the same, but the numbers of safetensors stay in the file until somebody looks at
           ///< them, and nobody may write to them
  shapes,  ///< names, dtypes and shapes: tensors on torch's meta device, no memory
  proofs,  ///< the same, but every checksum that the file has is checked
};

/// A copy of a stored array as a CPU tensor of the same dtype and shape.
torch::Tensor to_tensor(const TensorView& view);

/// The stored array itself as a tensor that keeps `file` open (a copy where it lies at an address
/// that its dtype can't have). Its pages leave the process with it.
torch::Tensor to_mapped_tensor(const TensorView& view, std::shared_ptr<const TensorFile> file);

/// The same dtype and shape without the values: a tensor on the meta device.
torch::Tensor to_shape(const TensorView& view);

/// Name, dtype and shape of a tensor of any device, without its values.
TensorView to_shape_view(std::string name, const torch::Tensor& tensor);

/// A view over a contiguous CPU tensor's memory; lives as long as the tensor.
TensorView to_view(std::string name, const torch::Tensor& tensor);

}  // namespace troodon::model
