#include "fingerprint/trial.hpp"

#include <algorithm>

#include "base/parallel.hpp"

namespace troodon::fingerprint {

Trial trial_of_edits(std::span<const image::Image> pictures,
                     size_t originals,
                     std::span<const Edit> edits,
                     uint64_t seed) {
  Trial trial;
  trial.references.resize(pictures.size());
  parallel_for(pictures.size(),
               [&](size_t i) { trial.references[i] = {fingerprint_of(pictures[i]), i}; });
  const std::vector<Copy> copies = planned_copies(originals, edits, seed);
  trial.queries.resize(copies.size());
  parallel_for(copies.size(), [&](size_t i) {
    const Copy& copy = copies[i];
    trial.queries[i] = {
        .print = fingerprint_of(edited(pictures[copy.original], copy.edit, copy.seed)),
        .group = copy.original,
        .transform = name_of(copy.edit)};
  });
  return trial;
}

Distances Distances::measure(const Trial& trial, const Distance& distance) {
  std::vector<Counts> of_query(trial.queries.size());
  parallel_for(trial.queries.size(), [&](size_t q) {
    const Trial::Query& query = trial.queries[q];
    for (size_t r = 0; r < trial.references.size(); ++r) {
      if (r == query.self) continue;
      const Trial::Reference& reference = trial.references[r];
      const int at = std::clamp(distance(query.print, reference.print), 0, 256);
      ++(query.group == reference.group ? of_query[q].same : of_query[q].other)[at];
    }
  });
  Distances out;
  for (size_t q = 0; q < of_query.size(); ++q) {
    Counts& sum = out.counts_[trial.queries[q].transform];
    for (size_t at = 0; at < sum.same.size(); ++at) {
      sum.same[at] += of_query[q].same[at];
      sum.other[at] += of_query[q].other[at];
    }
  }
  return out;
}

Tally Distances::at(int threshold, const std::string& transform) const {
  Tally tally;
  for (const auto& [name, counts] : counts_) {
    if (!transform.empty() && transform != name) continue;
    for (int at = 0; at <= 256; ++at) {
      tally.wanted += counts.same[at];
      if (at > threshold) continue;
      tally.right += counts.same[at];
      tally.found += counts.same[at] + counts.other[at];
    }
  }
  return tally;
}

int Distances::threshold_for(double precision) const {
  for (int threshold = 256; threshold >= 0; --threshold) {
    const Tally tally = at(threshold);
    if (tally.found > 0 && tally.precision() >= precision) return threshold;
  }
  return -1;
}

std::vector<std::string> Distances::transforms() const {
  std::vector<std::string> out;
  for (const auto& [name, counts] : counts_) {
    if (!name.empty()) out.push_back(name);
  }
  return out;
}

}  // namespace troodon::fingerprint
