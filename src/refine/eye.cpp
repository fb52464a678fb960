#include "refine/eye.hpp"

#include <algorithm>
#include <array>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "image/colour.hpp"
#include "infer/embedder.hpp"
#include "infer/geometry.hpp"
#include "kernels/backend.hpp"
#include "model/checkpoint.hpp"
#include "refine/losses.hpp"

namespace troodon::refine {
namespace {

Tensor row_of(const std::array<float, 3>& values) {
  return torch::tensor(at::ArrayRef<float>(values.data(), 3)).view({1, 3, 1, 1});
}

}  // namespace

Eye::Eye(const RefineOptions& options)
    : device_(kernels::resolve_device(options.device)), grid_(options.grid) {
  if (infer::is_classical(options.model))
    fail(Exit::usage,
         "'{}' has no gradients to change a picture by; name a network",
         options.model.string());
  const model::Backbone backbone = model::load_backbone(infer::model_file(options.model));
  config_ = backbone.config;
  network_ = backbone.network;
  network_->to(device_);
  for (Tensor& weight : network_->parameters()) weight.requires_grad_(false);
  block_ = options.block < 0 ? config_.depth - 1 : options.block;
  if (block_ >= config_.depth)
    fail(Exit::usage,
         "block {} is not in 0..{}; blocks are numbered from 0",
         block_,
         config_.depth - 1);
  mean_ = row_of(image::kImageNetMean).to(device_);
  std_ = row_of(image::kImageNetStd).to(device_);
}

Tensor Eye::prepared(const image::Image& picture) const {
  const infer::Geometry geometry{.resize = infer::Resize::fit,
                                 .size = static_cast<int>(grid_ * patch()),
                                 .patch = static_cast<int>(patch())};
  return planes_of(infer::prepare(picture, geometry).take(0)).to(device_);
}

Sight Eye::look(const Tensor& planes) {
  std::vector<int64_t> blocks = {config_.depth - 1};
  if (block_ != blocks[0]) blocks.insert(blocks.begin(), block_);
  const auto layers =
      network_->get_intermediate_layers((planes - mean_) / std_, {.blocks = blocks});
  return {.similarity = self_similarity(layers.front().patches[0]),
          .token = layers.back().cls_token[0]};
}

Tensor planes_of(const image::Image& picture) {
  Tensor bytes = torch::empty({1, picture.height, picture.width, 3}, torch::kByte);
  std::copy(picture.pixels.begin(), picture.pixels.end(), bytes.data_ptr<uint8_t>());
  return bytes.permute({0, 3, 1, 2}).to(torch::kFloat).div(255).contiguous();
}

image::Image image_of(const Tensor& planes) {
  image::Image out(static_cast<int>(planes.size(3)), static_cast<int>(planes.size(2)));
  const Tensor bytes = planes.clamp(0, 1).mul(255).round().to(torch::kByte);
  const Tensor rows = bytes.permute({0, 2, 3, 1}).contiguous().cpu();
  std::copy_n(rows.data_ptr<uint8_t>(), out.pixels.size(), out.pixels.begin());
  return out;
}

}  // namespace troodon::refine
