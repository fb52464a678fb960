#include "collection/finder.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace troodon::collection {

Finder::Finder(std::shared_ptr<const Store> store, const FinderOptions& options)
    : store_(std::move(store)), options_(options) {
  const std::vector<float> probe(static_cast<size_t>(store_->settings().dim), 0.0F);
  own_search_ = store_->nearest(probe, 0, {}).has_value();
  refresh();
}

void Finder::refresh() {
  const std::lock_guard one_at_a_time(refreshing_);
  auto next = refreshed(snapshot(), *store_);
  const std::lock_guard lock(mutex_);
  snapshot_ = std::move(next);
}

std::shared_ptr<const Snapshot> Finder::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

std::vector<Hit> Finder::nearest(std::span<const float> query,
                                 int64_t k,
                                 const Filter& filter) const {
  const auto now = snapshot();
  if (static_cast<int64_t>(query.size()) != now->dim) {
    fail(Exit::input,
         "a query of {} numbers meets a collection of vectors of {}; use the model that it was "
         "made with",
         query.size(),
         now->dim);
  }
  if (own_search_) return *store_->nearest(query, k, filter);
  if (filter.empty()) return scan(*now, query, k, nullptr, options_.threads);
  const std::vector<int64_t> allow = store_->ids(filter);
  return scan(*now, query, k, &allow, options_.threads);
}

std::vector<float> Finder::vectors_of(std::span<const int64_t> ids) const {
  const auto now = snapshot();
  std::vector<float> out;
  for (const int64_t id : ids) {
    const auto row = vector_of(*now, id);
    out.insert(out.end(), row.begin(), row.end());
    if (row.empty()) out.resize(out.size() + static_cast<size_t>(now->dim));
  }
  return out;
}

Vectors Finder::all() const {
  const auto now = snapshot();
  Vectors out;
  for (const Vectors* vectors : {now->base.get(), &now->tail}) {
    for (size_t i = 0; i < vectors->ids.size(); ++i) {
      if (now->is_gone(vectors->ids[i])) continue;
      const auto row = std::span(vectors->values).subspan(i * now->dim, now->dim);
      out.ids.push_back(vectors->ids[i]);
      out.values.insert(out.values.end(), row.begin(), row.end());
    }
  }
  return out;
}

FinderState Finder::state() const {
  const auto now = snapshot();
  FinderState out{.kind = own_search_ ? "pgvector" : "exact",
                  .pictures = now->pictures(),
                  .version = now->version};
  if (now->graph != nullptr && !own_search_) {
    out.kind = "graph";
    out.recall = now->graph->graph.tuned_recall();
    out.measured_on = now->graph->measured_on;
  }
  return out;
}

}  // namespace troodon::collection
