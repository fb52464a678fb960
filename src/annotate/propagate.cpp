#include "annotate/propagate.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>
#include <numeric>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"

namespace troodon::annotate {

size_t propagate(const Pattern& pattern,
                 const Pictures& pictures,
                 const std::function<void(Found)>& found,
                 const std::function<bool(size_t, size_t)>& progress,
                 const PropagateOptions& options) {
  std::mutex speaking;
  std::atomic<bool> stop = false;
  size_t done = 0, hits = 0;
  const auto advance = [&] {  // holds `speaking`
    ++done;
    if (progress && !progress(done, pictures.count)) stop = true;
  };
  const auto guarded = [&](size_t i, const auto& body) {
    if (stop || interrupted()) return;
    try {
      body();
    } catch (const Error& error) {
      const std::lock_guard lock(speaking);
      pictures.failed(i, error.what());
      advance();
    }
  };
  std::vector<double> likely(pictures.count, -1);
  parallel_for(
      pictures.count,
      [&](size_t i) {
        guarded(i, [&] {
          const double value = presence(pattern, pictures.tokens(i));
          if (value >= options.least) {
            likely[i] = value;
            return;
          }
          const std::lock_guard lock(speaking);
          advance();
        });
      },
      options.threads);
  std::vector<size_t> order;
  for (size_t i = 0; i < likely.size(); ++i) {
    if (likely[i] >= 0) order.push_back(i);
  }
  std::ranges::stable_sort(order, std::greater<>(), [&](size_t i) { return likely[i]; });
  const size_t looked_at =
      options.limit > 0 ? std::min(order.size(), static_cast<size_t>(options.limit)) : order.size();
  parallel_for(
      order.size(),
      [&](size_t n) {
        const size_t i = order[n];
        guarded(i, [&] {
          Mask mask;
          if (n < looked_at)
            mask = find(pattern, sight_of(pictures.picture(i), pictures.tokens(i)));
          const std::lock_guard lock(speaking);
          if (mask.score > 0) {
            ++hits;
            found({.picture = i, .mask = std::move(mask)});
          }
          advance();
        });
      },
      options.threads);
  return hits;
}

std::vector<size_t> review_order(std::span<const double> scores) {
  std::vector<size_t> out(scores.size());
  std::iota(out.begin(), out.end(), size_t{0});
  std::ranges::stable_sort(out, {}, [&](size_t i) { return std::abs(scores[i] - 0.5); });
  return out;
}

}  // namespace troodon::annotate
