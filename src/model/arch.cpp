#include "model/arch.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <optional>
#include <set>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "model/checkpoint.hpp"

namespace troodon::model {
namespace {

struct Arch {
  const char* name;
  int64_t dim, depth, heads;
};

constexpr std::array<Arch, 7> kArchs = {Arch{"vit_nano", 128, 4, 2},
                                        Arch{"vit_micro", 192, 6, 3},
                                        Arch{"vit_tiny", 192, 12, 3},
                                        Arch{"vit_small", 384, 12, 6},
                                        Arch{"vit_base", 768, 12, 12},
                                        Arch{"vit_large", 1024, 24, 16},
                                        Arch{"vit_giant2", 1536, 40, 24}};

/// "192x6x3" -> {192, 6, 3}.
std::optional<std::array<int64_t, 3>> three_numbers(std::string_view text) {
  std::array<int64_t, 3> out = {};
  for (size_t i = 0; i < out.size(); ++i) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out[i]);
    if (error != std::errc() || out[i] < 1) return std::nullopt;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    const bool last = i + 1 == out.size();
    if (last ? !text.empty() : !text.starts_with('x')) return std::nullopt;
    if (!last) text.remove_prefix(1);
  }
  return out;
}

/// Calls f(name, member) for every field: one list serves reading and writing.
template <class Config, class F>
void vit_fields(Config& c, F&& f) {
  f("img_size", c.img_size), f("patch_size", c.patch_size), f("in_chans", c.in_chans);
  f("embed_dim", c.embed_dim), f("depth", c.depth), f("num_heads", c.num_heads);
  f("mlp_ratio", c.mlp_ratio), f("qkv_bias", c.qkv_bias), f("proj_bias", c.proj_bias);
  f("ffn_bias", c.ffn_bias), f("drop_path_rate", c.drop_path_rate);
  f("drop_path_uniform", c.drop_path_uniform), f("init_values", c.init_values);
  f("ffn_layer", c.ffn_layer), f("num_register_tokens", c.num_register_tokens);
  f("interpolate_antialias", c.interpolate_antialias);
  f("interpolate_offset", c.interpolate_offset);
}

const Tensor& need(const StateDict& state, const std::string& name) {
  const Tensor* found = state.find(name);
  if (found == nullptr) fail(Exit::input, "this is no DINOv2 backbone: it has no '{}'", name);
  return *found;
}

int64_t count_blocks(const StateDict& state) {
  std::set<int64_t> indices;
  for (const auto& [name, value] : state.tensors) {
    int64_t index = 0;
    if (!name.starts_with("blocks.")) continue;
    const char* digits = name.data() + std::strlen("blocks.");
    const auto [end, error] = std::from_chars(digits, name.data() + name.size(), index);
    if (error == std::errc() && *end == '.') indices.insert(index);
  }
  return static_cast<int64_t>(indices.size());
}

void deduce_ffn(const StateDict& state, VitConfig& config) {
  const auto dim = static_cast<double>(config.embed_dim);
  if (const Tensor* fc1 = state.find("blocks.0.mlp.fc1.weight")) {
    config.ffn_layer = "mlp";
    config.mlp_ratio = static_cast<double>(fc1->size(0)) / dim;
    config.ffn_bias = state.find("blocks.0.mlp.fc1.bias") != nullptr;
  } else if (const Tensor* w3 = state.find("blocks.0.mlp.w3.weight")) {
    config.ffn_layer = "swiglufused";
    if (w3->dim() != 2) fail(Exit::input, "'blocks.0.mlp.w3.weight' is no matrix");
    const int64_t hidden = w3->size(1);
    const bool usual = swiglu_hidden(config.embed_dim, 4.0) == hidden;
    config.mlp_ratio = usual ? 4.0 : 1.5 * static_cast<double>(hidden) / dim;
    config.ffn_bias = state.find("blocks.0.mlp.w3.bias") != nullptr;
  } else {
    config.ffn_layer = "identity";
  }
}

/// The config that the file's metadata states, if it agrees with the shapes about the large sizes:
/// metadata alone must not make us allocate.
VitConfig with_metadata(const StateDict& state, const VitConfig& deduced) {
  const auto found = state.metadata.find(kVitMetadata);
  if (found == state.metadata.end()) return deduced;
  const VitConfig stated = config_from_json(found->second);
  const auto sizes = [](const VitConfig& c) {
    return std::array{
        c.embed_dim, c.depth, c.in_chans, c.patch_size, c.img_size, c.num_register_tokens};
  };
  if (sizes(stated) != sizes(deduced) || std::abs(stated.mlp_ratio - deduced.mlp_ratio) > 1) {
    fail(Exit::input,
         "the file's metadata describes another network than its weights: {}",
         found->second);
  }
  return stated;
}

}  // namespace

VitConfig arch_config(const std::string& arch, int64_t patch_size) {
  std::string name = arch;
  if (name.ends_with("_memeff")) name.resize(name.size() - 7);
  VitConfig config;
  config.patch_size = patch_size;
  const auto set = [&config](int64_t dim, int64_t depth, int64_t heads) {
    config.embed_dim = dim, config.depth = depth, config.num_heads = heads;
    return config;
  };
  std::vector<std::string> known;
  for (const Arch& a : kArchs) {
    if (name == a.name) return set(a.dim, a.depth, a.heads);
    known.emplace_back(a.name);
  }
  if (name.starts_with("vit_")) {
    if (const auto free = three_numbers(std::string_view(name).substr(4))) {
      return set((*free)[0], (*free)[1], (*free)[2]);
    }
  }
  fail(Exit::config,
       "no architecture '{}'; known: {}, or vit_<dim>x<depth>x<heads>",
       arch,
       fmt::join(known, ", "));
}

std::string to_json(const VitConfig& config) {
  nlohmann::ordered_json json;
  vit_fields(config, [&](const char* name, const auto& member) { json[name] = member; });
  return json.dump();
}

VitConfig config_from_json(std::string_view text, const VitConfig& base) {
  VitConfig config = base;
  try {
    const auto json = nlohmann::json::parse(text);
    vit_fields(config, [&](const char* name, auto& member) {
      const auto found = json.find(name);
      if (found != json.end() && !found->is_null()) found->get_to(member);
    });
  } catch (const nlohmann::json::exception& error) {
    fail(Exit::config, "a network's config isn't readable: {}", error.what());
  }
  return config;
}

VitConfig deduce_config(const StateDict& backbone, int64_t num_heads) {
  const Tensor& positions = need(backbone, "pos_embed");
  const Tensor& patches = need(backbone, "patch_embed.proj.weight");
  if (positions.dim() != 3 || positions.size(1) < 2 || patches.dim() != 4) {
    fail(Exit::input,
         "this is no DINOv2 backbone: pos_embed is {}, patch_embed.proj.weight {}",
         positions.sizes().vec(),
         patches.sizes().vec());
  }
  VitConfig config;
  config.embed_dim = positions.size(2);
  config.in_chans = patches.size(1);
  config.patch_size = patches.size(2);
  config.depth = count_blocks(backbone);
  config.num_heads = num_heads > 0 ? num_heads : std::max<int64_t>(config.embed_dim / 64, 1);
  const double stored = static_cast<double>(positions.size(1) - 1);
  config.img_size = static_cast<int64_t>(std::sqrt(stored)) * config.patch_size;
  config.qkv_bias = backbone.find("blocks.0.attn.qkv.bias") != nullptr;
  config.proj_bias = backbone.find("blocks.0.attn.proj.bias") != nullptr;
  config.init_values = backbone.find("blocks.0.ls1.gamma") != nullptr ? 1.0 : 0.0;
  deduce_ffn(backbone, config);
  if (const Tensor* registers = backbone.find("register_tokens")) {
    config.num_register_tokens = registers->dim() == 3 ? registers->size(1) : 0;
    config.interpolate_antialias = true;
    config.interpolate_offset = 0.0;
  }
  return with_metadata(backbone, config);
}

int64_t floor_to_patch(int64_t pixels, int64_t patch) {
  return std::max(pixels / patch, int64_t{1}) * patch;
}

int64_t ceil_to_patch(int64_t pixels, int64_t patch) {
  return (pixels + patch - 1) / patch * patch;
}

int64_t round_to_patch(int64_t pixels, int64_t patch) {
  return std::max((pixels + patch / 2) / patch, int64_t{1}) * patch;
}

Tensor crop_to_patch(const Tensor& images, int64_t patch) {
  Tensor out = images;
  for (const int64_t axis : {2, 3}) {
    const int64_t have = out.size(axis), keep = have / patch * patch;
    if (keep == 0)
      fail(Exit::input, "a side of {} pixels is smaller than the patch of {}", have, patch);
    out = out.narrow(axis, (have - keep) / 2, keep);
  }
  return out;
}

Tensor pad_to_patch(const Tensor& images, int64_t patch) {
  const int64_t rows = ceil_to_patch(images.size(2), patch) - images.size(2);
  const int64_t columns = ceil_to_patch(images.size(3), patch) - images.size(3);
  return torch::constant_pad_nd(
      images, {columns / 2, columns - columns / 2, rows / 2, rows - rows / 2}, 0);
}

}  // namespace troodon::model
