#include "evaluate/depth.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "evaluate/shown.hpp"
#include "evaluate/tensors.hpp"
#include "heads/depth_head.hpp"
#include "heads/head_file.hpp"

namespace troodon::evaluate {
namespace {

/// Depth at the resolution at which the head learns, the mean of what was measured in each cell:
/// [1, 1, finer * rows, finer * columns], 0 where nothing was. Sparse depth keeps all its points.
Tensor target_of(const datasets::DepthItem& item, const frozen::Tokens& tokens) {
  const image::Image picture = picture_of(item.picture);
  const auto metres = datasets::read_depth(item, picture.width, picture.height);
  const int64_t rows = kTargetsPerPatch * tokens.rows, columns = kTargetsPerPatch * tokens.columns;
  std::vector<double> sum(static_cast<size_t>(rows * columns)), seen(sum.size());
  for (int64_t y = 0; y < picture.height; ++y) {
    for (int64_t x = 0; x < picture.width; ++x) {
      const double value = metres[static_cast<size_t>(y * picture.width + x)];
      if (value <= 0) continue;
      const auto cell =
          static_cast<size_t>(y * rows / picture.height * columns + x * columns / picture.width);
      sum[cell] += value;
      seen[cell] += 1;
    }
  }
  for (size_t i = 0; i < sum.size(); ++i) sum[i] /= std::max(seen[i], 1.0);
  return torch::tensor(at::ArrayRef<double>(sum), torch::kFloat).view({1, 1, rows, columns});
}

heads::DepthHead fresh_head(const DepthOptions& options, const frozen::DenseFeatures& dense) {
  heads::DepthHead head{.embed_dim = dense.dim(),
                        .layers = dense.layers(),
                        .range = {options.judged.range.min, options.judged.range.max},
                        .bins = options.bins};
  if (options.decoder == DepthDecoder::dpt) {
    head.kind = heads::DepthKind::dpt;
    head.channels = std::min<int64_t>(256, dense.dim());
  }
  return heads::make_depth_head(head, options.looking.seed);
}

heads::DepthHead train_head(const DepthOptions& options,
                            const datasets::DepthSet& train,
                            frozen::DenseFeatures& dense) {
  heads::DepthHead head = fresh_head(options, dense);
  std::vector<Tensor> targets(train.items.size());
  heads::DepthOptions how{.training = heads::depth_training(options.iterations)};
  how.training.lr = options.lr;
  how.training.seed = options.looking.seed;
  how.losses.max_depth = options.judged.range.max;
  how.losses.axes =
      options.official_gradient ? heads::GradientAxes::official : heads::GradientAxes::spatial;
  Progress progress(
      "learning depth", static_cast<size_t>(options.iterations), options.looking.progress);
  heads::train_depth_head(
      head,
      [&](int64_t step) {
        Random random(mix(options.looking.seed, static_cast<uint64_t>(step)));
        const auto i =
            static_cast<size_t>(random.integer(0, static_cast<int64_t>(targets.size()) - 1));
        const frozen::Tokens tokens = dense.of(train.items[i].picture);
        if (!targets[i].defined()) targets[i] = target_of(train.items[i], tokens);
        return heads::DepthBatch{layers_of(tokens), targets[i]};
      },
      how,
      [&](const heads::TrainingStep& step) {
        progress.note(fmt::format("loss {:.3f}", step.loss));
        progress.advance();
      });
  return head;
}

std::vector<double> metres_of(const heads::DepthHead& head,
                              const frozen::Tokens& tokens,
                              const image::Image& picture) {
  const torch::InferenceMode guard;
  const auto said =
      floats_of(heads::predict_depth(head, layers_of(tokens), {picture.height, picture.width}));
  return {said.begin(), said.end()};
}

void keep(const DepthOptions& options,
          const datasets::DepthSet& train,
          const frozen::DenseFeatures& dense,
          const heads::DepthHead& head,
          const metrics::DepthScores& scores) {
  if (options.head_file.empty()) return;
  heads::HeadCard card{
      .backbone = dense.description(),
      .backbone_hash = frozen::model_key(options.looking.model, options.looking.cache),
      .embed_dim = dense.dim(),
      .blocks = heads::depth_blocks(dense.depth(), head.layers),
      .norm = false,
      .image_size = dense.size(),
      .patch_size = dense.patch_size(),
      .data = train.description,
      .metrics = {{"rmse", scores.rmse}, {"abs_rel", scores.abs_rel}, {"a1", scores.a1}},
      .unit = options.relative ? "relative" : "metres"};
  heads::write_head(options.head_file, {head, card});
}

/// The tokens that the decoder looks at; which blocks those are depends on the network's depth.
frozen::DenseFeatures features_for(const DepthOptions& options) {
  const int64_t layers = options.decoder == DepthDecoder::linear1 ? 1 : 4;
  frozen::DenseOptions how = dense_options(options.looking, layers, /*norm=*/false);
  const int64_t depth = frozen::DenseFeatures(how).depth();
  if (options.decoder == DepthDecoder::dpt && depth < 4)
    fail(Exit::usage, "DPT looks at four blocks, and this network has {}; use linear", depth);
  how.blocks = heads::depth_blocks(depth, depth < layers ? 1 : layers);
  return frozen::DenseFeatures(how);
}

}  // namespace

Depths depth(const DepthOptions& options,
             const datasets::DepthSet& train,
             const datasets::DepthSet& val) {
  frozen::DenseFeatures dense = features_for(options);
  dense.prepare(pictures_of(train));
  dense.prepare(pictures_of(val));
  Depths out{.interrupted = interrupted()};
  if (out.interrupted) return out;
  const heads::DepthHead head = train_head(options, train, dense);
  std::vector<metrics::DepthScores> scores;
  for (size_t i = 0; i < val.items.size() && !interrupted(); ++i) {
    const auto& item = val.items[i];
    image::Image picture = picture_of(item.picture);
    auto truth = datasets::read_depth(item, picture.width, picture.height);
    auto said = metres_of(head, dense.of(item.picture), picture);
    scores.push_back(
        metrics::depth_scores(said, truth, picture.height, picture.width, options.judged));
    out.ids.push_back(item.picture.id);
    out.rmse.push_back(scores.back().rmse);
    if (is_shown(i, val.items.size(), options.shown))
      out.shown.push_back({item.picture.id,
                           scores.back().rmse,
                           std::move(picture),
                           std::move(truth),
                           std::move(said)});
  }
  out.interrupted = interrupted();
  out.scores = metrics::mean_of(scores);
  keep(options, train, dense, head, out.scores);
  return out;
}

}  // namespace troodon::evaluate
