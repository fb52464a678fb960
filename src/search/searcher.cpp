#include "search/searcher.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "base/error.hpp"
#include "explore/diverse.hpp"

namespace troodon::search {
namespace {

using SteadyClock = std::chrono::steady_clock;
using collection::Hit;

constexpr double kMinus = 0.5;  // weight of what isn't wanted
constexpr int64_t kSpare = 4;   // so many times k are looked at where some may be dropped

double milliseconds_since(SteadyClock::time_point start) {
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - start).count();
}

void add_mean(const std::vector<std::vector<float>>& vectors,
              double weight,
              std::vector<double>& sum) {
  for (const auto& vector : vectors) {
    if (vector.size() != sum.size())
      fail(Exit::input,
           "vectors of {} and {} numbers can't be one query",
           sum.size(),
           vector.size());
    for (size_t d = 0; d < sum.size(); ++d)
      sum[d] += weight * vector[d] / static_cast<double>(vectors.size());
  }
}

float cosine(std::span<const float> a, std::span<const float> b) {
  float sum = 0;
  for (size_t d = 0; d < a.size(); ++d) sum += a[d] * b[d];
  return sum;
}

/// The first k that are wanted, near copies folded into the best of each.
std::vector<std::pair<Hit, std::vector<int64_t>>> chosen(const std::vector<Hit>& hits,
                                                         const std::vector<float>& vectors,
                                                         size_t dim,
                                                         const Options& options,
                                                         float copy) {
  std::vector<std::pair<Hit, std::vector<int64_t>>> out;
  std::vector<size_t> rows;
  const auto row = [&](size_t i) { return std::span(vectors).subspan(i * dim, dim); };
  for (size_t i = 0; i < hits.size(); ++i) {
    if (options.collapse) {
      const auto same =
          std::ranges::find_if(rows, [&](size_t r) { return cosine(row(r), row(i)) >= copy; });
      if (same != rows.end()) {
        out[static_cast<size_t>(same - rows.begin())].second.push_back(hits[i].id);
        continue;
      }
    }
    if (static_cast<int64_t>(out.size()) == options.k) {
      if (!options.collapse) break;
      continue;  // copies of those that are shown may still come
    }
    out.emplace_back(hits[i], std::vector<int64_t>{});
    rows.push_back(i);
  }
  return out;
}

const char* word_of(float score, const Words& words) {
  if (score >= words.copy) return "copy";
  if (score >= words.same) return "same";
  return score >= words.alike ? "alike" : "";
}

/// Varied ones first.
std::vector<Hit> spread(const std::vector<Hit>& hits,
                        const std::vector<float>& vectors,
                        int64_t dim,
                        const Options& options) {
  std::vector<float> scores;
  for (const Hit& hit : hits) scores.push_back(hit.score);
  const index::Matrix unit{vectors.data(), static_cast<int64_t>(hits.size()), dim};
  std::vector<Hit> out;
  for (const int64_t place : explore::diverse(unit, scores, options.k, options.diversity))
    out.push_back(hits[static_cast<size_t>(place)]);
  return out;
}

}  // namespace

std::vector<float> combined(const Question& question) {
  if (question.plus.empty()) fail(Exit::usage, "a search needs a picture that is wanted");
  std::vector<double> sum(question.plus[0].size());
  add_mean(question.plus, 1, sum);
  add_mean(question.minus, -kMinus, sum);
  double squares = 0;
  for (const double x : sum) squares += x * x;
  std::vector<float> out(sum.size());
  for (size_t d = 0; d < sum.size(); ++d)
    out[d] = static_cast<float>(sum[d] / std::max(std::sqrt(squares), 1e-12));
  return out;
}

Searcher::Searcher(std::shared_ptr<const collection::Store> store,
                   const collection::FinderOptions& options)
    : store_(std::move(store)), finder_(store_, options), regions_(store_) {
  refresh();
}

void Searcher::refresh() {
  finder_.refresh();
  const auto snapshot = finder_.snapshot();
  regions_.refresh(*snapshot);
  const int64_t pictures = snapshot->pictures();
  if (std::abs(pictures - measured_) * 10 <= measured_) return;  // measured well enough
  const Words words = words_of(finder_.all(), snapshot->dim);
  const std::lock_guard lock(mutex_);
  words_ = words, measured_ = pictures;
}

Words Searcher::words() const {
  const std::lock_guard lock(mutex_);
  return words_;
}

std::vector<Hit> Searcher::nearest(const Question& question, const Options& options) const {
  const bool some_drop = options.collapse || options.diversity > 0;
  const auto more = static_cast<int64_t>(options.except.size());
  const int64_t k = options.k * (some_drop ? kSpare : 1) + more;
  std::vector<Hit> hits = finder_.nearest(combined(question), k, options.filter);
  std::erase_if(hits,
                [&](const Hit& hit) { return std::ranges::count(options.except, hit.id) > 0; });
  return hits;
}

Answer Searcher::ask(const Question& question, const Options& options) const {
  const auto start = SteadyClock::now();
  Answer out;
  std::vector<Hit> hits;
  std::map<int64_t, Share> places;
  if (!question.region.empty()) {
    const std::vector<int64_t> allow =
        options.filter.empty() ? std::vector<int64_t>{} : store_->ids(options.filter);
    const auto found =
        regions_.find(question.region,
                      options.filter.empty() ? nullptr : &allow,
                      {.k = options.k * kSpare + static_cast<int64_t>(options.except.size())});
    for (const RegionHit& hit : found) {
      if (std::ranges::count(options.except, hit.id) > 0) continue;
      hits.push_back({hit.id, hit.score});
      places[hit.id] = hit.place;
    }
  } else {
    hits = nearest(question, options);
  }
  std::vector<int64_t> ids;
  for (const Hit& hit : hits) ids.push_back(hit.id);
  const int64_t dim = finder_.snapshot()->dim;
  const std::vector<float> vectors = finder_.vectors_of(ids);
  if (options.diversity > 0) hits = spread(hits, vectors, dim, options);
  ids.clear();
  for (const Hit& hit : hits) ids.push_back(hit.id);
  const auto shown = chosen(hits,
                            options.diversity > 0 ? finder_.vectors_of(ids) : vectors,
                            static_cast<size_t>(dim),
                            options,
                            words().copy);
  out.search_ms = milliseconds_since(start);
  const auto fetching = SteadyClock::now();
  for (const auto& [hit, copies] : shown) {
    auto pictures = store_->pictures(std::span(&hit.id, 1));
    if (pictures.empty()) continue;  // went meanwhile
    Found found{.picture = std::move(pictures[0]), .score = hit.score, .copies = copies};
    if (const auto place = places.find(hit.id); place != places.end())
      found.place = place->second;
    else
      found.word = word_of(hit.score, words());
    out.hits.push_back(std::move(found));
  }
  out.fetch_ms = milliseconds_since(fetching);
  out.exact = finder_.state().kind == "exact";
  return out;
}

}  // namespace troodon::search
