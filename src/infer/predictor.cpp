#include "infer/predictor.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <nlohmann/json.hpp>
#include <torch/types.h>

#include "base/error.hpp"
#include "image/resize.hpp"
#include "infer/geometry.hpp"
#include "infer/predict/planned_head.hpp"
#include "infer/predict/whole_picture.hpp"
#include "infer/settings.hpp"
#include "kernels/backend.hpp"
#include "model/arch.hpp"
#include "model/checkpoint.hpp"

namespace troodon::infer {
namespace {

using torch::Tensor;
using Layers = std::vector<model::IntermediateLayer>;

constexpr int64_t kDenseSize = 518;  ///< what released networks of patch 14 were finished at
constexpr double kEpsilon = 1e-6;    ///< of the network's last norm

Ground ground_of(const fs::path& model) {
  const fs::path file = model_file(model);
  const auto shapes = model::select_backbone(model::read_checkpoint(file, model::Contents::shapes));
  return {model::deduce_config(shapes), model.string(), model_hash(file)};
}

std::vector<PlannedHead> planned(const std::vector<fs::path>& files, const Ground& ground) {
  if (files.empty()) fail(Exit::usage, "a predictor needs a head; name one or more");
  std::vector<PlannedHead> out;
  for (const auto& file : files) out.push_back(plan_head(head_file(file), ground));
  return out;
}

/// The blocks that any of the heads looks at, ascending.
std::vector<int64_t> united_blocks(const std::vector<PlannedHead>& heads) {
  std::set<int64_t> out;
  for (const auto& head : heads) out.insert(head.blocks.begin(), head.blocks.end());
  return {out.begin(), out.end()};
}

/// Pixels of a window that begins and ends at patches.
int64_t whole_patches(int64_t pixels, int64_t patch) {
  return std::max<int64_t>(pixels / patch, 1) * patch;
}

image::Image at_own_resolution(const image::Image& picture, int64_t patch) {
  const auto side = [patch](int pixels) {
    return static_cast<int>(model::round_to_patch(pixels, patch));
  };
  return image::resize(picture, side(picture.width), side(picture.height));
}

}  // namespace

struct Predictor::Body {
  PredictorOptions options;
  Ground ground;
  std::vector<fs::path> files;
  std::vector<PlannedHead> heads;
  std::vector<int64_t> blocks;
  bool mixed;  ///< some heads want tokens after the last norm, some before
  torch::Device device;
  Embedder embedder;
  Tensor norm_weight, norm_bias;  ///< where mixed

  Body(const fs::path& model, const std::vector<fs::path>& head_files, const PredictorOptions& o)
      : options(o),
        ground(ground_of(model)),
        files(head_files),
        heads(planned(head_files, ground)),
        blocks(united_blocks(heads)),
        mixed(std::ranges::any_of(heads,
                                  [&](const auto& head) { return head.norm != heads[0].norm; })),
        device(kernels::resolve_device(options.device)),
        embedder(model, embed_options()) {
    for (auto& planned : heads) {
      planned.size = size_of(planned);
      move_to(planned.head, device);
    }
    if (mixed) read_norm(model);
    options.window = options.window > 0 ? whole_patches(options.window, patch()) : 0;
    options.stride =
        whole_patches(options.stride > 0 ? options.stride : options.window * 2 / 3, patch());
  }

  EmbedOptions embed_options() const {
    return {.device = options.device,
            .output = Output::blocks,
            .blocks = blocks,
            .norm = !mixed && heads[0].norm,
            .backend = options.backend,
            .precision = options.precision,
            .threads = options.threads,
            .single = true};
  }

  int64_t patch() const { return ground.config.patch_size; }

  int64_t size_of(const PlannedHead& head) const {
    if (options.size > 0) return model::round_to_patch(options.size, patch());
    if (head.size > 0) return head.size;
    return head.task != Task::classes && patch() == 14 ? kDenseSize : embedder.size();
  }

  void read_norm(const fs::path& model) {
    const auto state =
        model::select_backbone(model::read_checkpoint(model_file(model), model::Contents::mapped));
    norm_weight = state.find("norm.weight")->to(torch::kFloat).to(device, false, /*copy=*/true);
    norm_bias = state.find("norm.bias")->to(torch::kFloat).to(device, false, /*copy=*/true);
  }

  Looked look(const image::Image& picture) {
    const std::vector<float> values = embedder.embed({&picture, 1});
    Looked out{.rows = picture.height / patch(), .columns = picture.width / patch()};
    const auto count = static_cast<int64_t>(blocks.size());
    out.tokens = torch::from_blob(const_cast<float*>(values.data()),
                                  {count, 1 + out.rows * out.columns, ground.config.embed_dim})
                     .to(device, torch::kFloat, false, /*copy=*/true);
    if (!torch::isfinite(out.tokens).all().item<bool>()) {
      fail(Exit::input,
           "{}: the features of this picture are not finite numbers; is it a sound model?",
           ground.name);
    }
    return out;
  }

  /// What one head sees: patches [1,N,D], or maps [1,D,h,w].
  Layers layers_of(const PlannedHead& head, const Looked& looked, bool maps) const {
    Layers out;
    for (const int64_t block : head.blocks) {
      const auto place = std::ranges::find(blocks, block) - blocks.begin();
      Tensor tokens = looked.tokens[place].unsqueeze(0);
      if (mixed && head.norm)
        tokens = torch::layer_norm(
            tokens, {tokens.size(-1)}, norm_weight, norm_bias, kEpsilon, /*cudnn_enable=*/false);
      Tensor patches = tokens.slice(1, 1);
      if (maps) patches = patches.transpose(1, 2).reshape({1, -1, looked.rows, looked.columns});
      out.push_back({patches.contiguous(), tokens.select(1, 0)});
    }
    return out;
  }

  void predict_classes(const image::Image& picture,
                       int64_t size,
                       const std::vector<size_t>& which,
                       std::vector<Prediction>& out) {
    const Looked looked = look(image::evaluation_crop(picture, static_cast<int>(size)));
    for (const size_t i : which) {
      out[i] = ClassPrediction{
          heads[i].classes,
          class_probabilities(heads[i], layers_of(heads[i], looked, /*maps=*/false))};
    }
  }

  /// The picture as the network sees it, before any window.
  image::Image whole(const image::Image& picture, int64_t size) const {
    if (options.window > 0 && options.size == 0) return at_own_resolution(picture, patch());
    const Geometry fit{
        .resize = Resize::fit, .size = static_cast<int>(size), .patch = static_cast<int>(patch())};
    return prepare(picture, fit).take(0);
  }

  void predict_whole(const image::Image& picture,
                     int64_t size,
                     const std::vector<size_t>& which,
                     std::vector<Prediction>& out) {
    const image::Image shown = whole(picture, size);
    const heads::Extent extent{shown.height, shown.width};
    std::vector<heads::Window> windows = {{0, 0, extent.height, extent.width}};
    if (options.window > 0)
      windows = heads::sliding_windows(
          extent, {options.window, options.window}, {options.stride, options.stride});
    std::vector<WholePicture> gathered;
    for (const size_t i : which)
      gathered.emplace_back(
          heads[i], extent, heads::Extent{picture.height, picture.width}, patch());
    const bool depth =
        std::ranges::any_of(which, [&](size_t i) { return heads[i].task == Task::depth; });
    for (const auto& window : windows) {
      const image::Image part = image::crop(shown,
                                            {.top = static_cast<int>(window.top),
                                             .left = static_cast<int>(window.left),
                                             .height = static_cast<int>(window.height),
                                             .width = static_cast<int>(window.width)});
      const Looked looked = look(part);
      const Looked mirror = options.flip && depth ? look(image::flip_horizontal(part)) : Looked{};
      for (size_t i = 0; i < which.size(); ++i) {
        const PlannedHead& head = heads[which[i]];
        const bool twice = mirror.tokens.defined() && head.task == Task::depth;
        gathered[i].add(window,
                        layers_of(head, looked, /*maps=*/true),
                        twice ? layers_of(head, mirror, /*maps=*/true) : Layers{});
      }
    }
    for (size_t i = 0; i < which.size(); ++i) out[which[i]] = gathered[i].finish(options);
  }
};

Predictor::Predictor(const fs::path& model,
                     const std::vector<fs::path>& heads,
                     const PredictorOptions& options)
    : body_(std::make_unique<Body>(model, heads, options)) {}
Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;

std::vector<Prediction> Predictor::predict(const image::Image& picture) {
  const torch::InferenceMode frozen;
  Body& body = *body_;
  // Heads that see the same pixels share a pass.
  std::map<std::pair<bool, int64_t>, std::vector<size_t>> groups;
  for (size_t i = 0; i < body.heads.size(); ++i)
    groups[{body.heads[i].task == Task::classes, body.heads[i].size}].push_back(i);
  std::vector<Prediction> out(body.heads.size());
  for (const auto& [looks, which] : groups) {
    if (looks.first)
      body.predict_classes(picture, looks.second, which, out);
    else
      body.predict_whole(picture, looks.second, which, out);
  }
  return out;
}

size_t Predictor::count() const {
  return body_->heads.size();
}
Task Predictor::task(size_t head) const {
  return body_->heads.at(head).task;
}
const std::vector<std::string>& Predictor::classes(size_t head) const {
  return body_->heads.at(head).classes;
}
bool Predictor::metric(size_t head) const {
  return body_->heads.at(head).head.card.unit == "metres";
}
std::string Predictor::description() const {
  return body_->embedder.description();
}

std::string Predictor::settings() const {
  const Body& body = *body_;
  const auto provenance = body.embedder.provenance();
  nlohmann::ordered_json out = {{"model", body.ground.hash},
                                {"backend", provenance.at("backend")},
                                {"precision", provenance.at("precision")},
                                {"window", body.options.window},
                                {"stride", body.options.window > 0 ? body.options.stride : 0},
                                {"flip", body.options.flip},
                                {"heads", nlohmann::ordered_json::array()}};
  for (size_t i = 0; i < body.heads.size(); ++i)
    out["heads"].push_back(
        {{"hash", model_hash(head_file(body.files[i]))}, {"size", body.heads[i].size}});
  return out.dump();
}

std::string describe_head(const fs::path& head) {
  return heads::describe(heads::read_head(head_file(head)));
}

}  // namespace troodon::infer
