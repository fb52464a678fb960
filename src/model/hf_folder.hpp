#pragma once

#include "model/checkpoint.hpp"

namespace troodon::model {

/// Whether `path` is a folder as Hugging Face's hub and save_pretrained leave it.
bool is_hf_folder(const fs::path& path);

/// Its tensors under the names they have there: model.safetensors, the parts that
/// model.safetensors.index.json lists, or pytorch_model.bin. What config.json tells of a DINOv2
/// network (also as backbone_config of a larger one) becomes metadata. Throws Error naming the
/// file.
StateDict read_hf_folder(const fs::path& path);

/// Writes config.json, preprocessor_config.json and model.safetensors that Dinov2Model or
/// Dinov2WithRegistersModel opens; `official` bears official names, `image_size` is the side in
/// pixels at which whole pictures are shown (0: 224). The folder must be new; it appears at once.
void write_hf_folder(const fs::path& path,
                     const StateDict& official,
                     const VitConfig& config,
                     int64_t image_size = 0);

}  // namespace troodon::model
