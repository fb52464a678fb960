#pragma once

#include "curate/graph.hpp"
#include "stages/copies.hpp"
#include "stages/pool.hpp"
#include "stages/removal.hpp"
#include "stages/running.hpp"

namespace troodon::stages {

enum class Linkage {
  star,       ///< every removed picture is alike the one that stays for it
  component,  ///< the paper's: of each connected component one stays
};

enum class Search {
  automatic,  ///< exact up to 200,000 pictures
  exact,      ///< every pair
  buckets,    ///< pairs in neighbouring buckets; the recall is measured and printed
};

struct SearchOptions {
  Search search = Search::automatic;
  curate::GraphOptions graph;
  curate::BucketOptions buckets;
};

/// The pool's similarity graph; the threads are running's.
curate::Graph graph_of(const index::Rows& rows,
                       const SearchOptions& options,
                       const Running& running,
                       const Work& work);

/// All of these settings that pieces of work depend on.
std::string text_of(const SearchOptions& options);

struct DedupOptions {
  fs::path features;     ///< of the pool; "": none, pictures alone decide
  std::string pictures;  ///< the pool's source or file of looks: equal files and fingerprints
                         ///< count, too; "": not
  bool fingerprints =
      true;  ///< false: of pictures, only equal files count (no time with the square)
  fs::path only;
  fs::path order;    ///< a list or manifest of paths, best first: which of several copies stays; ""
                     ///< with pictures the one with the most pixels, then bytes; else the first
  fs::path out;      ///< manifest of the pictures that stay
  fs::path removed;  ///< manifest of the others, each with its reason and its representative
  Linkage linkage = Linkage::star;
  SearchOptions search;
  Running running;
};

/// Self-deduplication (paper section 3): pictures are copies when their files are equal, their
/// fingerprints say so, or their features are alike; one of them stays. Throws Error.
Removal dedup(const DedupOptions& options);

}  // namespace troodon::stages
