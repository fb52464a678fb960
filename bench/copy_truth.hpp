#pragma once

#include <functional>
#include <optional>

#include "data/source.hpp"
#include "fingerprint/edits.hpp"

// Pictures whose copies are known, for measuring what finds them.
namespace troodon::bench {

/// Each query is compared with each reference; those of one group are copies. A query that is
/// itself a reference is not compared with that one.
struct CopyTruth {
  struct Picture {
    size_t file = 0;         ///< in files
    size_t group = 0;        ///< SIZE_MAX: nobody's copy
    std::string transform;   ///< of a query; "": no copy, here to be mistaken for one
    size_t self = SIZE_MAX;  ///< of a query: its place among the references
    std::optional<fingerprint::Copy> copy;  ///< that is made of the file; none: the file itself
  };
  std::vector<data::Item> files;
  std::vector<Picture> queries, references;

  const std::string& name(const Picture& picture) const { return files[picture.file].path; }
};

/// The folder may be
///   any pictures          half of them, drawn by the seed, are edited in sixteen ways
///   one with gnd.csv      query,original,transform: paths relative to the folder above
///   one with pool.csv     path,label,kind,dup_of,transform: the same, compared with each other
/// limit: of any pictures so many at most, drawn by the seed; 0: all. Throws Error.
CopyTruth read_truth(const std::string& folder, uint64_t seed, size_t limit = 0);

/// All pictures of these folders as references that are nobody's copies.
void add_distractors(CopyTruth& truth, const std::vector<std::string>& folders);

/// Where a picture belongs, and its pixels.
using Look = std::function<void(bool query, size_t place, const image::Image&)>;

/// Shows every query and reference once, on all cores; each file is decoded once. Throws Error if
/// one cannot be read.
void look_at_all(const CopyTruth& truth, const Look& look);

}  // namespace troodon::bench
