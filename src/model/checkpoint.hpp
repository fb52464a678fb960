#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"
#include "model/tensor_io.hpp"
#include "model/vit.hpp"

namespace troodon::model {

/// Metadata key under which our safetensors files keep the network's config as JSON.
inline constexpr const char* kVitMetadata = "troodon.vit";

/// Metadata key of the size, in pixels, at which the network is meant to see whole pictures.
inline constexpr const char* kImageSizeMetadata = "troodon.image_size";

/// Named tensors in file order, with the file's metadata (safetensors only).
struct StateDict {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::map<std::string, std::string> metadata;

  const Tensor* find(const std::string& name) const;
};

/// Reads .safetensors, or a .pth of torch.save (zip or older); which one is seen by content. Nested
/// dicts become dotted names. A folder is read as Hugging Face's (hf_folder.hpp). Memory: what the
/// tensors need, and the largest of them once more. Throws Error naming the path and the fault.
StateDict read_checkpoint(const fs::path& path, Contents contents = Contents::values);

/// Which of a training checkpoint's two networks.
enum class Network { teacher, student };

/// The backbone's tensors of any checkpoint under their official flat names: picks teacher.* or
/// student.* (also below model.*) if the file has them, drops "module." and "backbone.", turns
/// blocks.CHUNK.INDEX into blocks.INDEX and other dialects into the official one (dialect.hpp).
/// Given the state itself (moved), it never holds two copies of the weights.
StateDict select_backbone(StateDict state, Network network = Network::teacher);

/// A projection head's tensors ("dino_head" or "ibot_head") under DINOHead's names; empty if the
/// file has none. Newer torch's parametrizations.weight.original{0,1} become weight_{g,v}.
StateDict select_head(const StateDict& state,
                      const std::string& head,
                      Network network = Network::teacher);

/// Copies `state` into the module's parameters, converting dtypes. Every parameter must be there
/// with its shape and nothing else; throws Error naming `origin`, the tensor and the closest name.
void load_state(nn::Module& module, const StateDict& state, const std::string& origin);

/// The same, but the parameters become the tensors of `state` where they can, which ends empty: no
/// second copy of the weights. For networks that nothing else refers to yet.
void take_state(nn::Module& module, StateDict&& state, const std::string& origin);

/// A module's parameters under their names (detached, sharing memory).
StateDict state_of(const nn::Module& module);

/// Writes by extension: .pth (official, flat) or .safetensors (with metadata). Atomic.
void write_checkpoint(const fs::path& path, const StateDict& state);
/// A backbone alone, with its config as metadata, and the size for whole pictures unless it is 0.
void write_backbone(const fs::path& path, VisionTransformer& backbone, int64_t image_size = 0);

struct LoadOptions {
  Network network = Network::teacher;
  int64_t num_heads = 0;                 ///< 0: the file's metadata, else width / 64
  Contents contents = Contents::values;  ///< or mapped
};

struct Backbone {
  VisionTransformer network{nullptr};
  VitConfig config;
  int64_t image_size = 0;   ///< pixels for whole pictures, as the file says; 0: it says nothing
  std::string description;  ///< e.g. "ViT 384x12x6, patch 14, 4 registers, 22.1 M parameters"
};

/// A network ready for inference (eval mode, float32) from any checkpoint that we read.
Backbone load_backbone(const fs::path& path, const LoadOptions& options = {});

}  // namespace troodon::model
