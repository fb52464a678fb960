#include "match/pairs.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <nlohmann/json.hpp>

namespace troodon::match {
namespace {

/// Of each place of the first picture: where it is found, and whether it is found from there.
std::vector<Pair> all_pairs(const Likeness& all) {
  std::vector<Point> places;
  for (int64_t p = 0; p < all.a.count(); ++p) places.push_back(all.a.middle(p));
  const auto found = carry_points(all, places);
  const auto mutual = mutual_places(all);
  std::vector<Pair> out;
  for (size_t i = 0; i < found.size(); ++i)
    out.push_back({.a = places[i],
                   .b = found[i].at,
                   .score = found[i].score,
                   .mutual = mutual[i] != 0,
                   .cycle = found[i].cycle});
  return out;
}

bool wanted(const Pair& pair, const PairOptions& options) {
  return (pair.mutual || !options.mutual) && pair.score >= options.least &&
         (options.cycle <= 0 || pair.cycle <= options.cycle);
}

/// Pixels between kept pairs that let `limit` of them cover the picture.
double spacing_of(const Likeness& all, const PairOptions& options) {
  if (options.spacing >= 0) return options.spacing;
  if (options.limit <= 0) return 0;
  return 0.7 * std::sqrt(all.a.width * all.a.height / static_cast<double>(options.limit));
}

/// The best first, those too near to a better one last; then cut to the limit.
std::vector<Pair> spread(const std::vector<Pair>& sorted, double spacing, int64_t limit) {
  std::vector<Pair> kept, rest;
  for (const Pair& pair : sorted) {
    const bool near = std::ranges::any_of(
        kept, [&](const Pair& other) { return distance(pair.a, other.a) < spacing; });
    (near ? rest : kept).push_back(pair);
  }
  kept.insert(kept.end(), rest.begin(), rest.end());
  if (limit > 0 && static_cast<int64_t>(kept.size()) > limit)
    kept.resize(static_cast<size_t>(limit));
  return kept;
}

void verify(Matches& matches, const PairOptions& options, double patch) {
  std::vector<Point> from, to;
  for (const Pair& pair : matches.pairs) from.push_back(pair.a), to.push_back(pair.b);
  const auto fit =
      fit_transform(from,
                    to,
                    {.kind = options.verify,
                     .tolerance = options.tolerance > 0 ? options.tolerance : 1.5 * patch,
                     .draws = options.draws,
                     .seed = options.seed});
  if (!fit) {
    if (options.verify != Verify::none)
      for (Pair& pair : matches.pairs) pair.inlier = false;
    matches.inliers = options.verify == Verify::none ? std::ssize(matches.pairs) : 0;
    return;
  }
  matches.model = fit->transform;
  matches.inliers = fit->inliers;
  for (size_t i = 0; i < from.size(); ++i) matches.pairs[i].inlier = fit->inlier[i] != 0;
}

double rounded(double value) {
  return std::round(value * 1000) / 1000;
}

}  // namespace

Matches find_pairs(const Likeness& all, const PairOptions& options) {
  std::vector<Pair> pairs;
  for (const Pair& pair : all_pairs(all))
    if (wanted(pair, options)) pairs.push_back(pair);
  std::ranges::stable_sort(pairs, std::greater{}, &Pair::score);
  Matches out{.pairs = spread(pairs, spacing_of(all, options), options.limit)};
  verify(out, options, all.b.patch());
  std::ranges::stable_sort(out.pairs, [](const Pair& x, const Pair& y) {
    return x.inlier != y.inlier ? x.inlier : x.score > y.score;
  });
  return out;
}

Matches match_pictures(frozen::DenseFeatures& features,
                       const image::Image& a,
                       const image::Image& b,
                       const PairOptions& options) {
  return find_pairs(likeness(look(features, a, options.likeness.look),
                             look(features, b, options.likeness.look),
                             options.likeness),
                    options);
}

std::string to_json(const Matches& matches) {
  nlohmann::ordered_json pairs = nlohmann::ordered_json::array();
  for (const Pair& pair : matches.pairs)
    pairs.push_back({{"a", {rounded(pair.a.x), rounded(pair.a.y)}},
                     {"b", {rounded(pair.b.x), rounded(pair.b.y)}},
                     {"score", rounded(pair.score)},
                     {"mutual", pair.mutual},
                     {"cycle", rounded(pair.cycle)},
                     {"inlier", pair.inlier}});
  nlohmann::ordered_json out{{"pairs", pairs}, {"model", nullptr}, {"inliers", matches.inliers}};
  if (matches.model) out["model"] = *matches.model;
  return out.dump();
}

}  // namespace troodon::match
