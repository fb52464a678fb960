#pragma once

#include "model/linear_head.hpp"

namespace troodon::model {

/// Whether `path` is a folder as Hugging Face's hub and save_pretrained leave it.
bool is_hf_folder(const fs::path& path);

/// Its tensors under the names they have there: model.safetensors or pytorch_model.bin, or the
/// parts that a .index.json beside these names lists. What config.json tells of a DINOv2 network
/// (also as backbone_config of a larger one) and preprocessor_config.json of the size of pictures
/// becomes metadata. Throws Error naming the file.
StateDict read_hf_folder(const fs::path& path, Contents contents = Contents::values);

struct HfFolder {
  VitConfig config;
  int64_t image_size = 0;          ///< side in pixels at which whole pictures are shown; 0: 224
  std::optional<LinearHead> head;  ///< of one layer: makes it a ...ForImageClassification
};

/// Writes config.json, preprocessor_config.json and model.safetensors that Dinov2Model or
/// Dinov2WithRegistersModel (with a head: ...ForImageClassification) opens; `official` bears
/// official names. The folder must be new; it appears at once.
void write_hf_folder(const fs::path& path, const StateDict& official, const HfFolder& about);

}  // namespace troodon::model
