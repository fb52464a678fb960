// Decode and multi-crop on one thread, as bench/peers/multicrop.py does it.
#include "base/random.hpp"
#include "bench.hpp"
#include "data/source.hpp"
#include "image/decode.hpp"
#include "views/crops.hpp"

using namespace troodon;

int main(int argc, char** argv) {
  std::string images;
  views::AugmentConfig config;
  double seconds = 10;
  int rounds = 10;
  CLI::App app("Times multi-crop augmentation per core.");
  app.add_option("--images", images)->required(),
      app.add_option("--global-size", config.global_crops_size);
  app.add_option("--local-size", config.local_crops_size),
      app.add_option("--locals", config.local_crops_number);
  app.add_option("--seconds", seconds), app.add_option("--rounds", rounds);
  CLI11_PARSE(app, argc, argv);

  const data::Source source = data::open_source(images);
  const auto order = Random(0).permutation(static_cast<int64_t>(source.items.size()));
  std::vector<std::vector<float>> crops;
  std::vector<float*> outs;
  for (int crop = 0; crop < config.crops(); ++crop) {
    const int size = crop < 2 ? config.global_crops_size : config.local_crops_size;
    outs.push_back(crops.emplace_back(static_cast<size_t>(3) * size * size).data());
  }
  size_t done = 0;
  const auto next = [&] {
    const auto picture =
        image::read(source.items[static_cast<size_t>(order[done % order.size()])].path);
    Random random(mix(1, done++));
    if (picture) views::augment(*picture, config, random, outs.data());
  };
  next();
  std::vector<double> samples;
  for (int round = 0; round < rounds; ++round) {
    size_t count = 0;
    double spent = 0;
    while (spent < seconds / rounds) spent += bench::seconds_of(next), ++count;
    samples.push_back(static_cast<double>(count) / spent);
  }
  bench::print_samples("multi-crop augmentation", "images/s/core", samples);
}
