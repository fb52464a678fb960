#include "frozen/dense.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/disk.hpp"
#include "base/error.hpp"
#include "base/hash.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/parallel.hpp"
#include "base/tensor_file.hpp"
#include "data/images.hpp"
#include "data/loader.hpp"
#include "frozen/cache.hpp"
#include "frozen/contents.hpp"
#include "infer/geometry.hpp"
#include "store/results.hpp"

namespace troodon::frozen {
namespace {

constexpr size_t kWindow = 32;  ///< pictures read together: those of one shape meet the network so
constexpr size_t kBatch = 4;

infer::EmbedOptions embed_options(const DenseOptions& options) {
  return {.device = options.device,
          .size = options.size,
          .output = infer::Output::blocks,
          .layers = options.layers,
          .blocks = options.blocks,
          .norm = options.norm,
          .backend = options.backend,
          .threads = options.threads};
}

std::string settings_of(const DenseOptions& options, const fs::path& cache) {
  return nlohmann::ordered_json{{"model", model_key(options.model, cache)},
                                {"computed_by", infer::computed_by(embed_options(options))},
                                {"blocks", options.blocks},
                                {"layers", options.layers},
                                {"norm", options.norm},
                                {"size", options.size},
                                {"grid", options.grid},
                                {"keep_aspect", options.keep_aspect}}
      .dump();
}

std::string checksum(const Tokens& tokens) {
  return store::hash_text(static_cast<int64_t>(xxh64(bytes_of(tokens.values))));
}

/// Throws Error if the file is not what write_tokens wrote.
Tokens read_tokens(const fs::path& path) {
  const TensorFile file(path);
  const TensorView& view = file.at("tokens");
  if (view.dtype != DType::f32 || view.shape.size() != 3)
    fail("{}: holds no tokens", path.string());
  Tokens out{.layers = view.shape[0], .dim = view.shape[2]};
  const auto grid = nlohmann::json::parse(file.metadata().at("grid"));
  out.rows = grid.at(0), out.columns = grid.at(1);
  const auto values = view.as<float>();
  out.values.assign(values.begin(), values.end());
  if (view.shape[1] != out.tokens() || file.metadata().at("checksum") != checksum(out))
    fail("{}: this cache file is damaged", path.string());
  return out;
}

void write_tokens(const fs::path& path, const Tokens& tokens) {
  const TensorView view{
      "tokens", DType::f32, {tokens.layers, tokens.tokens(), tokens.dim}, bytes_of(tokens.values)};
  write_safetensors(path,
                    std::vector{view},
                    {{"grid", fmt::format("[{},{}]", tokens.rows, tokens.columns)},
                     {"checksum", checksum(tokens)}});
}

/// A picture on its way to the network.
struct Pending {
  int64_t content = 0;
  std::optional<image::Image> picture;  ///< none: unreadable
};

}  // namespace

struct DenseFeatures::Body {
  /// What is worth knowing of the network when nothing has to be computed.
  struct Network {
    int64_t patch = 0, dim = 0, depth = 0, layers = 0, size = 0;
    std::string description;

    NLOHMANN_DEFINE_TYPE_INTRUSIVE(Network, patch, dim, depth, layers, size, description)
  };

  DenseOptions options;
  fs::path cache, folder;
  Contents contents;
  Network network;  // known from the start: read by any thread
  std::optional<infer::Embedder> embedder;
  std::mutex computing;  // the embedder is not reentrant

  explicit Body(const DenseOptions& o)
      : options(o), cache(o.cache.empty() ? cache_folder() : o.cache), contents(cache) {
    const std::string settings = settings_of(options, cache);
    const auto key = static_cast<int64_t>(xxh64(std::as_bytes(std::span(settings))));
    folder = cache / "tokens" / store::hash_text(key);
    try {
      network = nlohmann::json::parse(read_text(folder / "network.json")).get<Network>();
    } catch (const std::exception&) {
      describe();
    }
  }

  infer::Embedder& open() {
    if (!embedder) embedder.emplace(options.model, embed_options(options));
    return *embedder;
  }

  void describe() {
    const infer::Embedder& opened = open();
    const auto shape = opened.item_shape();
    network = {.patch = opened.patch_size(),
               .dim = shape.back(),
               .depth = opened.depth(),
               .layers = shape[0],
               .size = options.size == 0 && options.grid > 0 ? options.grid * opened.patch_size()
                                                             : opened.size(),
               .description = opened.description()};
    write_atomically(folder / "network.json", nlohmann::json(network).dump() + "\n");
  }

  fs::path file_of(int64_t content) const {
    const std::string name = store::hash_text(content);
    return folder / name.substr(0, 2) / (name + ".safetensors");
  }

  image::Image prepared(const image::Image& picture) const {
    const infer::Geometry geometry{
        .resize = options.keep_aspect ? infer::Resize::fit : infer::Resize::stretch,
        .size = static_cast<int>(network.size),
        .patch = static_cast<int>(network.patch)};
    return infer::prepare(picture, geometry).take(0);
  }

  /// Of pictures of one shape.
  std::vector<Tokens> look(std::span<const image::Image> pictures) {
    const std::lock_guard lock(computing);
    const std::vector<float> all = open().embed(pictures);
    const size_t each = all.size() / pictures.size();
    std::vector<Tokens> out;
    for (size_t i = 0; i < pictures.size(); ++i) {
      const auto values = std::span(all).subspan(i * each, each);
      out.push_back({.layers = network.layers,
                     .rows = pictures[0].height / network.patch,
                     .columns = pictures[0].width / network.patch,
                     .dim = network.dim,
                     .values = {values.begin(), values.end()}});
    }
    return out;
  }

  /// The first item of each content that has no file.
  std::vector<std::pair<data::Item, int64_t>> missing(std::span<const data::Item> items) {
    const auto found = contents_of(items, contents, options.threads, options.progress);
    std::map<int64_t, size_t> first;
    for (size_t i = 0; i < items.size(); ++i) {
      if (found[i]) first.try_emplace(*found[i], i);
    }
    std::vector<std::pair<data::Item, int64_t>> out;
    for (size_t i = 0; i < items.size(); ++i) {
      if (found[i] && first.at(*found[i]) == i && !fs::exists(file_of(*found[i])))
        out.emplace_back(items[i], *found[i]);
    }
    return out;
  }

  /// Returns how many the network saw.
  int64_t finish(std::vector<Pending> window) {
    std::map<std::pair<int, int>, std::vector<Pending*>> by_shape;
    for (auto& one : window) {
      if (one.picture) by_shape[{one.picture->height, one.picture->width}].push_back(&one);
    }
    int64_t seen = 0;
    for (const auto& [shape, group] : by_shape) {
      for (size_t from = 0; from < group.size(); from += kBatch) {
        const auto batch = std::span(group).subspan(from, std::min(kBatch, group.size() - from));
        std::vector<image::Image> pictures;
        for (Pending* one : batch) pictures.push_back(std::move(*one->picture));
        const std::vector<Tokens> tokens = look(pictures);
        parallel_for(
            batch.size(),
            [&](size_t i) { write_tokens(file_of(batch[i]->content), tokens[i]); },
            options.threads);
        seen += static_cast<int64_t>(batch.size());
      }
    }
    return seen;
  }

  void check_space(size_t pictures) const {
    const int64_t side = network.size / network.patch;
    const auto bytes = static_cast<uint64_t>(network.layers * side * side * network.dim) *
                       sizeof(float) * pictures;
    check_free_space(folder,
                     bytes,
                     fmt::format("{}: tokens of {} pictures need about {}; --cache names another "
                                 "place",
                                 folder.string(),
                                 pictures,
                                 size_text(bytes)));
  }
};

DenseFeatures::DenseFeatures(const DenseOptions& options)
    : body_(std::make_unique<Body>(options)) {}
DenseFeatures::~DenseFeatures() = default;
DenseFeatures::DenseFeatures(DenseFeatures&&) noexcept = default;

int64_t DenseFeatures::prepare(std::span<const data::Item> items) {
  Body& body = *body_;
  const auto missing = body.missing(items);
  if (missing.empty() || interrupted()) return 0;
  {
    const std::lock_guard lock(body.computing);
    body.open();
  }
  body.check_space(missing.size());
  const size_t windows = (missing.size() + kWindow - 1) / kWindow;
  data::Loader<std::vector<Pending>> reading(
      {.threads = body.options.threads, .slots = kWindow, .end_batch = windows},
      [](uint64_t) { return std::vector<Pending>(kWindow); },
      [&](std::vector<Pending>& window, uint64_t number, size_t slot) {
        const size_t i = number * kWindow + slot;
        if (i >= missing.size()) return;
        window[slot].content = missing[i].second;
        if (const auto picture = data::read_picture(missing[i].first))
          window[slot].picture = body.prepared(*picture);
      });
  Progress progress("tokens", missing.size(), body.options.progress);
  int64_t seen = 0;
  for (size_t i = 0; i < windows && !interrupted(); ++i) {
    seen += body.finish(reading.next());
    progress.advance(std::min(kWindow, missing.size() - i * kWindow));
  }
  return seen;
}

Tokens DenseFeatures::of(const data::Item& item) {
  Body& body = *body_;
  const auto content = body.contents.of(item);
  if (!content) fail(Exit::input, "{}", content.reason());
  const fs::path file = body.file_of(*content);
  if (fs::exists(file)) {
    try {
      return read_tokens(file);
    } catch (const std::exception& error) {
      log_warning("{}; it is computed anew", error.what());
    }
  }
  const auto picture = data::read_picture(item);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  Tokens out = compute(*picture);
  write_tokens(file, out);
  return out;
}

Tokens DenseFeatures::compute(const image::Image& picture) {
  const image::Image seen = body_->prepared(picture);
  return body_->look({&seen, 1})[0];
}

int64_t DenseFeatures::patch_size() const {
  return body_->network.patch;
}
int64_t DenseFeatures::dim() const {
  return body_->network.dim;
}
int64_t DenseFeatures::depth() const {
  return body_->network.depth;
}
int64_t DenseFeatures::layers() const {
  return body_->network.layers;
}
int64_t DenseFeatures::size() const {
  return body_->network.size;
}
std::string DenseFeatures::description() const {
  return body_->network.description;
}

}  // namespace troodon::frozen
