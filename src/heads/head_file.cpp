#include "heads/head_file.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "heads/official_files.hpp"
#include "model/checkpoint.hpp"

namespace troodon::heads {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSpacings[] = {"uniform", "logarithmic"};
constexpr const char* kNorms[] = {"linear", "softmax", "sigmoid"};
constexpr const char* kDepthKinds[] = {"linear", "dpt"};

template <size_t N>
int place_of(const char* const (&names)[N], const std::string& name) {
  const auto found = std::find(std::begin(names), std::end(names), name);
  if (found == std::end(names)) fail(Exit::input, "'{}' is no such setting", name);
  return static_cast<int>(found - std::begin(names));
}

struct Kind {
  const char* operator()(const ClassHead&) const { return "linear"; }
  const char* operator()(const MlpProbe&) const { return "mlp"; }
  const char* operator()(const AttentiveProbe&) const { return "attentive"; }
  const char* operator()(const SegmentHead&) const { return "segment"; }
  const char* operator()(const DepthHead&) const { return "depth"; }
};

/// The numbers that, with the weights, make up a head.
struct Sizes {
  Json operator()(const ClassHead& h) const {
    return {{"blocks", h.blocks}, {"avgpool", h.avgpool}, {"classes", h.weight.size(0)}};
  }
  Json operator()(const MlpProbe& h) const {
    return {{"inputs", h.inputs}, {"hidden", h.hidden}, {"classes", h.classes}};
  }
  Json operator()(const AttentiveProbe& h) const {
    return {{"inputs", h.inputs}, {"heads", h.heads}, {"classes", h.classes}};
  }
  Json operator()(const SegmentHead& h) const {
    return {{"embed_dim", h.embed_dim}, {"layers", h.layers}, {"classes", h.classes}};
  }
  Json operator()(const DepthHead& h) const {
    Json out = {{"type", kDepthKinds[static_cast<int>(h.kind)]},
                {"embed_dim", h.embed_dim},
                {"layers", h.layers},
                {"min_depth", h.range.min},
                {"max_depth", h.range.max}};
    if (h.kind == DepthKind::dpt) {
      out["channels"] = h.channels;
      out["post_channels"] = h.post_channels;
    } else {
      out["bins"] = h.bins;
      out["spacing"] = kSpacings[static_cast<int>(h.spacing)];
      out["bin_norm"] = kNorms[static_cast<int>(h.norm)];
      out["upsample"] = h.upsample;
    }
    return out;
  }
};

Weights weights_of(const Head& head) {
  return std::visit(
      [](const auto& h) -> Weights {
        if constexpr (requires { h.weights; }) {
          return h.weights;
        } else {
          return {{"weight", h.weight}, {"bias", h.bias}};
        }
      },
      head.head);
}

Json json_of(const Head& head) {
  const HeadCard& c = head.card;
  Json out = {{"kind", kind_of(head)},
              {"sizes", std::visit(Sizes{}, head.head)},
              {"backbone", c.backbone},
              {"backbone_hash", c.backbone_hash},
              {"embed_dim", c.embed_dim},
              {"blocks", c.blocks},
              {"norm", c.norm},
              {"image_size", c.image_size},
              {"patch_size", c.patch_size},
              {"classes", c.classes},
              {"data", c.data},
              {"metrics", c.metrics},
              {"licence", c.licence},
              {"limits", c.limits}};
  if (std::holds_alternative<DepthHead>(head.head)) out["unit"] = c.unit;
  return out;
}

HeadCard card_of(const Json& j) {
  const HeadCard none;
  return {.backbone = j.value("backbone", none.backbone),
          .backbone_hash = j.value("backbone_hash", none.backbone_hash),
          .embed_dim = j.value("embed_dim", none.embed_dim),
          .blocks = j.value("blocks", none.blocks),
          .norm = j.value("norm", none.norm),
          .image_size = j.value("image_size", none.image_size),
          .patch_size = j.value("patch_size", none.patch_size),
          .classes = j.value("classes", none.classes),
          .data = j.value("data", none.data),
          .metrics = j.value("metrics", none.metrics),
          .licence = j.value("licence", none.licence),
          .limits = j.value("limits", none.limits),
          .unit = j.value("unit", none.unit)};
}

ClassHead class_head_of(const Json& sizes, Weights weights, int64_t width, const std::string& at) {
  ClassHead head{.blocks = sizes.at("blocks"), .avgpool = sizes.at("avgpool")};
  const int64_t classes = sizes.at("classes"),
                inputs = (head.blocks + (head.avgpool ? 1 : 0)) * width;
  check_weights(weights, {{"weight", {classes, inputs}}, {"bias", {classes}}}, at);
  head.weight = weights.at("weight"), head.bias = weights.at("bias");
  return head;
}

DepthHead depth_head_of(const Json& sizes) {
  DepthHead head{.kind = static_cast<DepthKind>(place_of(kDepthKinds, sizes.at("type"))),
                 .embed_dim = sizes.at("embed_dim"),
                 .layers = sizes.at("layers"),
                 .range = {sizes.at("min_depth"), sizes.at("max_depth")}};
  if (head.kind == DepthKind::dpt) {
    head.channels = sizes.at("channels");
    head.post_channels = sizes.at("post_channels").get<std::vector<int64_t>>();
  } else {
    head.bins = sizes.at("bins");
    head.spacing = static_cast<BinSpacing>(place_of(kSpacings, sizes.at("spacing")));
    head.norm = static_cast<BinNorm>(place_of(kNorms, sizes.at("bin_norm")));
    head.upsample = sizes.at("upsample");
  }
  return head;
}

template <class Part>
Part filled(Part head, Weights weights, const std::string& origin) {
  check_weights(weights, shapes_of(head), origin);
  head.weights = std::move(weights);
  return head;
}

Head own_head(const Json& json, Weights weights, const std::string& at) {
  Head out{.head = {}, .card = card_of(json)};
  const std::string kind = json.at("kind");
  const Json& s = json.at("sizes");
  if (kind == "linear") {
    out.head = class_head_of(s, std::move(weights), out.card.embed_dim, at);
  } else if (kind == "mlp") {
    out.head = filled(
        MlpProbe{.inputs = s.at("inputs"), .hidden = s.at("hidden"), .classes = s.at("classes")},
        std::move(weights),
        at);
  } else if (kind == "attentive") {
    out.head = filled(
        AttentiveProbe{
            .inputs = s.at("inputs"), .heads = s.at("heads"), .classes = s.at("classes")},
        std::move(weights),
        at);
  } else if (kind == "segment") {
    out.head = filled(
        SegmentHead{
            .embed_dim = s.at("embed_dim"), .layers = s.at("layers"), .classes = s.at("classes")},
        std::move(weights),
        at);
  } else if (kind == "depth") {
    out.head = filled(depth_head_of(s), std::move(weights), at);
  } else {
    fail(Exit::input, "{}: heads of kind '{}' are not known to this version", at, kind);
  }
  return out;
}

Head own_head(const std::string& card, Weights weights, const std::string& at) {
  try {
    return own_head(Json::parse(card), std::move(weights), at);
  } catch (const Json::exception& error) {
    fail(Exit::input, "{}: the head's card is damaged: {}", at, error.what());
  }
}

void check_width(const Head& head, int64_t embed_dim, const std::string& at) {
  if (embed_dim > 0 && head.card.embed_dim != embed_dim) {
    fail(Exit::input,
         "{}: the head is for a backbone of width {}{}, this one has {}",
         at,
         head.card.embed_dim,
         head.card.backbone.empty() ? "" : " (" + head.card.backbone + ")",
         embed_dim);
  }
}

}  // namespace

ClassHead class_head(const GridHead& head) {
  return {.blocks = head.blocks, .avgpool = head.avgpool, .weight = head.weight, .bias = head.bias};
}

ClassHead class_head(const LogisticModel& model) {
  return {.blocks = 1,
          .avgpool = false,
          .weight = model.weight.to(at::kFloat),
          .bias = model.bias.to(at::kFloat)};
}

Tensor class_logits(const ClassHead& head, const Tensor& probe) {
  const Tensor x = linear_input(probe, head.blocks, head.avgpool);
  if (x.size(1) != head.weight.size(1)) {
    fail(Exit::input,
         "the classifier sees {} numbers a picture, these features give it {}",
         head.weight.size(1),
         x.size(1));
  }
  return at::addmm(head.bias, x, head.weight.t());
}

std::string kind_of(const Head& head) {
  return std::visit(Kind{}, head.head);
}

Head read_head(const fs::path& path, int64_t embed_dim) {
  const model::StateDict state = model::read_checkpoint(path);
  const auto card = state.metadata.find(kHeadMetadata);
  if (card == state.metadata.end()) {
    if (auto head = official_head(state, embed_dim, path.string())) return *std::move(head);
    fail(Exit::input,
         "{}: holds no head: neither one of ours nor an official one (weight and bias, or "
         "decode_head.*)",
         path.string());
  }
  Weights weights;
  for (const auto& [name, tensor] : state.tensors) weights[name] = tensor;
  Head head = own_head(card->second, std::move(weights), path.string());
  check_width(head, embed_dim, path.string());
  return head;
}

void write_head(const fs::path& path, const Head& head) {
  model::StateDict state;
  for (const auto& [name, tensor] : weights_of(head))
    state.tensors.emplace_back(name, tensor.detach().contiguous());
  state.metadata[kHeadMetadata] = json_of(head).dump();
  if (path.extension() != ".safetensors") {
    fail(Exit::usage, "{}: a head is written as .safetensors", path.string());
  }
  model::write_checkpoint(path, state);
}

std::string describe(const Head& head) {
  return json_of(head).dump(2);
}

}  // namespace troodon::heads
