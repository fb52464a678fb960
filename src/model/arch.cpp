#include "model/arch.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>

#include "base/error.hpp"

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
  fail(Exit::config, "no architecture '{}'; known: {}, or vit_<dim>x<depth>x<heads>", arch,
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

int64_t floor_to_patch(int64_t pixels, int64_t patch) {
  return std::max(pixels / patch, int64_t{1}) * patch;
}

int64_t ceil_to_patch(int64_t pixels, int64_t patch) { return (pixels + patch - 1) / patch * patch; }

int64_t round_to_patch(int64_t pixels, int64_t patch) {
  return std::max((pixels + patch / 2) / patch, int64_t{1}) * patch;
}

Tensor crop_to_patch(const Tensor& images, int64_t patch) {
  Tensor out = images;
  for (const int64_t axis : {2, 3}) {
    const int64_t have = out.size(axis), keep = have / patch * patch;
    if (keep == 0) fail(Exit::input, "a side of {} pixels is smaller than the patch of {}", have, patch);
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
