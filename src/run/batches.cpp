#include "run/batches.hpp"

#include <utility>

#include "base/random.hpp"
#include "data/images.hpp"
#include "data/loader.hpp"
#include "data/sampler.hpp"

namespace troodon::run {
namespace {

// Streams of random numbers that one seed feeds; each draw site has its own.
enum Stream : uint64_t { kOrder = 1, kMasks = 2, kCrops = 3, kReplacement = 4, kOther = 5 };

constexpr int kReplacements = 16;      // unreadable pictures in a row before the run gives up
constexpr double kBadFileLimit = 0.5;  // share of the data set that may be unreadable

/// A tensor over a vector's memory, which it keeps alive.
template <class T>
torch::Tensor adopt(std::vector<T>&& values, at::IntArrayRef shape, torch::ScalarType type) {
  auto owner = std::make_shared<std::vector<T>>(std::move(values));
  if (owner->empty()) return torch::empty(shape, type);
  return torch::from_blob(owner->data(), shape, [owner](void*) {}, type);
}

}  // namespace

views::AugmentConfig augment_config(const train::TrainConfig& config) {
  views::AugmentConfig out;
  out.global_crops_size = static_cast<int>(config.crops.global_crops_size);
  out.local_crops_size = static_cast<int>(config.crops.local_crops_size);
  out.local_crops_number = static_cast<int>(config.crops.local_crops_number);
  out.global_crops_scale = {config.crops.global_crops_scale.at(0),
                            config.crops.global_crops_scale.at(1)};
  out.local_crops_scale = {config.crops.local_crops_scale.at(0),
                           config.crops.local_crops_scale.at(1)};
  out.paper_blur = config.troodon.paper_blur;
  out.blur_sigma_max = config.troodon.blur_sigma_max;
  return out;
}

views::CopyConfig copy_config(const train::TrainConfig& config) {
  return {.size = static_cast<int>(config.crops.global_crops_size),
          .crops_scale = {config.copies.crops_scale.at(0), config.copies.crops_scale.at(1)},
          .mixed = config.copies.mixed};
}

views::CollateOptions collate_options(const train::TrainConfig& config) {
  const int64_t side = config.crops.global_crops_size / config.student.patch_size;
  views::CollateOptions out;
  out.mask = {.rows = side,
              .columns = side,
              .max_block = views::official_max_block(config.crops.global_crops_size,
                                                     config.student.patch_size)};
  out.ratio_min = config.ibot.mask_ratio_min_max.at(0);
  out.ratio_max = config.ibot.mask_ratio_min_max.at(1);
  out.probability = config.copies.learn ? 0 : config.ibot.mask_sample_probability;
  return out;
}

struct Batches::Work {
  /// One batch in plain memory, as the loader's threads fill it.
  struct Pixels {
    views::CropStack global, local;
    views::BatchMasks masks;
  };

  const train::TrainConfig config;
  const data::Source source;
  const views::AugmentConfig augment;
  const views::CopyConfig copies;
  const views::CollateOptions collate;
  const int64_t rank, world;
  data::Sampler sampler;
  data::ImageReader reader;
  data::BadFiles bad;
  std::unique_ptr<data::Loader<Pixels>> loader;  // last: its threads use the rest

  Work(const train::TrainConfig& c, data::Source s, const BatchesOptions& options)
      : config(c),
        source(std::move(s)),
        augment(augment_config(c)),
        copies(copy_config(c)),
        collate(collate_options(c)),
        rank(options.rank),
        world(options.world),
        sampler({.items = static_cast<int64_t>(source.items.size()), .seed = mix(seed(), kOrder)}),
        reader({.decode = {}, .cache_bytes = options.cache_bytes}),
        bad(options.strict ? data::BadFilePolicy::strict : data::BadFilePolicy::skip) {
    data::LoaderOptions loading{
        .threads = options.threads, .ahead = 3, .slots = static_cast<size_t>(batch_size())};
    loading.first_batch = static_cast<uint64_t>(options.first_step);
    loading.end_batch = static_cast<uint64_t>(options.last_step);
    loader = std::make_unique<data::Loader<Pixels>>(
        loading,
        [this](uint64_t number) { return begin(number); },
        [this](Pixels& pixels, uint64_t number, size_t slot) { fill(pixels, number, slot); });
  }

  uint64_t seed() const { return static_cast<uint64_t>(config.train.seed); }
  int64_t batch_size() const { return config.train.batch_size_per_gpu; }

  /// Masks of this rank's crops: its own draws, or its part of those of the whole batch.
  views::BatchMasks masks(uint64_t number) const {
    if (!config.troodon.batch_over_ranks || world == 1) {
      views::SeededDraws draws(rank == 0 ? mix(seed(), kMasks, number)
                                         : mix(seed(), kMasks, number, rank));
      return views::collate_masks(2 * batch_size(), collate, draws);
    }
    views::SeededDraws draws(mix(seed(), kMasks, number));
    const auto whole = views::collate_masks(2 * batch_size() * world, collate, draws);
    return views::part_of_pictures(
        whole, collate.mask.patches(), {.first = rank * batch_size(), .count = batch_size()});
  }

  Pixels begin(uint64_t number) const {
    Pixels out;
    out.global = views::CropStack(batch_size(), 2, config.crops.global_crops_size);
    out.local = views::CropStack(
        batch_size(), config.crops.local_crops_number, config.crops.local_crops_size);
    out.masks = masks(number);
    return out;
  }

  /// The picture of a place of the run; where it cannot be read, another one drawn in its place.
  image::Image picture(size_t index, uint64_t place) {
    for (int attempt = 0; attempt < kReplacements; ++attempt) {
      auto image = reader.read(source.items[index]);
      if (image) return *std::move(image);
      bad.add(data::place_of(source.items[index]), image.reason());
      bad.check(source.items.size(), kBadFileLimit);
      index = mix(seed(), kReplacement, place, attempt) % source.items.size();
    }
    fail(Exit::input,
         "{} pictures in a row could not be read; see the first: {}",
         kReplacements,
         bad.list().begin()->second);
  }

  void fill(Pixels& pixels, uint64_t number, size_t slot) {
    const uint64_t step_start = number * static_cast<uint64_t>(batch_size() * world);
    const uint64_t place = step_start + static_cast<uint64_t>(rank * batch_size()) + slot;
    const image::Image image = picture(static_cast<size_t>(sampler.at(place)), place);
    Random random(mix(seed(), kCrops, place));
    std::vector<float*> outs;
    for (int64_t crop = 0; crop < 2; ++crop)
      outs.push_back(pixels.global.at(static_cast<int64_t>(slot), crop));
    for (int64_t crop = 0; crop < pixels.local.count; ++crop)
      outs.push_back(pixels.local.at(static_cast<int64_t>(slot), crop));
    if (!config.copies.learn) return views::augment(image, augment, random, outs.data());
    // Of the whole source: of the batch, it would be a copy's negative and half its pixels at once.
    const image::Image other = picture(mix(seed(), kOther, place) % source.items.size(), place);
    views::copy_pair(image, other, copies, random, outs.data());
  }
};

Batches::Batches(const train::TrainConfig& config,
                 data::Source source,
                 const BatchesOptions& options)
    : work_(std::make_unique<Work>(config, std::move(source), options)) {}

Batches::~Batches() = default;

train::Batch Batches::next() {
  Work::Pixels pixels = work_->loader->next();
  const auto stack = [](views::CropStack& crops) {
    return adopt(
        std::move(crops.pixels), {crops.crops(), 3, crops.size, crops.size}, torch::kFloat);
  };
  const int64_t crops = pixels.global.crops();
  const int64_t masked = pixels.masks.masked();
  train::Batch out;
  out.global_crops = stack(pixels.global);
  out.local_crops = stack(pixels.local);
  out.masks =
      adopt(std::move(pixels.masks.masks), {crops, work_->collate.mask.patches()}, torch::kByte)
          .to(torch::kBool);
  out.mask_indices = adopt(std::move(pixels.masks.indices), {masked}, torch::kLong);
  out.masks_weight = adopt(std::move(pixels.masks.weights), {masked}, torch::kFloat);
  out.upperbound = pixels.masks.upperbound;
  return out;
}

double Batches::wait_seconds() const {
  return work_->loader->wait_seconds();
}
const data::BadFiles& Batches::bad_files() const {
  return work_->bad;
}

}  // namespace troodon::run
