#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fingerprint/fingerprint.hpp"
#include "index/features.hpp"

namespace troodon::explore {

using index::Matrix;

/// How two pictures resemble each other; the first is the strictest.
enum class Tier : uint8_t {
  identical,  ///< files with the same bytes
  copy,       ///< one made from the other: by fingerprints, or cosine >= DuplicateOptions::copy
  same,       ///< the same thing again: cosine >= DuplicateOptions::same
};
const char* name_of(Tier tier);
/// Throws Error (Exit::usage) for another word.
Tier tier_named(const std::string& name);

/// What is known of a picture besides its vector; whatever isn't stays 0, null or empty.
struct PictureFacts {
  std::string path;
  uint64_t content = 0;  ///< hash of the file's bytes
  int64_t pixels = 0, bytes = 0;
  const fingerprint::Fingerprint* print = nullptr;
};

struct DuplicateOptions {
  double copy = 0.98;
  double same = 0.9;
  size_t threads = 0;
};

struct DuplicateGroup {
  Tier tier = Tier::same;     ///< the strictest that holds for every pair in it
  std::vector<int64_t> rows;  ///< the one to keep first, then by row
  float least = 1;            ///< smallest cosine of two of them

  int64_t keep() const { return rows.front(); }  ///< most pixels, then bytes, then shortest path
};

/// Groups of two and more in which every two rows resemble each other at `tier` or stricter:
/// complete linkage, strongest pairs first, so that groups don't snake from one thing to another.
/// Largest first. unit: rows of unit length (no rows: facts alone decide); facts [rows] or empty.
std::vector<DuplicateGroup> duplicates(const Matrix& unit,
                                       std::span<const PictureFacts> facts,
                                       Tier tier,
                                       const DuplicateOptions& options = {});

}  // namespace troodon::explore
