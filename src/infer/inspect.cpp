#include "infer/inspect.hpp"

#include <algorithm>
#include <set>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>
#include <torch/types.h>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "data/source.hpp"
#include "heads/head_file.hpp"
#include "image/decode.hpp"
#include "infer/embedder.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"
#include "model/dialect.hpp"
#include "model/hf_folder.hpp"
#include "zoo/names.hpp"

namespace troodon::infer {
namespace {

std::string shape_text(const std::vector<int64_t>& shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}

Inspection inspect_array(const fs::path& path) {
  const NpyFile file = read_npy(path);
  return {.kind = "array",
          .summary = fmt::format(
              "NumPy array {} {}", shape_text(file.view.shape), dtype_name(file.view.dtype)),
          .facts = {},
          .tensors = {{path.filename().string(),
                       std::string(dtype_name(file.view.dtype)),
                       shape_text(file.view.shape)}}};
}

/// The parts of a training checkpoint, e.g. "teacher", "student", "optimizer".
std::string parts_of(const model::StateDict& state) {
  std::set<std::string> parts;
  for (const auto& [name, tensor] : state.tensors) {
    const size_t dot = name.find('.');
    const std::string first = name.substr(0, dot);
    if (first == "student" || first == "teacher" || first == "optimizer" || first == "center" ||
        first == "model")
      parts.insert(first);
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

void describe_backbone(const model::StateDict& state, Inspection& out) {
  const model::StateDict backbone = model::select_backbone(state);
  const model::VitConfig config = model::deduce_config(backbone);
  int64_t parameters = 0;
  for (const auto& [name, tensor] : backbone.tensors) parameters += tensor.numel();
  out.summary = fmt::format("{}: ViT {} wide, {} blocks, {} heads, patch {}{}, {:.2f} M parameters",
                            out.kind,
                            config.embed_dim,
                            config.depth,
                            config.num_heads,
                            config.patch_size,
                            config.num_register_tokens > 0
                                ? fmt::format(", {} registers", config.num_register_tokens)
                                : "",
                            static_cast<double>(parameters) / 1e6);
  out.facts = {{"embed_dim", std::to_string(config.embed_dim)},
               {"depth", std::to_string(config.depth)},
               {"num_heads", std::to_string(config.num_heads)},
               {"patch_size", std::to_string(config.patch_size)},
               {"img_size", std::to_string(config.img_size)},
               {"ffn_layer", config.ffn_layer},
               {"registers", std::to_string(config.num_register_tokens)},
               {"parameters", std::to_string(parameters)},
               {"names", model::name_of(model::dialect_of(state))}};
}

void describe_head(const model::LinearHead& head, Inspection& out) {
  const int64_t classes = head.weight.size(0), inputs = head.weight.size(1);
  out.kind = "linear head";
  out.summary = fmt::format("linear head: {} classes from {} numbers", classes, inputs);
  out.facts = {{"classes", std::to_string(classes)}, {"inputs", std::to_string(inputs)}};
  if (head.layers == 0) return;
  const int64_t width = inputs / (1 + head.layers);
  out.summary += fmt::format(
      ": class tokens of the last {} block(s) and the mean patch token of a "
      "backbone {} wide",
      head.layers,
      width);
  out.facts.emplace_back("layers", std::to_string(head.layers));
  out.facts.emplace_back("embed_dim", std::to_string(width));
}

/// Heads of ours, and those of mmcv's files; false: it is none.
bool describe_card(const model::StateDict& state, Inspection& out) {
  const auto has = [&](const char* part) {
    return std::ranges::any_of(state.tensors, [&](const auto& named) {
      return named.first.find(part) != std::string::npos;
    });
  };
  const auto card = state.metadata.find(heads::kHeadMetadata);
  std::string kind;
  if (card != state.metadata.end()) {
    const auto json = nlohmann::json::parse(card->second, nullptr, /*allow_exceptions=*/false);
    kind = json.is_object() ? json.value("kind", "") : "damaged";
    out.facts = {{"card", card->second}};
  } else if (has("decode_head.conv_seg.") || has("decode_head.conv_depth.")) {
    kind = has("conv_seg.") ? "segment" : "depth";
  } else {
    return false;
  }
  out.kind = "head";
  out.summary = fmt::format("head ({}); `troodon head info` says more", kind);
  return true;
}

Inspection inspect_checkpoint(const fs::path& path,
                              model::Contents contents = model::Contents::shapes) {
  const model::StateDict state = model::read_checkpoint(path, contents);
  Inspection out;
  for (const auto& [name, tensor] : state.tensors) {
    out.tensors.push_back(
        {name, torch::toString(tensor.scalar_type()), shape_text(tensor.sizes().vec())});
  }
  if (const auto* features = state.find("features")) {
    out.kind = "features";
    out.summary = fmt::format(
        "features {} of {} pictures", shape_text(features->sizes().vec()), features->size(0));
    return out;
  }
  if (describe_card(state, out)) return out;
  const auto head = model::linear_head_of(state);
  if (head && state.tensors.size() == 2) {
    describe_head(*head, out);
    return out;
  }
  const std::string parts = parts_of(state);
  out.kind = parts.empty() ? "backbone" : "training checkpoint";
  describe_backbone(state, out);
  if (!parts.empty()) out.facts.emplace_back("parts", parts);
  if (head) out.facts.emplace_back("classes", std::to_string(head->weight.size(0)));
  if (const auto step = state.metadata.find("step"); step != state.metadata.end())
    out.facts.emplace_back("step", step->second);
  return out;
}

Inspection inspect_folder(const fs::path& path) {
  if (model::is_hf_folder(path)) return inspect_checkpoint(path);
  if (fs::exists(path / "config.yaml")) {
    Inspection out;
    if (fs::exists(path / "teacher.safetensors"))
      out = inspect_checkpoint(path / "teacher.safetensors");
    out.kind = "run";
    out.summary =
        fmt::format("run, {}; {}", out.facts.empty() ? "not finished" : "finished", out.summary);
    out.tensors.clear();
    return out;
  }
  const data::Source source = data::open_source(path.string());
  return {.kind = "pictures",
          .summary = source.description,
          .facts = {{"pictures", std::to_string(source.items.size())},
                    {"classes", std::to_string(source.classes.size())}},
          .tensors = {}};
}

}  // namespace

void check_model_file(const fs::path& path) {
  inspect_checkpoint(path, model::Contents::proofs);
}

Inspection inspect(const fs::path& path) {
  if (!fs::exists(path)) {
    if (zoo::released(path.string())) return inspect_checkpoint(model_file(path));
    fail(Exit::input, "{}: there is no such file or folder", path.string());
  }
  if (fs::is_directory(path)) return inspect_folder(path);
  const std::string extension = path.extension().string();
  if (extension == ".npy") return inspect_array(path);
  if (extension == ".safetensors" || extension == ".pth" || extension == ".pt" ||
      extension == ".bin")
    return inspect_checkpoint(path);
  auto picture = image::read(path);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  return {.kind = "picture",
          .summary = fmt::format("picture, {} x {} pixels", picture->width, picture->height),
          .facts = {{"width", std::to_string(picture->width)},
                    {"height", std::to_string(picture->height)}},
          .tensors = {}};
}

}  // namespace troodon::infer
