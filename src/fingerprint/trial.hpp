#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "fingerprint/edits.hpp"
#include "fingerprint/fingerprint.hpp"

// How well copies are recognised on pictures whose copies are known.
namespace troodon::fingerprint {

/// Each query is compared with each reference; those of one group are copies. A query that is
/// itself a reference is not compared with that one.
struct Trial {
  struct Query {
    Fingerprint print;
    size_t group = 0;
    std::string transform;   ///< "": no copy, here to be mistaken for one
    std::string name = {};   ///< of the file, for messages
    size_t self = SIZE_MAX;  ///< its place among the references, SIZE_MAX: none
  };
  struct Reference {
    Fingerprint print;
    size_t group = 0;
    std::string name = {};
  };
  std::vector<Query> queries;
  std::vector<Reference> references;
};

/// Every edit of the pictures [0, originals) as queries, all pictures as references.
Trial trial_of_edits(std::span<const image::Image> pictures,
                     size_t originals,
                     std::span<const Edit> edits,
                     uint64_t seed);

/// Pairs that are copies, pairs that were taken for copies, and those of the latter that are.
struct Tally {
  size_t wanted = 0, found = 0, right = 0;

  double precision() const { return found == 0 ? 1 : static_cast<double>(right) / found; }
  double recall() const { return wanted == 0 ? 1 : static_cast<double>(right) / wanted; }
  double f1() const {
    const size_t sum = wanted + found;
    return sum == 0 ? 1 : 2.0 * static_cast<double>(right) / static_cast<double>(sum);
  }
};

/// A distance of 0..256 between two pictures.
using Distance = std::function<int(const Fingerprint& query, const Fingerprint& reference)>;

/// How many pairs of copies, and of others, lie at each distance.
class Distances {
 public:
  static Distances measure(const Trial& trial, const Distance& distance);

  /// With pairs up to `threshold` taken for copies; over one transform or, "", all queries.
  Tally at(int threshold, const std::string& transform = "") const;

  /// The largest threshold with at least this precision, -1: none.
  int threshold_for(double precision) const;

  /// In alphabetical order, without the queries that are no copies.
  std::vector<std::string> transforms() const;

 private:
  struct Counts {
    std::array<uint32_t, 257> same{}, other{};
  };
  std::map<std::string, Counts> counts_;
};

}  // namespace troodon::fingerprint
