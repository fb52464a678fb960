#include "evaluate/segment.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/random.hpp"
#include "evaluate/shown.hpp"
#include "evaluate/tensors.hpp"
#include "heads/head_file.hpp"
#include "heads/segment_head.hpp"

namespace troodon::evaluate {
namespace {

/// A mask at the resolution at which the head learns: [1, finer * rows, finer * columns], int64.
Tensor target_of(const datasets::MaskSet& set,
                 const datasets::MaskItem& item,
                 const frozen::Tokens& tokens) {
  const image::Image picture = picture_of(item.picture);
  const auto values = datasets::read_classes(set, item, picture.width, picture.height);
  const Tensor mask = torch::tensor(at::ArrayRef<int32_t>(values), torch::kLong)
                          .view({picture.height, picture.width});
  const auto places = [](int64_t count, int64_t pixels) {
    return ((torch::arange(count, torch::kDouble) + 0.5) / static_cast<double>(count) *
            static_cast<double>(pixels))
        .to(torch::kLong);
  };
  return mask.index_select(0, places(kTargetsPerPatch * tokens.rows, picture.height))
      .index_select(1, places(kTargetsPerPatch * tokens.columns, picture.width))
      .unsqueeze(0);
}

/// Training pictures as the head takes them, each read once.
class Lessons {
 public:
  Lessons(const datasets::MaskSet& set, frozen::DenseFeatures& dense)
      : set_(set), dense_(dense), targets_(set.items.size()) {}

  heads::SegmentBatch at(size_t i) {
    const frozen::Tokens tokens = dense_.of(set_.items[i].picture);
    if (!targets_[i].defined()) targets_[i] = target_of(set_, set_.items[i], tokens);
    return {maps_of(tokens), targets_[i]};
  }
  bool empty(size_t i) { return (at(i).target == datasets::kIgnored).all().item<bool>(); }

 private:
  const datasets::MaskSet& set_;
  frozen::DenseFeatures& dense_;
  std::vector<Tensor> targets_;
};

heads::SegmentHead train_head(const SegmentOptions& options,
                              const datasets::MaskSet& train,
                              frozen::DenseFeatures& dense) {
  Lessons lessons(train, dense);
  std::vector<size_t> useful;  // a picture without any class teaches nothing
  for (size_t i = 0; i < train.items.size(); ++i)
    if (!lessons.empty(i)) useful.push_back(i);
  if (useful.empty()) fail(Exit::input, "{}: no pixel has a class", train.description);
  heads::SegmentHead head = heads::make_segment_head(dense.dim(),
                                                     dense.layers(),
                                                     static_cast<int64_t>(train.classes.size()),
                                                     options.looking.seed);
  heads::SegmentOptions how{.training = heads::segment_training(options.iterations),
                            .average = heads::Average::judged_pixels,
                            .ignore = datasets::kIgnored};
  how.training.lr = options.lr;
  how.training.seed = options.looking.seed;
  Progress progress(
      "learning masks", static_cast<size_t>(options.iterations), options.looking.progress);
  heads::train_segment_head(
      head,
      [&](int64_t step) {
        Random random(mix(options.looking.seed, static_cast<uint64_t>(step)));
        return lessons.at(useful[random.integer(0, static_cast<int64_t>(useful.size()) - 1)]);
      },
      how,
      [&](const heads::TrainingStep& step) {
        progress.note(fmt::format("loss {:.3f}", step.loss));
        progress.advance();
      });
  return head;
}

std::vector<int32_t> classes_of(const heads::SegmentHead& head,
                                const frozen::Tokens& tokens,
                                const image::Image& picture) {
  const torch::InferenceMode guard;
  const Tensor said = heads::segment_classes(head, maps_of(tokens), {picture.height, picture.width})
                          .to(torch::kInt)
                          .contiguous();
  return {said.data_ptr<int32_t>(), said.data_ptr<int32_t>() + said.numel()};
}

void keep(const SegmentOptions& options,
          const datasets::MaskSet& train,
          const frozen::DenseFeatures& dense,
          const heads::SegmentHead& head,
          const metrics::SegmentationScores& scores) {
  if (options.head_file.empty()) return;
  heads::HeadCard card{
      .backbone = dense.description(),
      .backbone_hash = frozen::model_key(options.looking.model, options.looking.cache),
      .embed_dim = dense.dim(),
      .image_size = dense.size(),
      .patch_size = dense.patch_size(),
      .classes = train.classes,
      .data = train.description,
      .metrics = {{"miou", scores.miou}, {"pixel_accuracy", scores.aacc}}};
  heads::write_head(options.head_file, {head, card});
}

}  // namespace

std::pair<datasets::MaskSet, datasets::MaskSet> open_split_masks(const fs::path& folder) {
  if (datasets::has_splits(folder))
    return {datasets::open_masks(folder, "train"), datasets::open_masks(folder, "val")};
  const datasets::MaskSet all = datasets::open_masks(folder);
  std::pair<datasets::MaskSet, datasets::MaskSet> out{all, all};
  out.first.items.clear();
  out.second.items.clear();
  for (size_t i = 0; i < all.items.size(); ++i)
    (i % 5 == 4 ? out.second : out.first).items.push_back(all.items[i]);
  if (out.second.items.empty() && out.first.items.size() > 1) {
    out.second.items.push_back(out.first.items.back());
    out.first.items.pop_back();
  }
  if (out.first.items.empty() || out.second.items.empty())
    fail(Exit::input, "{}: too few pictures to learn from some and judge others", all.description);
  return out;
}

Segmented segment(const SegmentOptions& options,
                  const datasets::MaskSet& train,
                  const datasets::MaskSet& val) {
  frozen::DenseOptions how = dense_options(options.looking, options.layers, /*norm=*/true);
  frozen::DenseFeatures dense(how);
  dense.prepare(pictures_of(train));
  dense.prepare(pictures_of(val));
  Segmented out{.classes = train.classes, .interrupted = interrupted()};
  if (out.interrupted) return out;
  const heads::SegmentHead head = train_head(options, train, dense);
  const auto classes = static_cast<int64_t>(train.classes.size());
  metrics::PixelCounts counts(classes);
  for (size_t i = 0; i < val.items.size() && !interrupted(); ++i) {
    const auto& item = val.items[i];
    image::Image picture = picture_of(item.picture);
    auto truth = datasets::read_classes(train, item, picture.width, picture.height);
    auto said = classes_of(head, dense.of(item.picture), picture);
    metrics::PixelCounts own(classes);
    own.add(said, truth);
    counts.add(own);
    out.ids.push_back(item.picture.id);
    out.miou.push_back(own.scores().miou);
    if (is_shown(i, val.items.size(), options.shown))
      out.shown.push_back({item.picture.id,
                           out.miou.back(),
                           std::move(picture),
                           std::move(truth),
                           std::move(said)});
  }
  out.interrupted = interrupted();
  out.scores = counts.scores();
  keep(options, train, dense, head, out.scores);
  return out;
}

}  // namespace troodon::evaluate
