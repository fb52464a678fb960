#include "metrics/retrieval.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <unordered_set>

#include "base/error.hpp"
#include "metrics/classification.hpp"

namespace troodon::metrics {
namespace {

using Rows = std::unordered_set<int64_t>;

struct Wanted {
  Rows found, ignored;
};

Wanted wanted_of(const QueryTruth& truth, Difficulty difficulty) {
  Wanted out;
  const auto put = [](Rows& to, const std::vector<int64_t>& rows) {
    to.insert(rows.begin(), rows.end());
  };
  put(difficulty == Difficulty::hard ? out.ignored : out.found, truth.easy);
  put(difficulty == Difficulty::easy ? out.ignored : out.found, truth.hard);
  put(out.ignored, truth.junk);
  return out;
}

/// Places of the wanted rows, ascending, counted without the ignored ones. A row that is both is
/// ignored.
std::vector<double> places_of(const std::vector<int64_t>& ranks, const Wanted& wanted) {
  std::vector<double> places;
  double place = 0;
  for (const int64_t row : ranks) {
    if (wanted.ignored.contains(row)) continue;
    if (wanted.found.contains(row)) places.push_back(place);
    ++place;
  }
  return places;
}

/// Each step of the recall under the mean of the precisions before and after it.
double trapezoid(const std::vector<double>& places, double wanted) {
  double sum = 0;
  for (size_t i = 0; i < places.size(); ++i) {
    const auto right = static_cast<double>(i);
    const double before = places[i] == 0 ? 1 : right / places[i];
    sum += (before + (right + 1) / (places[i] + 1)) / (2 * wanted);
  }
  return sum;
}

/// Precision among the first k; where the last wanted row comes earlier, among those up to it.
double precision_at(const std::vector<double>& places, int64_t k) {
  const double reach = std::min(places.back() + 1, static_cast<double>(k));
  const auto right = std::ranges::count_if(places, [&](double place) { return place < reach; });
  return static_cast<double>(right) / reach;
}

void check_queries(size_t ranks, size_t truths) {
  if (ranks != truths)
    fail(Exit::input, "{} ranked lists, but the truth of {} queries; give one each", ranks, truths);
}

/// Falling scores, what is wrong first among equals: no order of the input is better than another.
std::vector<size_t> falling(std::span<const double> scores, std::span<const uint8_t> positive) {
  if (scores.size() != positive.size())
    fail(Exit::input, "{} scores, but {} marks of what is right", scores.size(), positive.size());
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](size_t a, size_t b) {
    return scores[a] != scores[b] ? scores[a] > scores[b] : !positive[a] && positive[b];
  });
  return order;
}

}  // namespace

Revisited revisited(std::span<const std::vector<int64_t>> ranks,
                    std::span<const QueryTruth> truths,
                    Difficulty difficulty,
                    std::span<const int64_t> kappas) {
  check_queries(ranks.size(), truths.size());
  Revisited out;
  std::vector<std::vector<double>> precisions(kappas.size());
  for (size_t q = 0; q < truths.size(); ++q) {
    const Wanted wanted = wanted_of(truths[q], difficulty);
    if (wanted.found.empty()) {
      out.aps.push_back(std::numeric_limits<double>::quiet_NaN());
      continue;
    }
    const auto places = places_of(ranks[q], wanted);
    out.aps.push_back(trapezoid(places, static_cast<double>(wanted.found.size())));
    for (size_t i = 0; i < kappas.size(); ++i)
      precisions[i].push_back(places.empty() ? 0 : precision_at(places, kappas[i]));
  }
  out.map = mean_without_nan(out.aps);
  for (const auto& values : precisions) out.precision_at.push_back(mean_without_nan(values));
  return out;
}

double mean_average_precision_at(int64_t k,
                                 std::span<const std::vector<int64_t>> ranks,
                                 std::span<const std::vector<int64_t>> relevant) {
  check_queries(ranks.size(), relevant.size());
  std::vector<double> all;
  for (size_t q = 0; q < ranks.size(); ++q) {
    const Rows wanted(relevant[q].begin(), relevant[q].end());
    if (wanted.empty()) continue;
    double sum = 0, right = 0;
    for (size_t i = 0; i < std::min(ranks[q].size(), static_cast<size_t>(k)); ++i) {
      if (!wanted.contains(ranks[q][i])) continue;
      sum += ++right / static_cast<double>(i + 1);
    }
    all.push_back(sum / static_cast<double>(std::min(wanted.size(), static_cast<size_t>(k))));
  }
  return mean_without_nan(all);
}

MicroPrecision micro_average_precision(std::span<const double> scores,
                                       std::span<const uint8_t> positive,
                                       int64_t total_positives) {
  if (total_positives < 1)
    fail(Exit::input, "micro average precision of {} true pairs; give some", total_positives);
  MicroPrecision out;
  double right = 0, recall = 0;
  for (const size_t i : falling(scores, positive)) {
    right += positive[i] != 0;
    out.precisions.push_back(right / static_cast<double>(out.precisions.size() + 1));
    out.recalls.push_back(right / static_cast<double>(total_positives));
    out.value += (out.recalls.back() - recall) * out.precisions.back();
    recall = out.recalls.back();
  }
  return out;
}

double global_average_precision(std::span<const double> confidence,
                                std::span<const uint8_t> correct,
                                int64_t queries_with_class) {
  return micro_average_precision(confidence, correct, queries_with_class).value;
}

}  // namespace troodon::metrics
