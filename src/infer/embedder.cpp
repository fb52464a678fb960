#include "infer/embedder.hpp"

#include <algorithm>
#include <array>
#include <dlfcn.h>
#include <map>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "engine/classical_engine.hpp"
#include "engine/native_engine.hpp"
#include "engine/openvino_engine.hpp"
#include "engine/torch_engine.hpp"
#include "engine/torch_network.hpp"
#include "image/colour.hpp"
#include "infer/geometry.hpp"
#include "kernels/backend.hpp"
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

Backend backend_of(const EmbedOptions& options) {
  const bool cpu = kernels::resolve_device(options.device) == "cpu";
  if (options.backend == Backend::automatic) {
    if (cpu && engine::has_native()) return Backend::native;
    return cpu && engine::has_openvino() ? Backend::openvino : Backend::torch;
  }
  if (options.backend != Backend::torch && !cpu) {
    fail(Exit::usage, "this backend computes on the CPU; add --device cpu, or --backend torch");
  }
  return options.backend;
}

}  // namespace

struct Embedder::Body {
  EmbedOptions options;
  model::VitConfig config;
  std::string description;
  int64_t size = 0;  ///< pixels
  std::unique_ptr<engine::Engine> engine;
  Fidelity fidelity;

  Body(const fs::path& file, const EmbedOptions& o) : options(o) {
    is_classical(file) ? open_classical(file.string()) : open_network(file);
  }

  void open_network(const fs::path& file) {
    model::Backbone backbone = load(file);
    config = backbone.config;
    description = backbone.description;
    size = options.size > 0 ? options.size : default_size(backbone);
    check();
    engine = make_engine(file, std::move(backbone));
  }

  void open_classical(const std::string& name) {
    config.patch_size = engine::kClassicalPatch;
    config.depth = 1;
    description = engine::classical_description(name);
    size = options.size > 0 ? options.size : engine::kClassicalSize;
    options.layers = std::min<int64_t>(options.layers, 1);
    check();
    engine = engine::classical_engine(name, engine_options());
  }

  /// Our own engine copies the weights at once: until then they may stay in the file.
  model::Backbone load(const fs::path& file) const {
    const bool mapped = backend_of(options) == Backend::native;
    return model::load_backbone(
        file, {.contents = mapped ? model::Contents::mapped : model::Contents::values});
  }

  void check() const {
    if (size % config.patch_size != 0) {
      fail(Exit::usage,
           "size {} is not a multiple of the patch ({}); try {}",
           size,
           config.patch_size,
           model::round_to_patch(size, config.patch_size));
    }
    const bool at_most = options.output == Output::probe || options.output == Output::blocks;
    const bool asked = at_most || options.output == Output::layers;
    if (asked && (options.layers < 1 || (options.layers > config.depth && !at_most))) {
      fail(Exit::usage,
           "the network has {} blocks; ask for 1 to {} layers",
           config.depth,
           config.depth);
    }
    for (size_t i = 0; i < options.blocks.size(); ++i) {
      const int64_t block = options.blocks[i], least = i == 0 ? 0 : options.blocks[i - 1] + 1;
      if (block < least || block >= config.depth) {
        fail(Exit::usage,
             "block {} is not in {}..{}; blocks are numbered from 0 and ascend",
             block,
             least,
             config.depth - 1);
      }
    }
  }

  engine::EngineOptions engine_options() const {
    return {.device = kernels::resolve_device(options.device),
            .output = options.output,
            .layers = options.output == Output::layers ? options.layers
                                                       : std::min(options.layers, config.depth),
            .blocks = options.blocks,
            .norm = options.norm || options.output == Output::blocks_and_cls,
            .precision = options.precision,
            .threads = options.threads,
            .single = options.single};
  }

  std::unique_ptr<engine::Engine> make_engine(const fs::path& file,
                                              model::Backbone backbone) const {
    switch (backend_of(options)) {
      case Backend::native:
        return engine::native_engine(engine::network_of(std::move(backbone)),
                                     engine_options(),
                                     [this, file] { return engine::network_of(load(file)); });
      case Backend::openvino:
        return engine::openvino_engine(
            engine::network_of(std::move(backbone)), engine_options(), size, size);
      default:
        return engine::torch_engine(std::move(backbone), engine_options());
    }
  }

  size_t item_size(const image::Image& picture) const {
    size_t out = 1;
    for (const int64_t side : engine->item_shape(picture.height, picture.width))
      out *= static_cast<size_t>(side);
    return out;
  }

  void check_picture(const image::Image& picture) const {
    const auto patch = static_cast<int>(config.patch_size);
    if (picture.width < patch || picture.height < patch || picture.width % patch != 0 ||
        picture.height % patch != 0)
      fail(Exit::input,
           "a picture of {}x{} pixels isn't a multiple of the patch of {}; prepare it first",
           picture.width,
           picture.height,
           patch);
  }
};

Embedder::Embedder(const fs::path& model, const EmbedOptions& options)
    : body_(std::make_unique<Body>(model_file(model), options)) {}
Embedder::~Embedder() = default;
Embedder::Embedder(Embedder&&) noexcept = default;

image::Image Embedder::prepare(const image::Image& picture) const {
  const int size = static_cast<int>(body_->size);
  return to_square(picture, body_->options.fit, size);
}

std::vector<float> Embedder::embed(std::span<const image::Image> prepared) {
  if (prepared.empty()) return {};
  size_t floats = 0;
  for (const image::Image& picture : prepared) {
    body_->check_picture(picture);
    floats += body_->item_size(picture);
  }
  std::vector<float> out(floats);
  body_->engine->run(prepared, out.data());
  return out;
}

std::vector<std::vector<float>> Embedder::embed_each(std::span<const image::Image> prepared) {
  const std::vector<float> all = embed(prepared);
  std::vector<std::vector<float>> out;
  auto from = all.begin();
  for (const image::Image& picture : prepared) {
    const auto to = from + static_cast<ptrdiff_t>(body_->item_size(picture));
    out.emplace_back(from, to);
    from = to;
  }
  return out;
}

bool Embedder::wants_calibration() const {
  return body_->options.precision != Precision::fp32 && body_->fidelity.pictures == 0;
}

Fidelity Embedder::calibrate(std::span<const image::Image> prepared) {
  if (prepared.size() < 2) fail(Exit::input, "calibration needs two pictures or more");
  for (const image::Image& picture : prepared) {
    body_->check_picture(picture);
    if (picture.width != prepared[0].width || picture.height != prepared[0].height)
      fail("calibration takes pictures of one shape, not {}x{} and {}x{}",
           prepared[0].width,
           prepared[0].height,
           picture.width,
           picture.height);
  }
  body_->fidelity = body_->engine->calibrate(prepared);
  return body_->fidelity;
}

int64_t Embedder::size() const {
  return body_->size;
}
int64_t Embedder::depth() const {
  return body_->config.depth;
}
int64_t Embedder::patch_size() const {
  return body_->config.patch_size;
}
std::string Embedder::description() const {
  return body_->description;
}

std::vector<int64_t> Embedder::item_shape() const {
  return item_shape(size(), size());
}

std::vector<int64_t> Embedder::item_shape(int64_t height, int64_t width) const {
  return body_->engine->item_shape(height, width);
}

std::map<std::string, std::string> Embedder::provenance() const {
  constexpr std::array<const char*, 3> kNames = {"fp32", "bf16", "int8"};
  std::map<std::string, std::string> out = {
      {"backend", body_->engine->name()},
      {"precision", kNames[static_cast<size_t>(body_->options.precision)]}};
  const Fidelity& fidelity = body_->fidelity;
  if (fidelity.pictures == 0) return out;
  out["calibration_pictures"] = std::to_string(fidelity.pictures);
  out["mean_cosine"] = fmt::format("{:.6f}", fidelity.mean_cosine);
  out["smallest_cosine"] = fmt::format("{:.6f}", fidelity.smallest_cosine);
  return out;
}

bool is_classical(const fs::path& model) {
  return engine::is_classical(model.string()) && !fs::exists(model);
}

std::string computed_by(const EmbedOptions& options) {
  const Backend backend = backend_of(options);
  if (backend != Backend::torch) return backend == Backend::native ? "native" : "openvino";
  const std::string device = kernels::resolve_device(options.device);
  return "torch " + device.substr(0, device.find(':'));
}

namespace {

/// Where the released model of this name lies on this machine; Error with advice if nowhere.
fs::path released_file(const std::string& name) {
  if (const auto model = zoo::released(name)) {
    if (const auto found = zoo::find_released(*model, zoo::caches())) return *found;
    fail(Exit::input, "{}", zoo::how_to_get(name, *model));
  }
  const bool meant =
      name.find("vit") != std::string::npos || name.find("dino") != std::string::npos;
  const std::string nearest = meant ? closest(name, zoo::released_names()) : "";
  fail(Exit::input,
       "{}: there is no such model file or run, nor a released model of that name{}",
       name,
       nearest.empty() ? "" : fmt::format(" (closest: {})", nearest));
}

}  // namespace

namespace {

/// The program and, where that is another file, the library that holds this function.
std::vector<fs::path> own_files() {
  std::error_code ignored;
  std::vector<fs::path> out = {fs::read_symlink("/proc/self/exe", ignored)};
  Dl_info library{};
  if (::dladdr(reinterpret_cast<const void*>(&shipped_file), &library) != 0 &&
      library.dli_fname != nullptr)
    out.push_back(fs::weakly_canonical(library.dli_fname, ignored));
  return out;
}

}  // namespace

fs::path shipped_file(const std::string& name) {
  static const std::map<std::string, std::string> files = {
      {"small", "vit_192x6x3_p8.safetensors"},
      {"copies", "copies_192x6x3_p8.safetensors"},
      {"depth", "depth_vit_192x6x3_p8.safetensors"}};
  const auto found = files.find(name);
  if (found == files.end()) return {};
  std::error_code ignored;
  for (const fs::path& self : own_files()) {
    // Installed in a prefix, or somewhere below the source.
    for (fs::path folder = self.parent_path(); folder.has_relative_path();
         folder = folder.parent_path()) {
      for (const char* models : {"share/troodon/models", "models"}) {
        if (fs::exists(folder / models / found->second, ignored))
          return folder / models / found->second;
      }
    }
  }
  return {};
}

fs::path model_file(const fs::path& model) {
  if (is_classical(model)) return model;
  if (!fs::exists(model)) {
    const fs::path shipped = shipped_file(model.string());
    return shipped.empty() ? released_file(model.string()) : shipped;
  }
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
