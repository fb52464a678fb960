#include <ATen/ATen.h>

#include "base/error.hpp"
#include "heads/depth_head.hpp"

// Dense Prediction Transformer (Ranftl et al. 2021) with the official readout "project"; spec
// dinov2.md 4.4. Names of weights are the official ones.
namespace troodon::heads {
namespace {

constexpr int64_t kLevels = 4;
constexpr int64_t kLastChannels = 32;  // before the last 1x1 convolution

Tensor conv(const Weights& w, const std::string& name, const Tensor& x, int64_t stride = 1) {
  const Tensor& weight = w.at(name + ".weight");
  const auto bias = w.find(name + ".bias");
  return at::conv2d(x,
                    weight,
                    bias == w.end() ? std::optional<Tensor>() : bias->second,
                    stride,
                    /*padding=*/weight.size(2) / 2);
}

Tensor conv_turned(const Weights& w, const std::string& name, const Tensor& x) {
  const Tensor& weight = w.at(name + ".weight");
  return at::conv_transpose2d(x, weight, w.at(name + ".bias"), /*stride=*/weight.size(2));
}

Tensor doubled(const Tensor& x) {
  return at::upsample_bilinear2d(x, {2 * x.size(2), 2 * x.size(3)}, /*align_corners=*/true);
}

/// Patches that have read the class token: Linear([patch;cls]) and GELU, as a map again.
Tensor readout(const Weights& w, const std::string& name, const model::IntermediateLayer& layer) {
  const Tensor& weight = w.at(name + ".weight");
  const int64_t width = layer.cls_token.size(1);
  // The class token's half is the same for all patches: one product a picture.
  const Tensor of_class =
      at::addmm(w.at(name + ".bias"), layer.cls_token, weight.narrow(1, width, width).t());
  const Tensor of_patch =
      at::matmul(layer.patches.flatten(2).transpose(1, 2), weight.narrow(1, 0, width).t());
  const Tensor read = at::gelu(of_patch + of_class.unsqueeze(1));
  return read.transpose(1, 2).reshape(layer.patches.sizes());
}

Tensor reassembled(const Weights& w, int64_t level, const model::IntermediateLayer& layer) {
  const std::string blocks = "reassemble_blocks.";
  const std::string resize = fmt::format("{}resize_layers.{}", blocks, level);
  const Tensor x = conv(w,
                        fmt::format("{}projects.{}.conv", blocks, level),
                        readout(w, fmt::format("{}readout_projects.{}.0", blocks, level), layer));
  if (level < 2) return conv_turned(w, resize, x);
  return level == 2 ? x : conv(w, resize, x, /*stride=*/2);
}

/// x + conv(relu(conv(relu(x))))
Tensor residual(const Weights& w, const std::string& unit, const Tensor& x) {
  return x + conv(w, unit + ".conv2.conv", conv(w, unit + ".conv1.conv", x.relu()).relu());
}

Tensor fused(const Weights& w, int64_t block, const Tensor& deep, const Tensor& skip) {
  const std::string name = fmt::format("fusion_blocks.{}", block);
  Tensor x = deep;
  if (block > 0) {
    const Tensor side = resize_to(skip, {x.size(2), x.size(3)});
    x = x + residual(w, name + ".res_conv_unit1", side);
  }
  return conv(w, name + ".project.conv", doubled(residual(w, name + ".res_conv_unit2", x)));
}

void add_conv(Shapes& shapes, const std::string& name, std::vector<int64_t> weight, bool bias) {
  if (bias) shapes[name + ".bias"] = {weight[0]};
  shapes[name + ".weight"] = std::move(weight);
}

void add_reassembly(Shapes& shapes, const DepthHead& head) {
  const int64_t d = head.embed_dim;
  for (int64_t i = 0; i < kLevels; ++i) {
    const std::string blocks = "reassemble_blocks.";
    const int64_t c = head.post_channels[static_cast<size_t>(i)];
    add_conv(shapes, fmt::format("{}projects.{}.conv", blocks, i), {c, d, 1, 1}, true);
    add_conv(shapes, fmt::format("{}readout_projects.{}.0", blocks, i), {d, 2 * d}, true);
    const int64_t side = i == 0 ? 4 : i == 1 ? 2 : 3;
    if (i != 2)
      add_conv(shapes, fmt::format("{}resize_layers.{}", blocks, i), {c, c, side, side}, true);
    add_conv(shapes, fmt::format("convs.{}.conv", i), {head.channels, c, 3, 3}, false);
  }
}

void add_fusion(Shapes& shapes, int64_t channels) {
  for (int64_t i = 0; i < kLevels; ++i) {
    const std::string name = fmt::format("fusion_blocks.{}.", i);
    add_conv(shapes, name + "project.conv", {channels, channels, 1, 1}, true);
    for (const char* unit : {"res_conv_unit1", "res_conv_unit2"}) {
      if (i == 0 && std::string_view(unit) == "res_conv_unit1") continue;
      for (const char* half : {"conv1", "conv2"}) {
        add_conv(shapes,
                 fmt::format("{}{}.{}.conv", name, unit, half),
                 {channels, channels, 3, 3},
                 false);
      }
    }
  }
}

}  // namespace

Shapes dpt_shapes(const DepthHead& head) {
  if (static_cast<int64_t>(head.post_channels.size()) != kLevels)
    fail(Exit::input, "a DPT head has {} levels, not {}", kLevels, head.post_channels.size());
  Shapes shapes;
  add_reassembly(shapes, head);
  add_fusion(shapes, head.channels);
  const int64_t c = head.channels;
  add_conv(shapes, "project.conv", {c, c, 3, 3}, true);
  add_conv(shapes, "conv_depth.head.0", {c / 2, c, 3, 3}, true);
  add_conv(shapes, "conv_depth.head.2", {kLastChannels, c / 2, 3, 3}, true);
  add_conv(shapes, "conv_depth.head.4", {1, kLastChannels, 1, 1}, true);
  return shapes;
}

Tensor dpt_forward(const DepthHead& head, const std::vector<model::IntermediateLayer>& layers) {
  const Weights& w = head.weights;
  std::vector<Tensor> levels;
  for (int64_t i = 0; i < kLevels; ++i) {
    levels.push_back(conv(
        w, fmt::format("convs.{}.conv", i), reassembled(w, i, layers[static_cast<size_t>(i)])));
  }
  Tensor x = levels.back();
  for (int64_t block = 0; block < kLevels; ++block)
    x = fused(w, block, x, levels[static_cast<size_t>(kLevels - 1 - block)]);
  x = conv(w, "project.conv", x).relu();
  x = doubled(conv(w, "conv_depth.head.0", x));
  return conv(w, "conv_depth.head.4", conv(w, "conv_depth.head.2", x).relu());
}

}  // namespace troodon::heads
