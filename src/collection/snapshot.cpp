#include "collection/snapshot.hpp"

#include <algorithm>

#include "base/parallel.hpp"
#include "index/dot.hpp"

namespace troodon::collection {
namespace {

constexpr int64_t kPage = 20'000;   // vectors read at once
constexpr int64_t kBlock = 4096;    // vectors that a thread compares at once
constexpr size_t kLongTail = 8192;  // from here on it joins the base
constexpr double kManyGone = 0.2;   // share of the base from which on it is read anew

void read_after(const Store& store, int64_t after, Vectors& out) {
  for (;;) {
    Vectors page = store.vectors(after, kPage);
    if (page.ids.empty()) return;
    after = page.ids.back();
    out.ids.insert(out.ids.end(), page.ids.begin(), page.ids.end());
    out.values.insert(out.values.end(), page.values.begin(), page.values.end());
  }
}

std::shared_ptr<const Snapshot> whole(const Store& store, int64_t version) {
  auto out = std::make_shared<Snapshot>();
  auto base = std::make_shared<Vectors>();
  out->version = version;
  out->dim = store.settings().dim;
  read_after(store, 0, *base);
  out->graph = open_graph(store, base->ids);
  out->base = std::move(base);
  return out;
}

bool better(const Hit& a, const Hit& b) {
  return a.score != b.score ? a.score > b.score : a.id < b.id;
}

/// Keeps the best k.
void keep_best(std::vector<Hit>& hits, int64_t k) {
  const auto most = static_cast<size_t>(k);
  if (hits.size() > most) {
    std::ranges::nth_element(hits, hits.begin() + static_cast<ptrdiff_t>(most), better);
    hits.resize(most);
  }
}

/// Which ids may be found.
struct Open {
  const std::vector<int64_t>& gone;
  const std::vector<int64_t>* allow;
  bool operator()(int64_t id) const {
    return (allow == nullptr || std::ranges::binary_search(*allow, id)) &&
           (gone.empty() || !std::ranges::binary_search(gone, id));
  }
};

/// Compares the vectors of ids above `after` one by one.
void scan_part(const Vectors& vectors,
               int64_t after,
               const Open& open,
               const index::Matrix& query,
               int64_t k,
               size_t threads,
               std::vector<Hit>& out) {
  const auto start = std::ranges::upper_bound(vectors.ids, after) - vectors.ids.begin();
  const auto rows = static_cast<int64_t>(vectors.ids.size());
  const auto blocks = static_cast<size_t>((rows - start + kBlock - 1) / kBlock);
  std::vector<std::vector<Hit>> best(blocks);
  parallel_for(
      blocks,
      [&](size_t b) {
        const int64_t first = start + static_cast<int64_t>(b) * kBlock;
        const int64_t n = std::min(kBlock, rows - first);
        std::vector<float> scores(static_cast<size_t>(n));
        const index::Matrix block{vectors.values.data() + first * query.dim, n, query.dim};
        index::dot_products(query, block, scores.data(), n);
        for (int64_t i = 0; i < n; ++i) {
          const int64_t id = vectors.ids[static_cast<size_t>(first + i)];
          if (open(id)) best[b].push_back({id, scores[static_cast<size_t>(i)]});
        }
        keep_best(best[b], k);
      },
      threads);
  for (const auto& hits : best) out.insert(out.end(), hits.begin(), hits.end());
}

/// Asks the graph; bits say who may be found where not everybody may.
void ask_graph(const KnownGraph& known,
               const Open& open,
               const index::Matrix& query,
               int64_t k,
               std::vector<Hit>& out) {
  graph::Bits bits;
  if (open.allow != nullptr || !open.gone.empty()) {
    bits.resize((known.ids.size() + 63) / 64);
    const auto set = [&](size_t row) { bits[row / 64] |= uint64_t{1} << (row % 64); };
    for (size_t row = 0; row < known.ids.size() && open.allow == nullptr; ++row) {
      if (open(known.ids[row])) set(row);
    }
    for (size_t i = 0; open.allow != nullptr && i < open.allow->size(); ++i) {
      const auto at = std::ranges::lower_bound(known.ids, (*open.allow)[i]);
      if (at != known.ids.end() && *at == (*open.allow)[i] && open(*at))
        set(static_cast<size_t>(at - known.ids.begin()));
    }
  }
  const auto found = known.graph.search(query, {.k = k, .allow = bits.empty() ? nullptr : &bits});
  for (size_t i = 0; i < found.index.size(); ++i) {
    if (found.index[i] >= 0)
      out.push_back({known.ids[static_cast<size_t>(found.index[i])], found.score[i]});
  }
}

std::span<const float> row_of(const Vectors& vectors, int64_t id, int64_t dim) {
  const auto at = std::ranges::lower_bound(vectors.ids, id);
  if (at == vectors.ids.end() || *at != id) return {};
  const auto row = static_cast<size_t>(at - vectors.ids.begin());
  return std::span(vectors.values)
      .subspan(row * static_cast<size_t>(dim), static_cast<size_t>(dim));
}

}  // namespace

bool Snapshot::is_gone(int64_t id) const {
  return std::ranges::binary_search(gone, id);
}

int64_t Snapshot::pictures() const {
  return static_cast<int64_t>(base->ids.size() + tail.ids.size() - gone.size());
}

std::shared_ptr<const Snapshot> refreshed(std::shared_ptr<const Snapshot> old, const Store& store) {
  const int64_t version = store.version();  // before reading: what comes later is read next time
  if (old != nullptr && old->version == version) return old;
  if (old == nullptr) return whole(store, version);
  const auto removed = store.removed_since(old->version);
  if (!removed) return whole(store, version);
  auto out = std::make_shared<Snapshot>(*old);
  out->version = version;
  const int64_t last = !out->tail.ids.empty()    ? out->tail.ids.back()
                       : !out->base->ids.empty() ? out->base->ids.back()
                                                 : 0;
  read_after(store, last, out->tail);
  for (const int64_t id : *removed) {
    if (!row_of(*out->base, id, out->dim).empty() || !row_of(out->tail, id, out->dim).empty())
      out->gone.push_back(id);
  }
  std::ranges::sort(out->gone);
  const auto twice = std::ranges::unique(out->gone);
  out->gone.erase(twice.begin(), twice.end());
  const bool long_tail = out->tail.ids.size() > std::max(kLongTail, out->base->ids.size() / 8);
  const bool many_gone = static_cast<double>(out->gone.size()) >
                         kManyGone * static_cast<double>(out->base->ids.size()) + 1000;
  return long_tail || many_gone ? whole(store, version) : out;
}

std::vector<Hit> scan(const Snapshot& snapshot,
                      std::span<const float> query,
                      int64_t k,
                      const std::vector<int64_t>* allow,
                      size_t threads) {
  const index::Matrix asked{query.data(), 1, snapshot.dim};
  std::vector<Hit> hits;
  const Open open{snapshot.gone, allow};
  const bool linked = snapshot.graph != nullptr && !snapshot.graph->ids.empty();
  if (linked) ask_graph(*snapshot.graph, open, asked, k, hits);
  const int64_t after = linked ? snapshot.graph->ids.back() : 0;
  for (const Vectors* vectors : {snapshot.base.get(), &snapshot.tail})
    scan_part(*vectors, after, open, asked, k, threads, hits);
  keep_best(hits, k);
  std::ranges::sort(hits, better);
  return hits;
}

std::span<const float> vector_of(const Snapshot& snapshot, int64_t id) {
  if (snapshot.is_gone(id)) return {};
  const auto row = row_of(*snapshot.base, id, snapshot.dim);
  return row.empty() ? row_of(snapshot.tail, id, snapshot.dim) : row;
}

}  // namespace troodon::collection
