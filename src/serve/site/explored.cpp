#include "serve/site/explored.hpp"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/log.hpp"
#include "explore/map.hpp"
#include "explore/neighbourhood.hpp"
#include "explore/outliers.hpp"
#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

constexpr int64_t kNeighbours = 15;
constexpr int64_t kFewest = 4;                     // rows that have neighbourhoods at all
constexpr auto kPause = std::chrono::seconds(20);  // between two runs while pictures come

/// Rows in the order of the vectors, ids ascending.
std::vector<collection::Picture> rows_of(const search::Searcher& searcher,
                                         const std::vector<int64_t>& ids) {
  return searcher.store().pictures(ids);
}

/// Few pictures lie on a line.
void place_few(Explored& explored) {
  const size_t rows = explored.ids.size();
  explored.clusters.cluster.assign(rows, 0);
  explored.outliers.assign(rows, 0);
  for (size_t i = 0; i < rows; ++i) {
    explored.places.push_back(
        rows < 2 ? 0 : -1 + 2 * static_cast<float>(i) / static_cast<float>(rows - 1));
    explored.places.push_back(0);
  }
  if (rows == 0) return;
  explore::Cluster all;
  for (size_t i = 0; i < rows; ++i) all.rows.push_back(static_cast<int64_t>(i));
  all.examples = all.rows;
  explored.clusters.clusters.push_back(std::move(all));
}

void add_labels(const search::Searcher& searcher, Explored& explored) {
  std::unordered_map<std::string, int64_t> places;
  for (const auto& [name, count] : searcher.store().labels()) {
    places.emplace(name, static_cast<int64_t>(explored.label_names.size()));
    explored.label_names.push_back(name);
  }
  explored.labels.assign(explored.ids.size(), -1);
  for (const collection::Picture& picture : rows_of(searcher, explored.ids)) {
    const auto row = std::lower_bound(explored.ids.begin(), explored.ids.end(), picture.id);
    const auto place = places.find(picture.label);
    if (picture.label.empty() || place == places.end()) continue;
    explored.labels[static_cast<size_t>(row - explored.ids.begin())] = place->second;
  }
}

std::shared_ptr<const Explored> explored_of(const search::Searcher& searcher, size_t threads) {
  auto explored = std::make_shared<Explored>();
  explored->version = searcher.finder().state().version;
  const collection::Vectors vectors = searcher.finder().all();
  explored->ids = vectors.ids;
  add_labels(searcher, *explored);
  const auto rows = static_cast<int64_t>(vectors.ids.size());
  if (rows < kFewest) {
    place_few(*explored);
    return explored;
  }
  const index::Matrix unit{
      vectors.values.data(), rows, static_cast<int64_t>(vectors.values.size()) / rows};
  const index::Neighbours neighbours =
      explore::neighbourhood(unit, std::min(kNeighbours, rows - 1), threads);
  explored->places = explore::map(unit, neighbours);
  explored->outliers = explore::outliers(neighbours);
  explored->clusters = explore::clusters(unit, neighbours, explored->labels, {.threads = threads});
  return explored;
}

}  // namespace

Explorer::~Explorer() {
  if (thread_.joinable()) thread_.join();
}

void Explorer::start() {
  if (computing_) return;
  if (thread_.joinable()) thread_.join();  // it has finished
  computing_ = true;
  thread_ = std::jthread([this] {
    std::shared_ptr<const Explored> made;
    std::string trouble;
    try {
      made = explored_of(searcher_, threads_);
    } catch (const std::exception& error) {
      trouble = error.what();
      log_warning("the map can't be made: {}", trouble);
    }
    const std::lock_guard lock(mutex_);
    if (made) last_ = made;
    trouble_ = trouble;
    finished_ = Clock::now();
    computing_ = false;
  });
}

std::shared_ptr<const Explored> Explorer::now() {
  const std::lock_guard lock(mutex_);
  const int64_t version = searcher_.finder().state().version;
  const bool rested = Clock::now() - finished_ > kPause;
  if (!computing_ && !last_ && !trouble_.empty() && !rested) {
    refuse(500, "the map can't be made; the server's log says why");
  }
  if (!last_ || (last_->version != version && rested)) start();
  if (!last_) throw Problem(503, "the map is being computed; ask again", 1);
  return last_;
}

std::shared_ptr<const Alike> Explorer::alike(explore::Tier tier) {
  const std::lock_guard comparing(comparing_);
  const int64_t version = searcher_.finder().state().version;
  std::shared_ptr<const Alike>& kept = alike_[tier];
  if (kept && kept->version == version) return kept;
  auto alike = std::make_shared<Alike>();
  alike->version = version;
  const collection::Vectors vectors = searcher_.finder().all();
  alike->ids = vectors.ids;
  const auto rows = static_cast<int64_t>(vectors.ids.size());
  if (rows > 1) {
    std::vector<explore::PictureFacts> facts(vectors.ids.size());
    for (const collection::Picture& picture : rows_of(searcher_, vectors.ids)) {
      const auto row = std::lower_bound(vectors.ids.begin(), vectors.ids.end(), picture.id);
      facts[static_cast<size_t>(row - vectors.ids.begin())] = {
          .path = picture.path,
          .content = static_cast<uint64_t>(picture.content_hash),
          .pixels = int64_t{picture.width} * picture.height,
          .bytes = picture.file.bytes};
    }
    const index::Matrix unit{
        vectors.values.data(), rows, static_cast<int64_t>(vectors.values.size()) / rows};
    alike->groups = explore::duplicates(unit, facts, tier, {.threads = threads_});
  }
  kept = alike;
  return kept;
}

}  // namespace troodon::serve
