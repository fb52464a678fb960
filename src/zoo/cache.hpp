#pragma once

#include <optional>

#include "base/file.hpp"
#include "zoo/names.hpp"

namespace troodon::zoo {

/// Folders where released weights may already lie.
struct Caches {
  fs::path own;           ///< $TROODON_HOME, else $XDG_CACHE_HOME/troodon
  fs::path torch_hub;     ///< $TORCH_HOME/hub/checkpoints, else $XDG_CACHE_HOME/torch/hub/...
  fs::path hugging_face;  ///< $HF_HUB_CACHE, else $HF_HOME/hub, else .../huggingface/hub
};

/// As the environment says; $XDG_CACHE_HOME defaults to ~/.cache.
Caches caches();

/// The file with this name in our own folder (also as .safetensors) or torch hub's, if it is there.
std::optional<fs::path> find_file(const ReleasedFile& file, const Caches& caches);

/// The model's first file, or a snapshot folder of Hugging Face's cache with the same weights.
std::optional<fs::path> find_released(const Released& model, const Caches& caches);

/// One sentence for a model that is nowhere: which official file, how large, which command.
std::string how_to_get(const std::string& name, const Released& model);

}  // namespace troodon::zoo
