#pragma once

#include <string>
#include <string_view>

#include "model/vit.hpp"

namespace troodon::model {

struct StateDict;

/// A network by name: the official vit_small, vit_base, vit_large, vit_giant2, our smaller vit_tiny
/// (192x12x3), vit_micro (192x6x3), vit_nano (128x4x2), or "vit_<dim>x<depth>x<heads>". A trailing
/// "_memeff" is dropped, as official loaders do. Throws Error (exit 3) that lists the known names.
VitConfig arch_config(const std::string& arch, int64_t patch_size = 16);

/// A config as JSON under the official constructor's names, and back. `base` supplies what the text
/// leaves out; keys it doesn't know are ignored. Throws Error on malformed JSON or a wrong type.
std::string to_json(const VitConfig& config);
VitConfig config_from_json(std::string_view text, const VitConfig& base = {});

/// The config that a backbone's shapes tell; metadata, if the file has it, wins. num_heads 0 means
/// width / 64. Registers imply antialiasing and offset 0, as in every released model.
VitConfig deduce_config(const StateDict& backbone, int64_t num_heads = 0);

/// Largest multiple of the patch that isn't larger than `pixels` (at least one patch).
int64_t floor_to_patch(int64_t pixels, int64_t patch);
/// Smallest multiple of the patch that isn't smaller than `pixels`.
int64_t ceil_to_patch(int64_t pixels, int64_t patch);
/// The multiple of the patch nearest to `pixels`, for resizing.
int64_t round_to_patch(int64_t pixels, int64_t patch);

/// images [B,C,H,W] cut about the centre to multiples of the patch.
Tensor crop_to_patch(const Tensor& images, int64_t patch);
/// images [B,C,H,W] padded with zeros to multiples of the patch; top and left get the smaller half
/// (the hub's CenterPadding).
Tensor pad_to_patch(const Tensor& images, int64_t patch);

}  // namespace troodon::model
