#pragma once

#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "base/file.hpp"
#include "model/tensor_io.hpp"

namespace troodon::model {

using NamedTensor = std::pair<std::string, torch::Tensor>;

/// Every tensor of a file that torch.save wrote (zip, or the stream of before 1.6), nested dicts
/// flattened with dots: {"teacher": {"norm.bias": x}} gives "teacher.norm.bias". Other values are
/// dropped. Executes nothing. Throws Error naming the path and the fault.
std::vector<NamedTensor> read_torch_file(const fs::path& path,
                                         Contents contents = Contents::values);

/// Writes a state dict that torch.load(weights_only=True) reads: a zip of a flat dict. Atomic.
void write_torch_file(const fs::path& path, std::span<const NamedTensor> tensors);

}  // namespace troodon::model
