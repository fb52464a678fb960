#include "recipe/cost.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/parallel.hpp"
#include "base/random.hpp"
#include "curate/graph.hpp"
#include "data/images.hpp"
#include "data/source.hpp"
#include "fingerprint/copies.hpp"
#include "infer/embedder.hpp"
#include "stages/cluster.hpp"
#include "stages/look.hpp"
#include "store/feature_file.hpp"

namespace troodon::recipe {
namespace {

constexpr double kPathBytes = 120;    // of a name in memory
constexpr double kLookBytes = 2200;   // of a fingerprint and quality
constexpr double kExactRows = 200e3;  // as stages::Search::automatic
constexpr double kCloserLooks = 2.5;  // pairs of real pictures cost so much more than of chance
constexpr double kEdgesEach = 4;  // a picture's neighbours above a threshold, in a heap of copies

template <class Body>
double seconds_of(const Body& body) {
  const auto start = std::chrono::steady_clock::now();
  body();
  return std::max(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(),
                  1e-6);
}

double measure_embedding(const Recipe& recipe, const data::Source& sample, int64_t& dim) {
  infer::Embedder embedder(recipe.model);
  dim = embedder.item_shape().back();
  std::vector<image::Image> pictures;
  for (const data::Item& item : sample.items) {
    if (const auto picture = data::read_picture(item))
      pictures.push_back(embedder.prepare(*picture));
  }
  if (pictures.empty()) return 0;
  embedder.embed(std::span(pictures).first(1));
  const double seconds = seconds_of([&] {
    for (size_t at = 0; at < pictures.size(); at += 8)
      embedder.embed(std::span(pictures).subspan(at, std::min<size_t>(8, pictures.size() - at)));
  });
  return static_cast<double>(pictures.size()) / seconds;
}

double measure_products(int64_t dim, size_t threads) {
  constexpr int64_t kRows = 4096;
  Random random(1);
  std::vector<float> values(static_cast<size_t>(kRows * dim));
  for (float& value : values) value = static_cast<float>(random.normal());
  const double seconds = seconds_of([&] {
    curate::exact_graph(index::rows_of({values.data(), kRows, dim}),
                        {.threshold = 0.99, .threads = threads});
  });
  return 0.5 * kRows * kRows * static_cast<double>(dim) / seconds;
}

double measure_comparing(const std::vector<stages::Look>& looks, size_t threads) {
  constexpr size_t kPrints = 3000;
  std::vector<fingerprint::Fingerprint> prints;
  for (size_t i = 0; prints.size() < kPrints && !looks.empty(); ++i) {
    if (i >= looks.size() && prints.empty()) return 0;
    const auto& look = looks[i % looks.size()];
    if (!look.reason.empty()) continue;
    prints.push_back(look.print);
    // Copies would all be looked at closely; these are of nobody.
    for (auto& hash : prints.back().windows) hash = mix(i, hash);
  }
  const double seconds = seconds_of([&] { find_copies(prints, {.threads = threads}); });
  return 0.5 * static_cast<double>(prints.size()) * static_cast<double>(prints.size()) / seconds;
}

/// The value of an option among a command's words.
std::string value_of(const Command& command, const std::string& option) {
  const auto found = std::ranges::find(command.words, option);
  return found == command.words.end() || found + 1 == command.words.end() ? "" : found[1];
}

double number_of(const Command& command, const std::string& option, double otherwise) {
  const std::string text = value_of(command, option);
  return text.empty() ? otherwise : std::stod(text);
}

std::vector<int64_t> numbers_of(const Command& command, const std::string& option) {
  std::vector<int64_t> out;
  std::string text = value_of(command, option);
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find(',', at), text.size());
    out.push_back(std::stoll(text.substr(at, end - at)));
    at = end + 1;
  }
  return out;
}

Cost embed_cost(const Rates& rates, double n) {
  const double each =
      (rates.embed > 0 ? 1 / rates.embed : 0) + (rates.look > 0 ? 1 / rates.look : 0);
  const double disk = n * (4.0 * static_cast<double>(rates.dim) + 100 + kLookBytes);
  return {.seconds = n * each,
          .memory = static_cast<uint64_t>(1e9 + n * 2 * kPathBytes),
          .disk = static_cast<uint64_t>(2 * disk)};  // parts beside the result
}

/// Multiply-adds of the neighbour graph.
double graph_work(double n, double dim) {
  if (n <= kExactRows) return 0.5 * n * n * dim;
  const double lists = 4 * std::sqrt(n);
  const double learning = 10 * std::min(n, 256 * lists) * lists * dim;
  return learning + n * lists * dim + 8 * n * (n / lists) * dim;
}

Cost graph_cost(const Command& command, const Rates& rates, double n) {
  const auto dim = static_cast<double>(rates.dim);
  Cost out;
  if (dim > 0) out.seconds = graph_work(n, dim) / rates.multiply_adds;
  const bool prints = std::ranges::find(command.words, "--pictures") != command.words.end() &&
                      std::ranges::find(command.words, "--no-fingerprints") == command.words.end();
  if (prints && rates.compare > 0) out.seconds += kCloserLooks * 0.5 * n * n / rates.compare;
  const double vectors = std::min(n * dim * 4, 1e9);
  const double buckets = n > kExactRows ? 9 * 4 * n : 0;
  out.memory =
      static_cast<uint64_t>(3e8 + vectors + buckets +
                            n * (kPathBytes + 24 + kEdgesEach * 12 + (prints ? kLookBytes : 0)));
  out.disk = static_cast<uint64_t>(n * (kPathBytes + kEdgesEach * 24));
  return out;
}

Cost cluster_cost(const Command& command, const Rates& rates, double n) {
  const stages::ClusterOptions options{.clusters = numbers_of(command, "--clusters"),
                                       .resample = numbers_of(command, "--resample")};
  const double rounds = number_of(command, "--rounds", 0);
  const double iterations = number_of(command, "--iterations", 50);
  const auto dim = static_cast<double>(rates.dim);
  double points = n, work = 0, centroids = 0;
  for (const auto& level : stages::levels_of(options, static_cast<int64_t>(n))) {
    const auto k = static_cast<double>(level.clusters);
    const double sample = std::min({points, 256 * k, 1e9 / (4 * dim)});
    const double seeding = (2 + std::log(k)) * k * sample * dim;
    const double again =
        rounds * (seeding +
                  iterations * std::min(points, k * static_cast<double>(level.resample)) * k * dim +
                  points * k * dim);
    work += seeding + (iterations + 1) * points * k * dim + (level.resample > 1 ? again : 0);
    centroids += k * dim;
    points = k;
  }
  return {.seconds = work / rates.multiply_adds,
          .memory = static_cast<uint64_t>(3e8 + std::min(n * dim * 4, 1e9) + 24 * centroids +
                                          n * (kPathBytes + 24)),
          .disk = static_cast<uint64_t>(24 * n + 8 * centroids)};
}

}  // namespace

Rates measure_rates(const Recipe& recipe, int64_t sample, size_t threads) {
  data::Source source = data::open_source(recipe.pictures);
  Rates out;
  std::vector<data::Item> some;
  const auto all = out.pictures = static_cast<int64_t>(source.items.size());
  const int64_t step = std::max<int64_t>(all / std::max<int64_t>(sample, 1), 1);
  for (int64_t i = 0; i < all && static_cast<int64_t>(some.size()) < sample; i += step)
    some.push_back(source.items[static_cast<size_t>(i)]);
  source.items = std::move(some);
  std::vector<stages::Look> looks;
  const double seconds = seconds_of([&] { looks = stages::look_at(source, {.threads = threads}); });
  out.look = static_cast<double>(looks.size()) / seconds;
  for (const auto& look : looks)
    out.picture_bytes +=
        static_cast<double>(look.content.bytes) / static_cast<double>(looks.size());
  out.compare = measure_comparing(looks, threads);
  if (!recipe.features.empty()) out.dim = store::open_features(recipe.features).layout.item[0];
  if (!recipe.model.empty()) out.embed = measure_embedding(recipe, source, out.dim);
  if (out.dim > 0) out.multiply_adds = measure_products(out.dim, threads);
  return out;
}

Cost cost_of(const Command& command, const Rates& rates, int64_t pictures, int64_t ranks) {
  const auto n = static_cast<double>(pictures);
  Cost out;
  if (command.stage == "embed") {
    const bool pool = value_of(command, "--looks").ends_with("pool.looks");
    out = pool ? embed_cost(rates, n) : Cost{.memory = 1'000'000'000};
  } else if (command.stage == "sift") {
    const bool seen = command.sources.empty();
    out = {.seconds = seen ? n * 2e-5 : n / rates.look,
           .memory = static_cast<uint64_t>(2e8 + n * (kPathBytes + sizeof(stages::Look))),
           .disk = static_cast<uint64_t>(n * kPathBytes)};
  } else if (command.stage == "dedup" || command.stage == "match") {
    out = graph_cost(command, rates, n);
  } else if (command.stage == "cluster") {
    out = cluster_cost(command, rates, n);
  } else if (command.stage == "export") {
    const bool shards = std::ranges::find(command.words, "--shards") != command.words.end();
    out = {.seconds = n * (shards ? rates.picture_bytes / 2e8 : 2e-5),
           .memory = static_cast<uint64_t>(2e8 + n * kPathBytes),
           .disk = static_cast<uint64_t>(n * (shards ? rates.picture_bytes + 1024 : 200))};
  } else {
    out = {.seconds = n * 5e-6,
           .memory = static_cast<uint64_t>(2e8 + n * kPathBytes),
           .disk = static_cast<uint64_t>(n * kPathBytes)};
  }
  out.seconds /= static_cast<double>(ranks);
  return out;
}

}  // namespace troodon::recipe
