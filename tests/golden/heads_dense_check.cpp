#include <regex>

#include "golden.hpp"
#include "heads/depth_head.hpp"
#include "heads/segment_head.hpp"

// evals/seg_*, evals/depth_*, evals/slide_inference, evals/center_padding: a class or a depth for
// each pixel.
namespace golden::dense_case {
namespace {

using namespace troodon::heads;

Weights weights_of(const Case& c) {
  Weights out;
  for (const auto& [name, tensor] : c.tensors("sd.")) out[name] = tensor;
  return out;
}

Extent extent(const Tensor& map) {
  return {map.size(-2), map.size(-1)};
}

void check_segment_training(const Case& c,
                            SegmentHead head,
                            const std::vector<Tensor>& maps,
                            Verdict& verdict) {
  for (auto& [name, tensor] : head.weights) tensor = tensor.clone();
  Tensor weight = head.weights.at("conv_seg.weight").requires_grad_();
  const Tensor target = c.tensor("train.target");
  const Tensor logits = resize_to(segment_logits_training(head, maps), extent(target));
  const Tensor loss = segment_loss(logits, target);
  verdict.close("train.loss", loss, c.tensor("train.loss"), 1e-5);
  verdict.close("train.loss_avg_non_ignore",
                segment_loss(logits, target, Average::judged_pixels),
                c.tensor("train.loss_avg_non_ignore"),
                1e-5);
  loss.backward();
  verdict.close("train.grad", weight.grad(), c.tensor("train.grad.conv_seg.weight"), 1e-5);
  for (const char* name : {"running_mean", "running_var"}) {
    verdict.close(name,
                  head.weights.at(std::string("bn.") + name),
                  c.tensor(std::string("train.") + name),
                  1e-5);
  }
}

void check_segment(const Case& c, Verdict& verdict) {
  const json& config = c.config();
  const SegmentHead head{.embed_dim = config.at("embed_dim"),
                         .layers = config.at("n_features"),
                         .classes = config.at("num_classes"),
                         .weights = weights_of(c)};
  check_weights(head.weights, shapes_of(head), c.name);
  std::vector<Tensor> maps;
  for (int64_t i = 0; i < head.layers; ++i) maps.push_back(c.tensor("feat." + std::to_string(i)));
  const Tensor logits = segment_logits(head, maps), classes = c.tensor("pred");
  verdict.close("logits", logits, c.tensor("logits"), 1e-5);
  const std::regex thinned(R"(logits_full_every(\d+))");
  for (const auto& view : c.file->tensors()) {
    std::smatch found;
    if (!std::regex_match(view.name, found, thinned)) continue;
    const int64_t stride = std::stoll(found[1]);
    const Tensor full = resize_to(logits, extent(classes));
    verdict.close(view.name,
                  full.slice(2, 0, std::nullopt, stride).slice(3, 0, std::nullopt, stride),
                  c.tensor(view.name),
                  1e-5);
  }
  verdict.equal("pred", segment_classes(head, maps, extent(classes)), classes);
  check_segment_training(c, head, maps, verdict);
}

std::vector<troodon::model::IntermediateLayer> layers_of(const Case& c) {
  std::vector<troodon::model::IntermediateLayer> layers;
  for (int64_t i = 0; c.has("feat." + std::to_string(i) + ".cls"); ++i) {
    const std::string name = "feat." + std::to_string(i);
    layers.push_back({.patches = c.tensor(name + ".patch"), .cls_token = c.tensor(name + ".cls")});
  }
  return layers;
}

void check_depth_linear(const Case& c, Verdict& verdict) {
  const json& config = c.config();
  DepthHead head{.kind = DepthKind::linear,
                 .embed_dim = config.at("embed_dim"),
                 .layers = config.at("layers"),
                 .range = {config.at("min_depth"), config.at("max_depth")},
                 .bins = config.at("n_bins"),
                 .upsample = config.at("upsample"),
                 .weights = weights_of(c)};
  check_weights(head.weights, shapes_of(head), c.name);
  const auto layers = layers_of(c);
  verdict.close("depth_lowres", depth_map(head, layers), c.tensor("depth_lowres"), 1e-5);
  const Tensor full = c.tensor("depth_full");
  verdict.close("depth_full", predict_depth(head, layers, extent(full)), full, 1e-5);
  for (const auto& [name, norm] : std::vector<std::pair<std::string, BinNorm>>{
           {"softmax", BinNorm::softmax}, {"sigmoid", BinNorm::sigmoid}}) {
    head.norm = norm;
    verdict.close(
        "depth_lowres." + name, depth_map(head, layers), c.tensor("depth_lowres." + name), 1e-5);
  }
}

void check_depth_dpt(const Case& c, Verdict& verdict) {
  const json& config = c.config();
  const DepthHead head{.kind = DepthKind::dpt,
                       .embed_dim = config.at("embed_dim"),
                       .layers = 4,
                       .range = {config.at("min_depth"), config.at("max_depth")},
                       .channels = config.at("channels"),
                       .post_channels = config.at("post_process_channels"),
                       .weights = weights_of(c)};
  check_weights(head.weights, shapes_of(head), c.name);
  verdict.close("depth", depth_map(head, layers_of(c)), c.tensor("depth"), 1e-5);
}

/// One recorded loss: "grad_max10_2d" is GradientLoss up to 10 m on the first map alone.
void check_loss(const Case& c, const std::string& name, Verdict& verdict) {
  const bool flat = name.ends_with("_2d");
  const std::string base = flat ? name.substr(0, name.size() - 3) : name;
  const json& args = c.values().at(base + ".args");
  const double max_depth = args.value("max_depth", 0.0), weight = args.at("loss_weight");
  const auto part = [&](const Tensor& t) { return (flat ? t[0][0] : t).clone(); };
  const Tensor pred = part(c.tensor("pred")).requires_grad_(), target = part(c.tensor("gt"));
  const Tensor loss =
      weight * (base.starts_with("sig")
                    ? sig_loss(pred, target, max_depth, args.value("warm_up", false))
                    : gradient_loss(pred, target, max_depth, GradientAxes::official));
  verdict.close(name, loss, c.tensor(name), 1e-5);
  loss.backward();
  verdict.close(name + ".grad", pred.grad(), c.tensor(name + ".grad"), 1e-5);
  if (flat) {
    verdict.close(name + " spatial",
                  weight * gradient_loss(pred.view({1, 1, pred.size(0), pred.size(1)}),
                                         target.view({1, 1, pred.size(0), pred.size(1)}),
                                         max_depth,
                                         GradientAxes::spatial),
                  c.tensor(name),
                  1e-5);
  }
}

void check_depth_losses(const Case& c, Verdict& verdict) {
  for (const auto& view : c.file->tensors()) {
    if (c.has(view.name + ".grad")) check_loss(c, view.name, verdict);
  }
}

void check_slide(const Case& c, Verdict& verdict) {
  const auto pair = [&](const char* key) {
    return Extent{c.config().at(key).at(0), c.config().at(key).at(1)};
  };
  const Tensor images = c.tensor("img");
  // What the reference does with a crop; its range and cell are in the note of the case.
  const auto look = [](const Tensor& crop) {
    const Tensor seen = torch::avg_pool2d(crop.abs().sum(1, true) * (1 + crop.mean()), 4);
    return resize_to(seen.clamp(0.001, 10), extent(crop));
  };
  verdict.close(
      "out",
      average_windows(images, sliding_windows(extent(images), pair("crop"), pair("stride")), look),
      c.tensor("out"),
      1e-5);
}

void check_padding(const Case& c, Verdict& verdict) {
  for (const auto& view : c.file->tensors()) {
    if (!view.name.ends_with(".x")) continue;
    const std::string name = view.name.substr(0, view.name.size() - 1);
    verdict.equal(name + "y",
                  pad_centre(c.tensor(view.name), c.config().at("multiple")),
                  c.tensor(name + "y"));
  }
}

const Check kSegment{"evals/seg_.*", check_segment};
const Check kDepthLinear{"evals/depth_linear.*", check_depth_linear};
const Check kDepthDpt{"evals/depth_dpt.*", check_depth_dpt};
const Check kDepthLosses{"evals/depth_losses.*", check_depth_losses};
const Check kSlide{"evals/slide_inference.*", check_slide};
const Check kPadding{"evals/center_padding.*", check_padding};

}  // namespace
}  // namespace golden::dense_case
