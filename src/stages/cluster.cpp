#include "stages/cluster.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/tensor_file.hpp"

namespace troodon::stages {
namespace {

constexpr const char* kPool = "pool";

std::string name_of(size_t level, const char* what) {
  return fmt::format("level.{}.{}", level + 1, what);
}

template <class T>
std::vector<T> values_of(const TensorFile& file, size_t level, const char* what) {
  const auto values = file.at(name_of(level, what)).as<T>();
  return {values.begin(), values.end()};
}

curate::Level read_level(const TensorFile& file, size_t level) {
  const TensorView& centroids = file.at(name_of(level, "centroids"));
  if (centroids.shape.size() != 2) fail("{} is no table", centroids.name);
  curate::Level out;
  out.fit.clusters = centroids.shape[0], out.fit.dim = centroids.shape[1];
  out.fit.centroids = values_of<float>(file, level, "centroids");
  const auto cluster = values_of<int64_t>(file, level, "cluster");
  out.fit.cluster.assign(cluster.begin(), cluster.end());
  out.fit.distance = values_of<float>(file, level, "distance");
  out.points = values_of<int64_t>(file, level, "points");
  out.fit.sizes.assign(static_cast<size_t>(out.fit.clusters), 0);
  for (const uint32_t c : out.fit.cluster) {
    if (c >= out.fit.clusters)
      fail("{} says cluster {} of {}", name_of(level, "cluster"), c, out.fit.clusters);
    ++out.fit.sizes[c];
  }
  return out;
}

/// All that the result depends on but the pool.
std::string text_of(const curate::HierarchyOptions& options) {
  std::string out = fmt::format("rounds {} iterations {} seed {} memory {} metric {} levels",
                                options.rounds,
                                options.iterations,
                                options.seed,
                                options.memory_bytes,
                                static_cast<int>(options.metric));
  for (const auto& level : options.levels)
    out += fmt::format(" {}/{}", level.clusters, level.resample);
  return out + '\n';
}

}  // namespace

std::vector<int64_t> default_clusters(int64_t pictures) {
  std::vector<int64_t> out{std::max<int64_t>(pictures / 75, 2)};
  for (const int64_t fewer : {20, 10, 5}) {
    if (out.back() / fewer < 10) break;
    out.push_back(out.back() / fewer);
  }
  return out;
}

std::vector<curate::LevelOptions> levels_of(const ClusterOptions& options, int64_t pictures) {
  const auto clusters = options.clusters.empty() ? default_clusters(pictures) : options.clusters;
  if (options.resample.size() > clusters.size())
    fail(Exit::usage,
         "--resample names {} levels, --clusters {}",
         options.resample.size(),
         clusters.size());
  std::vector<curate::LevelOptions> out;
  int64_t points = pictures;
  for (size_t i = 0; i < clusters.size(); ++i) {
    const int64_t half = std::max<int64_t>(points / clusters[i] / 2, 2);
    const int64_t given = i < options.resample.size() ? options.resample[i] : 0;
    out.push_back({clusters[i], options.resample.empty() ? half : given});
    points = clusters[i];
  }
  return out;
}

curate::Hierarchy cluster(const ClusterOptions& options) {
  if (options.out.extension() != ".safetensors")
    fail(Exit::usage, "{}: clusters are kept as .safetensors", options.out.string());
  const Pool pool = open_pool(options.features, options.only);
  curate::HierarchyOptions how = options.hierarchy;
  how.levels = levels_of(options, pool.size());
  how.threads = options.running.threads;
  const Work work = begin_work(options.out,
                               "cluster " + text_of(how) + signature(pool),
                               {options.features},
                               options.running);
  curate::Hierarchy hierarchy = curate::build_hierarchy(index::unit(pool.rows), how, work);
  if (options.running.first()) write_hierarchy(options.out, hierarchy, pool);
  work.finish();
  return hierarchy;
}

void write_hierarchy(const fs::path& file, const curate::Hierarchy& hierarchy, const Pool& pool) {
  std::vector<std::vector<int64_t>> clusters;  // that views look at
  for (const auto& level : hierarchy.levels)
    clusters.emplace_back(level.fit.cluster.begin(), level.fit.cluster.end());
  std::vector<TensorView> tensors;
  for (size_t i = 0; i < hierarchy.levels.size(); ++i) {
    const auto& [fit, points] = hierarchy.levels[i];
    const auto n = static_cast<int64_t>(fit.cluster.size());
    tensors.push_back(
        {name_of(i, "centroids"), DType::f32, {fit.clusters, fit.dim}, bytes_of(fit.centroids)});
    tensors.push_back({name_of(i, "cluster"), DType::i64, {n}, bytes_of(clusters[i])});
    tensors.push_back({name_of(i, "distance"), DType::f32, {n}, bytes_of(fit.distance)});
    tensors.push_back({name_of(i, "points"), DType::i64, {fit.clusters}, bytes_of(points)});
  }
  write_safetensors(
      file,
      tensors,
      {{"levels", std::to_string(hierarchy.levels.size())}, {kPool, signature(pool)}});
}

curate::Hierarchy read_hierarchy(const fs::path& path, const Pool& pool) {
  const TensorFile file(path);
  const auto said = file.metadata().find(kPool);
  if (said == file.metadata().end())
    fail(Exit::input, "{}: no clusters of `troodon curate cluster`", path.string());
  if (said->second != signature(pool))
    fail(Exit::input,
         "{}: its clusters are of other pictures than these; give the same features and --only",
         path.string());
  curate::Hierarchy out;
  while (file.find(name_of(out.levels.size(), "centroids")) != nullptr)
    out.levels.push_back(read_level(file, out.levels.size()));
  return out;
}

}  // namespace troodon::stages
