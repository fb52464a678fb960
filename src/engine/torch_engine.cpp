#include "engine/torch_engine.hpp"

#include <algorithm>

#include <torch/types.h>
#include <torch/version.h>

#include "base/error.hpp"
#include "image/colour.hpp"
#include "kernels/autocast.hpp"
#include "kernels/linear.hpp"
#include "kernels/parts.hpp"

namespace troodon::engine {
namespace {

using torch::Tensor;

/// Pixels as normalised planes [B,3,H,W], float32.
Tensor planes_of(std::span<const image::Image> pictures) {
  const auto count = static_cast<int64_t>(pictures.size());
  Tensor out = torch::empty({count, 3, pictures[0].height, pictures[0].width});
  for (int64_t i = 0; i < count; ++i) {
    image::normalize_to(pictures[static_cast<size_t>(i)], out[i].data_ptr<float>());
  }
  return out;
}

/// The same on a GPU: bytes travel, a quarter of the floats, from memory that it reads by itself.
Tensor planes_on(torch::Device device, std::span<const image::Image> pictures) {
  const auto count = static_cast<int64_t>(pictures.size());
  const size_t bytes = pictures[0].pixels.size();
  const Tensor pinned =
      torch::empty({count, pictures[0].height, pictures[0].width, 3},
                   torch::TensorOptions().dtype(torch::kByte).pinned_memory(true));
  for (size_t i = 0; i < pictures.size(); ++i) {
    std::copy_n(pictures[i].pixels.data(), bytes, pinned.data_ptr<uint8_t>() + i * bytes);
  }
  const auto row = [&](const std::array<float, 3>& values) {
    return torch::tensor(at::ArrayRef<float>(values.data(), 3)).to(device).view({1, 3, 1, 1});
  };
  const Tensor pixels = pinned.to(device, /*non_blocking=*/true).permute({0, 3, 1, 2});
  return ((pixels.to(torch::kFloat) / 255 - row(image::kImageNetMean)) / row(image::kImageNetStd))
      .contiguous();
}

class TorchEngine : public Engine {
 public:
  TorchEngine(model::Backbone backbone, const EngineOptions& options)
      : backbone_(std::move(backbone)), options_(options), device_(options.device) {
    const bool bf16 = options.precision == Precision::bf16;
    if (options.precision == Precision::int8) {
      fail(Exit::usage, "int8 needs the OpenVINO backend; use it, or fp32");
    }
    if (bf16 && device_.is_cpu() && !kernels::NarrowProducts::available(torch::kBFloat16)) {
      fail(Exit::resource, "this CPU has no bfloat16 products; use fp32 or int8");
    }
    backbone_.network->to(device_);
  }

  void run(std::span<const image::Image> pictures, float* out) override {
    const auto size = [&](const image::Image& picture) { return item_size(picture); };
    for (const Run& run : runs_of(pictures, pictures.size(), size))
      run_in(options_.precision, pictures.subspan(run.first, run.count), out + run.at);
  }

  Fidelity calibrate(std::span<const image::Image> pictures) override {
    if (options_.precision == Precision::fp32) return {};
    const size_t width = item_size(pictures[0]);
    std::vector<float> exact(pictures.size() * width), rough(exact.size());
    run_in(Precision::fp32, pictures, exact.data());
    run_in(options_.precision, pictures, rough.data());
    return compare_rows(exact, rough, width);
  }

  std::vector<int64_t> item_shape(int64_t height, int64_t width) const override {
    const auto& config = backbone_.config;
    const int64_t patches = height / config.patch_size * (width / config.patch_size);
    return engine::item_shape(options_, config.embed_dim, patches);
  }

  std::string name() const override { return "LibTorch " TORCH_VERSION; }

 private:
  void run_in(Precision precision, std::span<const image::Image> pictures, float* out) {
    const size_t width = item_size(pictures[0]);
    // Threads that each take whole pictures wait less for each other than at every matrix product.
    const size_t parts = device_.is_cpu() ? std::min(kernels::part_threads(), pictures.size()) : 1;
    kernels::each_part(parts, [&](size_t part) {
      const size_t first = pictures.size() * part / parts;
      const size_t end = pictures.size() * (part + 1) / parts;
      run_part(precision, pictures.subspan(first, end - first), out + first * width);
    });
  }

  void run_part(Precision precision, std::span<const image::Image> pictures, float* out) {
    const torch::InferenceMode guard;
    const bool bf16 = precision == Precision::bf16;
    const kernels::NarrowProducts products(bf16 && device_.is_cpu() ? torch::kBFloat16
                                                                    : torch::kFloat);
    const Tensor images = device_.is_cpu() ? planes_of(pictures) : planes_on(device_, pictures);
    const kernels::Autocast autocast(bf16 && !device_.is_cpu() ? torch::kBFloat16 : torch::kFloat);
    const Tensor floats = forward(images).to(torch::kFloat).cpu().contiguous();
    std::copy_n(floats.data_ptr<float>(), floats.numel(), out);
  }

  Tensor forward(const Tensor& images) {
    auto& network = backbone_.network;
    if (options_.output == Output::layers || options_.output == Output::probe)
      return class_tokens(images);
    if (options_.output == Output::blocks) return torch::stack(block_tokens(images), 1);
    if (options_.output == Output::blocks_and_cls) return tokens_and_class(images);
    if (options_.output == Output::cls) {
      return network->forward_selected({images}, {Tensor()}, {Tensor()})[0].cls;
    }
    const auto features = network->forward_features(images);
    if (options_.output == Output::patches) return features.x_norm_patchtokens;
    return torch::cat({features.x_norm_clstoken, features.x_norm_patchtokens.mean(1)}, -1);
  }

  Tensor class_tokens(const Tensor& images) {
    const auto layers = backbone_.network->get_intermediate_layers(images, options_.layers);
    std::vector<Tensor> tokens;
    for (const auto& layer : layers) tokens.push_back(layer.cls_token);
    if (options_.output == Output::probe) tokens.push_back(layers.back().patches.mean(1));
    return torch::stack(tokens, 1);
  }

  /// Of each chosen block [B,1+N,D].
  std::vector<Tensor> block_tokens(const Tensor& images, std::vector<int64_t> blocks = {}) {
    if (blocks.empty()) blocks = chosen_blocks(options_, backbone_.config.depth);
    std::vector<Tensor> out;
    for (const auto& block : backbone_.network->get_intermediate_layers(
             images, {.blocks = blocks, .norm = options_.norm})) {
      out.push_back(torch::cat({block.cls_token.unsqueeze(1), block.patches}, 1));
    }
    return out;
  }

  Tensor tokens_and_class(const Tensor& images) {
    std::vector<int64_t> blocks = options_.blocks;
    const int64_t last = backbone_.config.depth - 1;
    if (blocks.back() < last) blocks.push_back(last);
    std::vector<Tensor> out = block_tokens(images, blocks);
    const Tensor classes = out.back().narrow(1, 0, 1);
    if (options_.blocks.back() < last) out.pop_back();
    out.push_back(classes);
    return torch::cat(out, 1);
  }

  size_t item_size(const image::Image& picture) const {
    const auto& config = backbone_.config;
    const int64_t rows = picture.height / config.patch_size;
    return engine::item_size(
        options_, config.embed_dim, rows * (picture.width / config.patch_size));
  }

  model::Backbone backbone_;
  EngineOptions options_;
  torch::Device device_;
};

}  // namespace

std::unique_ptr<Engine> torch_engine(model::Backbone backbone, const EngineOptions& options) {
  return std::make_unique<TorchEngine>(std::move(backbone), options);
}

}  // namespace troodon::engine
