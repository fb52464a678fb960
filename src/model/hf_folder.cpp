#include "model/hf_folder.hpp"

#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "model/arch.hpp"
#include "model/dialect.hpp"

namespace troodon::model {
namespace {

using Json = nlohmann::ordered_json;

Json read_json(const fs::path& path) {
  try {
    return Json::parse(read_text(path));
  } catch (const nlohmann::json::exception& error) {
    fail(Exit::input, "{}: not readable as JSON: {}", path.string(), error.what());
  }
}

/// A number or truth value of `json`, or `otherwise` where the key is missing or null.
template <class T>
T value_of(const Json& json, const char* key, T otherwise) {
  const auto found = json.find(key);
  return found == json.end() || found->is_null() ? otherwise : found->get<T>();
}

/// Our config of what their config.json describes. What we could only ignore is refused.
VitConfig vit_config(const Json& json) {
  VitConfig config;
  config.embed_dim = json.at("hidden_size");
  config.depth = value_of<int64_t>(json, "num_hidden_layers", 12);
  config.num_heads = value_of<int64_t>(json, "num_attention_heads", 12);
  config.mlp_ratio = value_of<double>(json, "mlp_ratio", 4);
  config.img_size = value_of<int64_t>(json, "image_size", 224);
  config.patch_size = value_of<int64_t>(json, "patch_size", 14);
  config.in_chans = value_of<int64_t>(json, "num_channels", 3);
  config.qkv_bias = value_of<bool>(json, "qkv_bias", true);
  config.init_values = value_of<double>(json, "layerscale_value", 1);
  config.ffn_layer = value_of<bool>(json, "use_swiglu_ffn", false) ? "swiglufused" : "mlp";
  if (value_of<std::string>(json, "model_type", "") == "dinov2_with_registers") {
    config.num_register_tokens = value_of<int64_t>(json, "num_register_tokens", 4);
    config.interpolate_antialias = true;
    config.interpolate_offset = 0;
  }
  const double eps = value_of<double>(json, "layer_norm_eps", 1e-6);
  const auto act = value_of<std::string>(json, "hidden_act", "gelu");
  if (std::abs(eps - 1e-6) > 1e-9 || act != "gelu") {
    fail(Exit::input,
         "layer_norm_eps {} and hidden_act '{}' are not DINOv2's (1e-06, gelu)",
         eps,
         act);
  }
  return config;
}

/// The part of config.json that is about a DINOv2 network; none in timm's folders.
const Json* dinov2_part(const Json& json) {
  const Json& inner = json.contains("backbone_config") ? json.at("backbone_config") : json;
  return inner.is_object() && inner.contains("hidden_size") ? &inner : nullptr;
}

std::set<std::string> weight_files(const fs::path& folder) {
  if (fs::exists(folder / "model.safetensors")) return {"model.safetensors"};
  if (fs::exists(folder / "model.safetensors.index.json")) {
    std::set<std::string> out;
    const Json index = read_json(folder / "model.safetensors.index.json");
    for (const auto& [name, file] : index.at("weight_map").items()) {
      // A name alone: an index must not lead out of its folder.
      out.insert(fs::path(file.get<std::string>()).filename().string());
    }
    return out;
  }
  if (fs::exists(folder / "pytorch_model.bin")) return {"pytorch_model.bin"};
  fail(Exit::input,
       "{}: no model.safetensors, model.safetensors.index.json or pytorch_model.bin",
       folder.string());
}

Json config_json(const VitConfig& config) {
  const bool registers = config.num_register_tokens > 0;
  Json out = {
      {"architectures", {registers ? "Dinov2WithRegistersModel" : "Dinov2Model"}},
      {"model_type", registers ? "dinov2_with_registers" : "dinov2"},
      {"hidden_size", config.embed_dim},
      {"num_hidden_layers", config.depth},
      {"num_attention_heads", config.num_heads},
      {"mlp_ratio", config.mlp_ratio},
      {"hidden_act", "gelu"},
      {"layer_norm_eps", 1e-6},
      {"image_size", config.img_size},
      {"patch_size", config.patch_size},
      {"num_channels", config.in_chans},
      {"qkv_bias", config.qkv_bias},
      {"layerscale_value", config.init_values},
      {"drop_path_rate", 0.0},
      {"use_swiglu_ffn", config.ffn_layer != "mlp"},
      {"torch_dtype", "float32"},
  };
  if (registers) out["num_register_tokens"] = config.num_register_tokens;
  // Theirs is a whole number; a ratio that isn't can't be said in their config.
  if (config.mlp_ratio == std::floor(config.mlp_ratio)) {
    out["mlp_ratio"] = static_cast<int64_t>(config.mlp_ratio);
  }
  return out;
}

Json preprocessor_json(int64_t image_size) {
  const int64_t size = image_size > 0 ? image_size : 224;
  return {{"image_processor_type", "BitImageProcessor"},
          {"do_convert_rgb", true},
          {"do_resize", true},
          {"size", {{"shortest_edge", size * 256 / 224}}},
          {"resample", 3},
          {"do_center_crop", true},
          {"crop_size", {{"height", size}, {"width", size}}},
          {"do_rescale", true},
          {"rescale_factor", 1.0 / 255},
          {"do_normalize", true},
          {"image_mean", {0.485, 0.456, 0.406}},
          {"image_std", {0.229, 0.224, 0.225}}};
}

/// Hugging Face's network has what ours may leave out, and no other FFN.
void refuse_what_they_lack(const VitConfig& config) {
  const bool known = config.ffn_layer == "mlp" || config.ffn_layer.starts_with("swiglu");
  const bool biased = config.proj_bias && config.ffn_bias;
  const bool usual =
      config.ffn_layer == "mlp" || std::abs(config.mlp_ratio - std::round(config.mlp_ratio)) < 1e-9;
  if (!known || !biased || !usual || config.init_values == 0) {
    fail(Exit::input,
         "Hugging Face's DINOv2 has no such network: it needs LayerScale, biases, and an mlp or "
         "swiglu of a whole ratio (here: {})",
         to_json(config));
  }
}

}  // namespace

bool is_hf_folder(const fs::path& path) {
  return fs::is_directory(path) && fs::exists(path / "config.json");
}

StateDict read_hf_folder(const fs::path& path) {
  StateDict out;
  for (const std::string& file : weight_files(path)) {
    StateDict part = read_checkpoint(path / file);
    for (auto& tensor : part.tensors) out.tensors.push_back(std::move(tensor));
    out.metadata.merge(part.metadata);
  }
  const fs::path config = path / "config.json";
  const Json json = read_json(config);
  try {
    if (const Json* part = dinov2_part(json); part != nullptr) {
      out.metadata[kVitMetadata] = to_json(vit_config(*part));
    }
  } catch (const nlohmann::json::exception& error) {
    fail(Exit::input, "{}: {}", config.string(), error.what());
  } catch (const Error& error) {
    fail(Exit::input, "{}: {}", config.string(), error.what());
  }
  return out;
}

void write_hf_folder(const fs::path& path,
                     const StateDict& official,
                     const VitConfig& config,
                     int64_t image_size) {
  refuse_what_they_lack(config);
  const fs::path part = path.parent_path() / ("." + path.filename().string() + ".part");
  fs::remove_all(part);
  StateDict theirs = in_dialect(official, Dialect::hugging_face);
  theirs.metadata["format"] = "pt";  // their reader insists on it
  write_checkpoint(part / "model.safetensors", theirs);
  write_atomically(part / "config.json", config_json(config).dump(2) + "\n");
  write_atomically(part / "preprocessor_config.json", preprocessor_json(image_size).dump(2) + "\n");
  fs::rename(part, path);
}

}  // namespace troodon::model
