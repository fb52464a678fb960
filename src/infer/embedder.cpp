#include "infer/embedder.hpp"

#include <algorithm>

#include <torch/types.h>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "image/colour.hpp"
#include "image/resize.hpp"
#include "kernels/backend.hpp"
#include "kernels/parts.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"
#include "model/hf_folder.hpp"
#include "zoo/cache.hpp"

namespace troodon::infer {
namespace {

/// What the file says; else its training size, but 518-pixel networks are used at 224, as in the
/// official evaluations.
int64_t default_size(const model::Backbone& backbone) {
  const auto& config = backbone.config;
  const int64_t size =
      backbone.image_size > 0 ? backbone.image_size : std::min<int64_t>(config.img_size, 224);
  return model::floor_to_patch(size, config.patch_size);
}

image::Image pad_to_square(const image::Image& picture, int size) {
  const double scale = static_cast<double>(size) / std::max(picture.width, picture.height);
  const int width = std::clamp(static_cast<int>(picture.width * scale + 0.5), 1, size);
  const int height = std::clamp(static_cast<int>(picture.height * scale + 0.5), 1, size);
  const image::Image small = image::resize(picture, width, height);
  image::Image out(size, size);
  for (size_t i = 0; i < out.pixels.size(); ++i) {
    out.pixels[i] = static_cast<uint8_t>(image::kImageNetMean[i % 3] * 255 + 0.5F);
  }
  const int top = (size - height) / 2, left = (size - width) / 2;
  for (int y = 0; y < height; ++y) {
    std::copy_n(small.row(y), 3 * width, out.row(top + y) + 3 * left);
  }
  return out;
}

}  // namespace

struct Embedder::Body {
  model::Backbone backbone;
  EmbedOptions options;
  torch::Device device;
  int64_t size;

  Body(const fs::path& file, const EmbedOptions& o)
      : backbone(model::load_backbone(file)),
        options(o),
        device(kernels::resolve_device(o.device)) {
    size = options.size > 0 ? options.size : default_size(backbone);
    if (size % backbone.config.patch_size != 0) {
      fail(Exit::usage,
           "size {} is not a multiple of the patch ({}); try {}",
           size,
           backbone.config.patch_size,
           model::round_to_patch(size, backbone.config.patch_size));
    }
    if (options.output == Output::layers &&
        (options.layers < 1 || options.layers > backbone.config.depth)) {
      fail(Exit::usage,
           "the network has {} blocks; ask for 1 to {} layers",
           backbone.config.depth,
           backbone.config.depth);
    }
    backbone.network->to(device);
  }

  torch::Tensor forward(const torch::Tensor& images) {
    auto& network = backbone.network;
    if (options.output == Output::layers) {
      std::vector<torch::Tensor> tokens;
      for (const auto& layer : network->get_intermediate_layers(images, options.layers)) {
        tokens.push_back(layer.cls_token);
      }
      return torch::stack(tokens, 1);
    }
    if (options.output == Output::cls) {
      return network->forward_selected({images}, {torch::Tensor()}, {torch::Tensor()})[0].cls;
    }
    const auto features = network->forward_features(images);
    if (options.output == Output::patches) return features.x_norm_patchtokens;
    return torch::cat({features.x_norm_clstoken, features.x_norm_patchtokens.mean(1)}, -1);
  }

  void embed(std::span<const image::Image> prepared, float* out) {
    const torch::InferenceMode guard;
    torch::Tensor batch = torch::empty({static_cast<int64_t>(prepared.size()), 3, size, size});
    for (size_t i = 0; i < prepared.size(); ++i) {
      image::normalize_to(prepared[i], batch[static_cast<int64_t>(i)].data_ptr<float>());
    }
    const torch::Tensor rows = forward(batch.to(device)).to(torch::kFloat).cpu().contiguous();
    std::copy_n(rows.data_ptr<float>(), rows.numel(), out);
  }
};

Embedder::Embedder(const fs::path& model, const EmbedOptions& options)
    : body_(std::make_unique<Body>(model_file(model), options)) {}
Embedder::~Embedder() = default;
Embedder::Embedder(Embedder&&) noexcept = default;

image::Image Embedder::prepare(const image::Image& picture) const {
  const int size = static_cast<int>(body_->size);
  if (body_->options.fit == Fit::pad) return pad_to_square(picture, size);
  if (body_->options.fit == Fit::stretch) return image::resize(picture, size, size);
  return image::evaluation_crop(picture, size);
}

std::vector<float> Embedder::embed(std::span<const image::Image> prepared) {
  if (prepared.empty()) return {};
  for (const auto& picture : prepared) {
    TORCH_CHECK(picture.width == size() && picture.height == size(), "embed: call prepare first");
  }
  size_t width = 1;
  for (const int64_t side : item_shape()) width *= static_cast<size_t>(side);
  std::vector<float> out(prepared.size() * width);
  // Threads that each take whole pictures wait less for each other than at every matrix product.
  const size_t parts =
      body_->device.is_cpu() ? std::min(kernels::part_threads(), prepared.size()) : 1;
  kernels::each_part(parts, [&](size_t part) {
    const size_t first = prepared.size() * part / parts;
    const size_t end = prepared.size() * (part + 1) / parts;
    body_->embed(prepared.subspan(first, end - first), out.data() + first * width);
  });
  return out;
}

int64_t Embedder::size() const {
  return body_->size;
}
int64_t Embedder::patch_size() const {
  return body_->backbone.config.patch_size;
}
std::string Embedder::description() const {
  return body_->backbone.description;
}

std::vector<int64_t> Embedder::item_shape() const {
  const int64_t width = body_->backbone.config.embed_dim;
  const int64_t side = body_->size / patch_size();
  switch (body_->options.output) {
    case Output::pooled:
      return {2 * width};
    case Output::patches:
      return {side * side, width};
    case Output::layers:
      return {body_->options.layers, width};
    default:
      return {width};
  }
}

namespace {

/// Where the released model of this name lies on this machine; Error with advice if nowhere.
fs::path released_file(const std::string& name) {
  if (const auto model = zoo::released(name)) {
    if (const auto found = zoo::find_released(*model, zoo::caches())) return *found;
    fail(Exit::input, "{}", zoo::how_to_get(name, *model));
  }
  const bool meant = name.find("vit") != std::string::npos || name.find("dino") != std::string::npos;
  const std::string nearest = meant ? closest(name, zoo::released_names()) : "";
  fail(Exit::input,
       "{}: there is no such model file or run, nor a released model of that name{}",
       name,
       nearest.empty() ? "" : fmt::format(" (closest: {})", nearest));
}

}  // namespace

fs::path model_file(const fs::path& model) {
  if (!fs::exists(model)) return released_file(model.string());
  if (!fs::is_directory(model)) return model;
  if (fs::exists(model / "teacher.safetensors")) return model / "teacher.safetensors";
  if (model::is_hf_folder(model)) return model;
  if (fs::exists(model / "config.yaml")) {
    fail(Exit::input,
         "{}: this run has not finished; go on with `troodon train ... --resume`",
         model.string());
  }
  fail(
      Exit::input,
      "{}: holds no teacher.safetensors and no config.json; name a checkpoint file, a run's folder "
      "or a Hugging Face folder",
      model.string());
}

}  // namespace troodon::infer
