#include "heads/depth_head.hpp"

#include <cmath>

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "base/error.hpp"

namespace troodon::heads {
namespace {

Shapes linear_shapes(const DepthHead& head) {
  return {{"conv_depth.weight", {head.bins, 2 * head.embed_dim * head.layers, 1, 1}},
          {"conv_depth.bias", {head.bins}}};
}

void check_layers(const DepthHead& head, const std::vector<model::IntermediateLayer>& layers) {
  if (static_cast<int64_t>(layers.size()) != head.layers) {
    fail(Exit::input, "the head sees {} blocks, not {}", head.layers, layers.size());
  }
  for (const auto& layer : layers) {
    if (layer.patches.dim() != 4 || layer.patches.size(1) != head.embed_dim ||
        layer.cls_token.dim() != 2 || layer.cls_token.size(1) != head.embed_dim) {
      fail(Exit::input,
           "the head is for features of width {}, these have {}",
           head.embed_dim,
           layer.cls_token.size(-1));
    }
  }
}

/// Bin logits at the resolution of the maps. The 1x1 convolution comes before the official
/// enlargement: both are linear and the weights of an enlargement sum to 1, so the order is
/// free, and 16 times fewer pixels are multiplied.
Tensor enlarged_logits(const DepthHead& head, const std::vector<model::IntermediateLayer>& layers) {
  const auto weights = head.weights.at("conv_depth.weight").split(head.embed_dim, 1);
  const int64_t height = head.upsample * layers[0].patches.size(2),
                width = head.upsample * layers[0].patches.size(3);
  Tensor sum, same_everywhere = head.weights.at("conv_depth.bias");
  for (size_t i = 0; i < layers.size(); ++i) {
    const Tensor part = at::upsample_bilinear2d(
        at::conv2d(layers[i].patches, weights[2 * i]), {height, width}, /*align_corners=*/false);
    sum = sum.defined() ? sum + part : part;
    const Tensor of_class = weights[2 * i + 1].flatten(1);
    same_everywhere = same_everywhere + at::mm(layers[i].cls_token, of_class.t());
  }
  return sum + same_everywhere.unsqueeze(2).unsqueeze(3);
}

Tensor bin_depths(const DepthHead& head) {
  if (head.spacing == BinSpacing::uniform)
    return at::linspace(head.range.min, head.range.max, head.bins);
  return at::logspace(std::log10(head.range.min), std::log10(head.range.max), head.bins);
}

Tensor linear_map(const DepthHead& head, const std::vector<model::IntermediateLayer>& layers) {
  const Tensor logits = enlarged_logits(head, layers);
  const Tensor bins = bin_depths(head).view({1, -1, 1, 1});
  if (head.norm == BinNorm::softmax) return (logits.softmax(1) * bins).sum(1, true);
  const Tensor shares = head.norm == BinNorm::linear ? logits.relu() + 0.1 : logits.sigmoid();
  return (shares * bins).sum(1, true) / shares.sum(1, true);
}

void check_batch(const DepthBatch& batch) {
  for (const auto& layer : batch.layers) {
    check_finite(layer.patches, "a feature map to train depth on");
    check_finite(layer.cls_token, "a class token to train depth on");
  }
  if (batch.target.dim() != 4 || batch.target.size(1) != 1 || batch.layers.empty() ||
      batch.target.size(0) != batch.layers[0].patches.size(0)) {
    fail(Exit::input,
         "a batch of feature maps needs a depth map [1,height,width] for each picture");
  }
}

/// Uniform within 1 / sqrt(inputs of an output), as convolutions start everywhere.
Tensor fresh(const std::string& name, const Shapes& shapes, at::Generator& generator) {
  const auto& shape = shapes.at(name);
  const bool bias = name.ends_with("bias");
  const auto& weight = bias ? shapes.at(name.substr(0, name.size() - 4) + "weight") : shape;
  int64_t inputs = 1;
  for (size_t i = 1; i < weight.size(); ++i) inputs *= weight[i];
  const double bound = 1 / std::sqrt(static_cast<double>(inputs));
  return at::empty(shape).uniform_(-bound, bound, generator);
}

}  // namespace

std::vector<int64_t> depth_blocks(int64_t depth, int64_t layers) {
  if (layers == 1) return {depth - 1};
  std::vector<int64_t> out;
  for (int64_t i = 1; i <= layers; ++i) out.push_back(i * depth / layers - 1);
  if (depth == 24 && layers == 4) out[0] = 4;
  return out;
}

Shapes shapes_of(const DepthHead& head) {
  return head.kind == DepthKind::linear ? linear_shapes(head) : dpt_shapes(head);
}

DepthHead make_depth_head(DepthHead head, uint64_t seed) {
  if (head.kind == DepthKind::dpt) {
    head.layers = 4;
    const int64_t d = head.embed_dim;
    if (head.post_channels.empty()) head.post_channels = {d / 8, d / 4, d / 2, d};
  }
  if (head.embed_dim < 8 || head.layers < 1 || head.bins < 2 ||
      !(head.range.min > 0 && head.range.max > head.range.min)) {
    fail(Exit::input,
         "a depth head needs a width of 8, a layer, 2 bins and 0 < min < max, not {}, {}, {}, {} "
         "and {}",
         head.embed_dim,
         head.layers,
         head.bins,
         head.range.min,
         head.range.max);
  }
  at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const Shapes shapes = shapes_of(head);
  head.weights.clear();
  for (const auto& [name, shape] : shapes) head.weights[name] = fresh(name, shapes, generator);
  // A metre to begin with: below 0 the last relu would let no gradient through.
  if (head.kind == DepthKind::dpt) head.weights.at("conv_depth.head.4.bias").fill_(1);
  return head;
}

Tensor depth_map(const DepthHead& head, const std::vector<model::IntermediateLayer>& layers) {
  check_layers(head, layers);
  if (head.kind == DepthKind::linear) return linear_map(head, layers);
  return dpt_forward(head, layers).relu() + head.range.min;
}

Tensor predict_depth(const DepthHead& head,
                     const std::vector<model::IntermediateLayer>& layers,
                     Extent size) {
  return resize_to(depth_map(head, layers).clamp(head.range.min, head.range.max), size);
}

void train_depth_head(DepthHead& head,
                      const std::function<DepthBatch(int64_t iteration)>& next,
                      const DepthOptions& options,
                      const Observer& observer) {
  const auto loss = [&](int64_t iteration) {
    const DepthBatch batch = next(iteration);
    check_batch(batch);
    const Tensor pred =
        resize_to(depth_map(head, batch.layers), {batch.target.size(2), batch.target.size(3)});
    return depth_loss(pred, batch.target, options.losses, iteration);
  };
  std::vector<std::string> learned;
  for (const auto& [name, shape] : shapes_of(head)) learned.push_back(name);
  train_weights(head.weights, learned, options.training, loss, observer);
}

}  // namespace troodon::heads
