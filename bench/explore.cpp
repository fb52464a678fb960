// How faithful the map of a collection is, and how well clusters nobody counted agree with labels.
//   bench_explore FEATURES.safetensors      (with labels; bench/peers/explore.py is the other side)
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>

#include "base/error.hpp"
#include "explore/clusters.hpp"
#include "explore/map.hpp"
#include "index/features.hpp"

namespace {

using namespace troodon;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Mutual information of two partitions over the mean of their entropies.
double agreement(const std::vector<std::uint32_t>& a, const std::vector<std::int64_t>& b) {
  std::map<std::uint32_t, double> of_a;
  std::map<std::int64_t, double> of_b;
  std::map<std::pair<std::uint32_t, std::int64_t>, double> of_both;
  const double share = 1.0 / static_cast<double>(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    of_a[a[i]] += share;
    of_b[b[i]] += share;
    of_both[{a[i], b[i]}] += share;
  }
  double mutual = 0, entropies = 0;
  for (const auto& [pair, p] : of_both)
    mutual += p * std::log(p / of_a[pair.first] / of_b[pair.second]);
  for (const auto& [value, p] : of_a) entropies -= p * std::log(p);
  for (const auto& [value, p] : of_b) entropies -= p * std::log(p);
  return entropies > 0 ? 2 * mutual / entropies : 1;
}

void run(const fs::path& file) {
  index::Features features = index::read_features(file);
  index::normalize_rows(features.values, features.dim);
  const index::Matrix unit = features.matrix();
  auto start = std::chrono::steady_clock::now();
  const auto near = explore::neighbourhood(unit);
  const double searching = seconds_since(start);
  start = std::chrono::steady_clock::now();
  const auto places = explore::map(unit, near);
  std::printf("%lld rows of width %lld; neighbours %.2f s, map %.2f s\n",
              static_cast<long long>(unit.rows),
              static_cast<long long>(unit.dim),
              searching,
              seconds_since(start));
  std::printf("trustworthiness (12 neighbours): map %.4f, principal components %.4f\n",
              explore::trustworthiness(unit, places),
              explore::trustworthiness(unit, explore::pca_map(unit)));
  if (features.labels.empty()) return;
  const auto found = explore::clusters(unit, near);
  const auto classes = static_cast<std::int64_t>(features.classes.size());
  const auto counted = explore::clusters(unit, near, {}, {.count = classes});
  std::printf("agreement with labels (NMI): %zu communities %.4f, k-means with %lld %.4f\n",
              found.clusters.size(),
              agreement(found.cluster, features.labels),
              static_cast<long long>(classes),
              agreement(counted.cluster, features.labels));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: bench_explore FEATURES\n");
    return 2;
  }
  try {
    run(argv[1]);
  } catch (const Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 1;
  }
}
