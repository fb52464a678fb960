#pragma once

#include <functional>
#include <iosfwd>

#include "base/tensor_file.hpp"

// Tensor files whose data need not be in memory; beside their kin in tensor_file.cpp.
namespace troodon {

/// As write_safetensors, but fill(out, i) writes the bytes of tensors[i], whose own `data` is not
/// looked at. Throws Error, also when the bytes are not as many as the shapes want.
void write_safetensors(const fs::path& path,
                       std::span<const TensorView> tensors,
                       const std::map<std::string, std::string>& metadata,
                       const std::function<void(std::ostream&, size_t)>& fill);

/// As write_npy, but fill(out) writes the bytes.
void write_npy(const fs::path& path,
               DType dtype,
               const std::vector<int64_t>& shape,
               const std::function<void(std::ostream&)>& fill);

}  // namespace troodon
