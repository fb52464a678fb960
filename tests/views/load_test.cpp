#include <gtest/gtest.h>

#include "base/hash.hpp"
#include "data/bad_files.hpp"
#include "data/folder.hpp"
#include "data/images.hpp"
#include "data/loader.hpp"
#include "data/sampler.hpp"
#include "views/crops.hpp"

namespace troodon::views {
namespace {

constexpr size_t kBatch = 8;
constexpr uintmax_t kLargestFile = 200'000;

/// Odd and broken pictures of every format, the small ones.
std::vector<data::Item> odd_pictures() {
  std::vector<data::Item> out;
  for (const char* folder : {"formats", "corrupt"}) {
    for (const auto& entry : fs::recursive_directory_iterator(data::shared_data(folder))) {
      if (entry.is_regular_file() && entry.file_size() < kLargestFile)
        out.push_back({.path = entry.path().string(), .id = entry.path().filename().string()});
    }
  }
  std::ranges::sort(out, {}, &data::Item::path);
  return out;
}

struct Loaded {
  std::vector<uint64_t> crops;             ///< a hash for each place; 0: unreadable
  std::map<std::string, std::string> bad;  ///< path -> reason
};

/// Decodes and augments the first `batches` batches of a shuffled pass.
Loaded load(const std::vector<data::Item>& items, size_t threads, size_t batches) {
  using Hashes = std::vector<uint64_t>;
  const AugmentConfig config{
      .global_crops_size = 32, .local_crops_size = 16, .local_crops_number = 2};
  data::Sampler sampler({.items = static_cast<int64_t>(items.size()), .seed = 3});
  data::ImageReader reader({.decode = {.max_pixels = 4 << 20}, .cache_bytes = 1 << 20});
  data::BadFiles bad;
  const auto fill = [&](Hashes& hashes, uint64_t number, size_t slot) {
    const uint64_t place = number * kBatch + slot;
    const data::Item& item = items[static_cast<size_t>(sampler.at(place))];
    const auto picture = reader.read(item);
    if (!picture) return bad.add(item.path, picture.reason());
    std::vector<float> pixels(2 * 3 * 32 * 32 + 2 * 3 * 16 * 16);
    float* const global = pixels.data();
    float* const local = global + 2 * 3 * 32 * 32;
    float* const outs[] = {global, global + 3 * 32 * 32, local, local + 3 * 16 * 16};
    Random random(mix(5, place));
    augment(*picture, config, random, outs);
    hashes[slot] = xxh64(std::as_bytes(std::span(pixels)));
  };
  Loaded out;
  data::Loader<Hashes> loader(
      {.threads = threads, .ahead = 4, .slots = kBatch},
      [](uint64_t) { return Hashes(kBatch); },
      fill);
  for (size_t i = 0; i < batches; ++i) {
    const Hashes hashes = loader.next();
    out.crops.insert(out.crops.end(), hashes.begin(), hashes.end());
  }
  out.bad = bad.list();
  return out;  // the loader, endless, is stopped at work
}

TEST(LoaderUnderLoad, OddPicturesGiveTheSameCropsForAnyNumberOfThreads) {
  if (data::shared_data("formats").empty()) GTEST_SKIP() << "skipped: no shared data";
  const auto items = odd_pictures();
  const size_t pass = (items.size() + kBatch - 1) / kBatch;
  const Loaded one = load(items, 1, pass), many = load(items, 8, pass);
  EXPECT_EQ(many.crops, one.crops);
  EXPECT_GT(std::ranges::count_if(one.crops, [](uint64_t hash) { return hash != 0; }), 100);
  EXPECT_GT(one.bad.size(), 10U);
  for (const auto& [path, reason] : one.bad) {  // loaders read ahead: each may know of more
    if (many.bad.contains(path)) {
      EXPECT_EQ(many.bad.at(path), reason);
    }
  }
}

}  // namespace
}  // namespace troodon::views
