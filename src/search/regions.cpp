#include "search/regions.hpp"

#include <algorithm>
#include <cmath>

#include "base/log.hpp"
#include "base/parallel.hpp"
#include "search/places.hpp"

namespace troodon::search {
namespace {

constexpr size_t kPage = 1024;  // pictures whose tokens are read at once

bool inside(double low, double high, double from, double length) {
  const double common = std::min(high, from + length) - std::max(low, from);
  return common >= (high - low) / 2;
}

/// Patches of one axis that lie in [from, from + length] by half or more; at least the nearest one.
std::pair<int, int> patches_of(int count, double from, double length) {
  int first = count, last = -1;
  for (int i = 0; i < count; ++i) {
    if (!inside(static_cast<double>(i) / count, static_cast<double>(i + 1) / count, from, length))
      continue;
    first = std::min(first, i), last = i;
  }
  if (last < 0)
    first = last = std::clamp(static_cast<int>((from + length / 2) * count), 0, count - 1);
  return {first, last};
}

std::vector<int64_t> ids_of(const collection::Snapshot& snapshot, int64_t after) {
  std::vector<int64_t> out;
  for (const collection::Vectors* vectors : {snapshot.base.get(), &snapshot.tail}) {
    for (const int64_t id : vectors->ids) {
      if (id > after && !snapshot.is_gone(id)) out.push_back(id);
    }
  }
  return out;
}

bool better(const RegionHit& a, const RegionHit& b) {
  return a.score != b.score ? a.score > b.score : a.id < b.id;
}

void keep_best(std::vector<RegionHit>& hits, int64_t k) {
  std::ranges::sort(hits, better);
  if (static_cast<int64_t>(hits.size()) > k) hits.resize(static_cast<size_t>(k));
}

}  // namespace

Region region_of(std::span<const float> tokens, int rows, int columns, int dim, const Share& part) {
  const auto [top, bottom] = patches_of(rows, part.y, part.height);
  const auto [left, right] = patches_of(columns, part.x, part.width);
  Region out{.rows = bottom - top + 1, .columns = right - left + 1, .dim = dim};
  for (int r = top; r <= bottom; ++r) {
    const auto row = tokens.subspan((static_cast<size_t>(r) * columns + left) * dim,
                                    static_cast<size_t>(out.columns) * dim);
    out.tokens.insert(out.tokens.end(), row.begin(), row.end());
  }
  return out;
}

RegionFinder::RegionFinder(std::shared_ptr<const collection::Store> store, int64_t memory_bytes)
    : store_(std::move(store)), memory_bytes_(memory_bytes) {}

void RegionFinder::refresh(const collection::Snapshot& snapshot) {
  const std::vector<int64_t> fresh = ids_of(snapshot, last_);
  if (fresh.empty() && snapshot.gone.empty()) return;
  auto codes = std::make_shared<Codes>(*codes_);
  std::erase_if(*codes, [&](const auto& entry) { return snapshot.is_gone(entry.first); });
  if (sum_.empty()) sum_.resize(static_cast<size_t>(store_->settings().token_dim()));
  for (size_t from = 0; from < fresh.size(); from += kPage) {
    const auto ids = std::span(fresh).subspan(from, std::min(kPage, fresh.size() - from));
    auto page = store_->tokens(ids);
    for (size_t i = 0; i < page.size(); ++i) {
      if (page[i].rows == 0) continue;
      used_bytes_ +=
          static_cast<int64_t>(page[i].codes.size() + page[i].scale.size() * sizeof(float));
      if (used_bytes_ > memory_bytes_) {
        log_warning("regions: only {} pictures' tokens fit in memory", codes->size());
        from = fresh.size();
        break;
      }
      summed_ += add_tokens(page[i], sum_);
      (*codes)[ids[i]] = std::make_shared<collection::TokenCodes>(std::move(page[i]));
    }
  }
  if (!fresh.empty()) last_ = fresh.back();
  const std::lock_guard lock(mutex_);
  codes_ = std::move(codes);
  common_.assign(sum_.begin(), sum_.end());
  for (float& x : common_) x /= static_cast<float>(std::max<int64_t>(summed_, 1));
}

std::vector<RegionHit> RegionFinder::find(std::span<const Region> regions,
                                          const std::vector<int64_t>* allow,
                                          const RegionOptions& options) const {
  std::shared_ptr<const Codes> codes;
  std::vector<float> common;
  {
    const std::lock_guard lock(mutex_);
    codes = codes_, common = common_;
  }
  std::vector<Template> wanted;
  for (const Region& region : regions) wanted.push_back(template_of(region, common));
  std::vector<RegionHit> hits;
  for (const auto& [id, tokens] : *codes) {
    if (allow == nullptr || std::ranges::binary_search(*allow, id)) hits.push_back({.id = id});
  }
  const auto look = [&](const auto& at) {
    parallel_for(
        hits.size(), [&](size_t i) { at(hits[i], *codes->at(hits[i].id)); }, options.threads);
  };
  look([&](RegionHit& hit, const auto& tokens) { hit.score = rough_score(wanted, tokens, 0); });
  keep_best(hits, std::max(options.shortlist, options.k));
  look([&](RegionHit& hit, const auto& tokens) { hit.score = rough_score(wanted, tokens, 1); });
  keep_best(hits, std::max(options.finalists, options.k));
  look([&](RegionHit& hit, const auto& tokens) {
    const Place place = best_place(wanted, tokens);
    hit.score = place.score, hit.place = place.share;
  });
  keep_best(hits, options.k);
  return hits;
}

int64_t RegionFinder::pictures() const {
  const std::lock_guard lock(mutex_);
  return static_cast<int64_t>(codes_->size());
}

}  // namespace troodon::search
