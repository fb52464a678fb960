#pragma once

#include <optional>

#include "collection/finder.hpp"
#include "search/regions.hpp"

namespace troodon::search {

/// What is looked for: pictures like these, unlike those, or with a part like this one.
struct Question {
  std::vector<std::vector<float>> plus, minus;  ///< vectors of unit length
  std::vector<Region> region;                   ///< one part at several sizes; plus and minus are
                                                ///< not asked then
};

struct Options {
  int64_t k = 24;
  collection::Filter filter;
  double diversity = 0;         ///< 0: the most alike; 1: the most different ones among them
  bool collapse = false;        ///< near copies are folded into the best of them
  std::vector<int64_t> except;  ///< ids that aren't shown: the query itself
};

/// How alike a score is, in words.
struct Words {
  float copy = 0.98F;  ///< nearly the same picture
  float same = 0.9F;   ///< as alike as one in a thousand pairs of the collection
  float alike = 0.7F;  ///< as alike as one in fifty
};

struct Found {
  collection::Picture picture;
  float score = 0;             ///< cosine to what was asked; of a region see RegionHit
  std::string word;            ///< "copy", "same", "alike" or ""
  std::optional<Share> place;  ///< of a region
  std::vector<int64_t> copies;
};

struct Answer {
  std::vector<Found> hits;
  bool exact = true;
  double search_ms = 0, fetch_ms = 0;
};

/// Questions to one collection. Safe from any thread.
class Searcher {
 public:
  explicit Searcher(std::shared_ptr<const collection::Store> store,
                    const collection::FinderOptions& options = {});

  /// Takes over what the store has learnt since.
  void refresh();

  /// Throws Error (Exit::usage) where nothing is asked for; (Exit::input) where vectors have
  /// another width.
  Answer ask(const Question& question, const Options& options = {}) const;

  Words words() const;
  const collection::Finder& finder() const { return finder_; }
  const collection::Store& store() const { return *store_; }

 private:
  std::vector<collection::Hit> nearest(const Question& question, const Options& options) const;

  std::shared_ptr<const collection::Store> store_;
  collection::Finder finder_;
  RegionFinder regions_;
  mutable std::mutex mutex_;
  Words words_;
  int64_t measured_ = -1;  ///< pictures that words_ was measured on
};

/// Rocchio's query (1971): the mean of what is wanted less half of the mean of what isn't, unit
/// length.
std::vector<float> combined(const Question& question);

/// Scores of random pairs say what alike means here.
Words words_of(const collection::Vectors& vectors, int64_t dim);

}  // namespace troodon::search
