#include "model/hf_folder.hpp"

#include <cmath>
#include <set>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/place.hpp"
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
  for (const char* name : {"model.safetensors", "pytorch_model.bin"}) {
    if (fs::exists(folder / name)) return {name};
    const fs::path index = folder / (std::string(name) + ".index.json");
    if (!fs::exists(index)) continue;
    std::set<std::string> out;
    const Json json = read_json(index);
    for (const auto& [tensor, file] : json.at("weight_map").items()) {
      // A name alone: an index must not lead out of its folder.
      out.insert(fs::path(file.get<std::string>()).filename().string());
    }
    return out;
  }
  fail(Exit::input,
       "{}: no model.safetensors or pytorch_model.bin, nor an index of its parts",
       folder.string());
}

/// The side of the pictures that preprocessor_config.json asks for; 0 where it says nothing.
int64_t crop_size(const fs::path& folder) {
  const fs::path file = folder / "preprocessor_config.json";
  if (!fs::exists(file)) return 0;
  const Json json = read_json(file);
  const auto found = json.find("crop_size");
  if (found == json.end()) return 0;
  if (found->is_number_integer()) return found->get<int64_t>();
  return found->is_object() ? value_of<int64_t>(*found, "height", 0) : 0;
}

/// "LABEL_0", "LABEL_1", ...: how their config says how many classes there are.
void put_labels(Json& json, int64_t classes) {
  json["id2label"] = json["label2id"] = Json::object();
  for (int64_t i = 0; i < classes; ++i) {
    const std::string label = fmt::format("LABEL_{}", i);
    json["id2label"][std::to_string(i)] = label;
    json["label2id"][label] = i;
  }
}

Json config_json(const HfFolder& about) {
  const VitConfig& config = about.config;
  const bool registers = config.num_register_tokens > 0;
  const std::string architecture = std::string(registers ? "Dinov2WithRegisters" : "Dinov2") +
                                   (about.head ? "ForImageClassification" : "Model");
  Json out = {
      {"architectures", Json::array({architecture})},
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
  };
  if (registers) out["num_register_tokens"] = config.num_register_tokens;
  if (about.head) put_labels(out, about.head->bias.size(0));
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

/// Hugging Face's network has what ours may leave out, no other FFN, and only one kind of head.
void refuse_what_they_lack(const HfFolder& about) {
  const VitConfig& config = about.config;
  if (about.head && about.head->layers != 1) {
    fail(Exit::input,
         "Hugging Face's classifier sees one layer's class token and the mean patch token; this "
         "head wants {} layers",
         about.head->layers);
  }
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

StateDict read_hf_folder(const fs::path& path, Contents contents) {
  StateDict out;
  const fs::path config = path / "config.json";
  try {
    for (const std::string& file : weight_files(path)) {
      StateDict part = read_checkpoint(path / file, contents);
      for (auto& tensor : part.tensors) out.tensors.push_back(std::move(tensor));
      out.metadata.merge(part.metadata);
    }
    const Json json = read_json(config);
    if (const Json* part = dinov2_part(json); part != nullptr) {
      out.metadata[kVitMetadata] = to_json(vit_config(*part));
    }
    if (const int64_t size = crop_size(path); size > 0) {
      out.metadata[kImageSizeMetadata] = std::to_string(size);
    }
  } catch (const nlohmann::json::exception& error) {
    fail(Exit::input, "{}: {}", config.string(), error.what());
  } catch (const Error& error) {
    const std::string text = error.what();
    if (text.starts_with(path.string())) throw;
    fail(Exit::input, "{}: {}", config.string(), text);
  }
  return out;
}

void write_hf_folder(const fs::path& path, const StateDict& official, const HfFolder& about) {
  refuse_what_they_lack(about);
  const fs::path part = path.parent_path() / ("." + path.filename().string() + ".part");
  fs::remove_all(part);
  StateDict theirs = in_dialect(official, Dialect::hugging_face);
  if (about.head) {
    const bool registers = about.config.num_register_tokens > 0;
    for (auto& [name, value] : theirs.tensors) {
      name.insert(0, registers ? "dinov2_with_registers." : "dinov2.");
    }
    theirs.tensors.emplace_back("classifier.weight", about.head->weight);
    theirs.tensors.emplace_back("classifier.bias", about.head->bias);
  }
  Json config = config_json(about);
  const bool half =
      !official.tensors.empty() && official.tensors[0].second.scalar_type() == torch::kHalf;
  config["torch_dtype"] = half ? "float16" : "float32";
  theirs.metadata["format"] = "pt";  // their reader insists on it
  write_checkpoint(part / "model.safetensors", theirs);
  write_atomically(part / "config.json", config.dump(2) + "\n");
  write_atomically(part / "preprocessor_config.json",
                   preprocessor_json(about.image_size).dump(2) + "\n");
  exchange(part, path);
}

}  // namespace troodon::model
