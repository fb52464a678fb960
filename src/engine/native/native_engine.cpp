#include "engine/native_engine.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "engine/native/vit.hpp"

namespace troodon::engine {
namespace {

/// Pictures that go through the network together have it read once; with more rows than that their
/// numbers leave the second cache.
constexpr size_t kRowsTogether = 544;

class NativeEngine : public Engine {
 public:
  NativeEngine(Network network, const EngineOptions& options, std::function<Network()> again)
      : options_(options),
        again_(std::move(again)),
        vit_(weights_of(std::move(network), options)),
        team_(options.threads > 0 ? options.threads : core_count()),
        spaces_(team_.size()) {}

  void run(std::span<const image::Image> pictures, float* out) override {
    size_t tokens = 1;  // of the largest
    for (const image::Image& picture : pictures)
      tokens = std::max(tokens, start_of(picture).size() / static_cast<size_t>(vit_.dim));
    const size_t most = std::max<size_t>(1, kRowsTogether / tokens);
    const auto go = [&](const Run& run, Workspace& space, Team& team) {
      forward(vit_,
              options_,
              pictures.subspan(run.first, run.count),
              known_positions_.at(grid_of(pictures[run.first])),
              out + run.at,
              space,
              team);
    };
    const auto size = [&](const image::Image& picture) { return item_size(picture); };
    if (options_.single) {
      for (const Run& run : runs_of(pictures, most, size)) go(run, spaces_[0], team_);
      return;
    }
    // As many threads as there can be, then as many pictures together.
    const size_t each = std::clamp<size_t>(pictures.size() / team_.size(), 1, most);
    const std::vector<Run> runs = runs_of(pictures, each, size);
    team_.run(runs.size(),
              [&](size_t part, size_t worker) { go(runs[part], spaces_[worker], alone_); });
  }

  Fidelity calibrate(std::span<const image::Image> pictures) override {
    EngineOptions options = options_;
    if (options.precision == Precision::fp32) return {};
    options.precision = Precision::fp32;
    const size_t item = item_size(pictures[0]);
    std::vector<float> exact(pictures.size() * item), rough(exact.size());
    NativeEngine(again_(), options, nullptr).run(pictures, exact.data());
    run(pictures, rough.data());
    return compare_rows(exact, rough, item);
  }

  std::vector<int64_t> item_shape(int64_t height, int64_t width) const override {
    return engine::item_shape(options_, vit_.dim, height / vit_.patch * (width / vit_.patch));
  }

  std::string name() const override { return "Troodon " TROODON_VERSION " (AMX)"; }

 private:
  std::pair<int64_t, int64_t> grid_of(const image::Image& picture) const {
    return {picture.height / vit_.patch, picture.width / vit_.patch};
  }

  /// What the tokens of pictures of this shape start from.
  const std::vector<float>& start_of(const image::Image& picture) {
    const auto grid = grid_of(picture);
    std::vector<float>& out = known_positions_[grid];
    if (!out.empty()) return out;
    return out = token_positions(
               vit_.cls_token, vit_.register_tokens, vit_.positions(grid.first, grid.second));
  }

  size_t item_size(const image::Image& picture) const {
    return engine::item_size(
        options_, vit_.dim, picture.height / vit_.patch * (picture.width / vit_.patch));
  }

  EngineOptions options_;
  std::function<Network()> again_;
  VitWeights vit_;
  std::map<std::pair<int64_t, int64_t>, std::vector<float>> known_positions_;
  Team team_, alone_{1};
  std::vector<Workspace> spaces_;
};

}  // namespace

bool has_native() {
  return has_tiles();
}

std::unique_ptr<Engine> native_engine(Network network,
                                      const EngineOptions& options,
                                      std::function<Network()> again) {
  if (!has_native()) {
    fail(Exit::resource,
         "this CPU has no AMX tiles, which Troodon's own engine is made of; use another backend");
  }
  return std::make_unique<NativeEngine>(std::move(network), options, std::move(again));
}

}  // namespace troodon::engine
