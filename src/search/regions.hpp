#pragma once

#include <map>
#include <mutex>
#include <span>
#include <vector>

#include "collection/finder.hpp"
#include "collection/picture.hpp"

namespace troodon::search {

/// Part of a picture, in shares of its width and height, 0..1.
struct Share {
  double x = 0, y = 0, width = 1, height = 1;
};

/// A part of a picture as the network sees it: the patch tokens in it.
struct Region {
  int rows = 0, columns = 0, dim = 0;
  std::vector<float> tokens;  ///< [rows * columns, dim], unit length
};

/// The tokens whose patches lie in the part by half or more; at least one. tokens [rows * columns,
/// dim].
Region region_of(std::span<const float> tokens, int rows, int columns, int dim, const Share& part);

struct RegionHit {
  int64_t id = 0;
  float score = 0;  ///< mean cosine of the region's tokens and those of the place, common part out
  Share place;      ///< where in the picture
};

struct RegionOptions {
  int64_t k = 24;
  int64_t shortlist = 500;  ///< pictures that get a second look
  int64_t finalists = 100;  ///< pictures whose places are compared token by token
  size_t threads = 0;
};

/// Patch tokens of a collection's pictures, kept in memory as codes: 56 KB for 12 x 12 tokens of
/// twice 192. Safe from any thread.
class RegionFinder {
 public:
  /// `memory_bytes`: pictures beyond it can't be asked.
  explicit RegionFinder(std::shared_ptr<const collection::Store> store,
                        int64_t memory_bytes = int64_t{4} << 30);

  /// Reads what came since. `snapshot` says which pictures there are.
  void refresh(const collection::Snapshot& snapshot);

  /// Pictures that have a place like the region, best first. `regions`: that region at several
  /// sizes. All are looked at by the mean tokens of its ninths, the shortlist by finer parts, the
  /// finalists token by token.
  /// `allow`: ids that may be found, ascending; nullptr: all.
  std::vector<RegionHit> find(std::span<const Region> regions,
                              const std::vector<int64_t>* allow,
                              const RegionOptions& options = {}) const;

  int64_t pictures() const;

 private:
  using Codes = std::map<int64_t, std::shared_ptr<const collection::TokenCodes>>;

  std::shared_ptr<const collection::Store> store_;
  int64_t memory_bytes_, used_bytes_ = 0;
  int64_t last_ = 0;
  mutable std::mutex mutex_;
  std::shared_ptr<const Codes> codes_ = std::make_shared<Codes>();
  std::vector<float> common_;  ///< [dim], the mean token: what all pictures share says nothing
  std::vector<double> sum_;
  int64_t summed_ = 0;
};

}  // namespace troodon::search
