#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace troodon::zoo {

/// Where Meta publishes its files; a mirror has the same folders and names below another address.
inline constexpr const char* kOfficialAddress = "https://dl.fbaipublicfiles.com/dinov2/";

/// One published file. Its tensors' size follows from the architecture; the file is a little
/// larger.
struct ReleasedFile {
  std::string folder;  ///< below the address, e.g. "dinov2_vits14"
  std::string name;    ///< e.g. "dinov2_vits14_reg4_pretrain.pth"; torch hub keeps it under this
  int64_t tensor_bytes = 0;
};

/// A released model: what one of its many names stands for.
struct Released {
  std::string name;                 ///< as torch hub's entry has it, e.g. "dinov2_vits14_reg"
  std::vector<ReleasedFile> files;  ///< the backbone first, then its linear head
  /// Repositories of Hugging Face's hub that hold the same weights, e.g. "facebook/dinov2-small".
  std::vector<std::string> repositories;
};

/// The model that a name stands for in any dialect, or nothing: vits14_reg (short),
/// dinov2_vits14_reg and dinov2_vits14_lc (torch hub), dinov2_vits14_reg4_pretrain[.pth] (official
/// files), facebook/dinov2-with-registers-small and ...-imagenet1k-1-layer (Hugging Face),
/// [timm/]vit_small_patch14_reg4_dinov2[.lvd142m] (timm). Sizes: S, B, L, g. List: docs/models.md.
std::optional<Released> released(std::string_view name);

/// Every name that released() knows.
std::vector<std::string> released_names();

/// "84 MB", in millions of bytes; for people.
std::string megabytes_text(int64_t bytes);

}  // namespace troodon::zoo
