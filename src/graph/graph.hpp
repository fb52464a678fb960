#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/file.hpp"
#include "index/features.hpp"
#include "index/nearest.hpp"

namespace troodon::graph {

struct Body;

/// What is kept of the rows beside 8-bit codes, to score the best candidates with.
enum class Originals : uint8_t {
  none = 0,  ///< scores come from codes: within some 0.003 of the product
  half = 1,  ///< float16, twice the codes' size: within 0.0005
  full = 2,  ///< float32
};

struct GraphOptions {
  int64_t degree = 16;  ///< links a row chooses on upper layers, twice as many on the lowest (M)
  int64_t width = 128;  ///< candidates among which it chooses (ef_construction)
  Originals originals = Originals::half;
  uint64_t seed = 0;   ///< of the layers' draw
  size_t threads = 0;  ///< 0: all cores; the graph is the same for any number
};

/// Which rows may be found: bit `row % 64` of word `row / 64`.
using Bits = std::vector<uint64_t>;

struct SearchOptions {
  int64_t k = 10;
  int64_t width = 0;            ///< candidates held (ef), at least k; 0: Graph::width()
  const Bits* allow = nullptr;  ///< nullptr: all rows; rows past its end may not be found
  size_t threads = 1;           ///< queries are shared among them; 0: all cores
};

struct RecallOptions {
  int64_t sample = 256;   ///< rows that ask for their neighbours, themselves left out of the graph
  int64_t k = 10;         ///< neighbours that count
  double target = 0.95;   ///< share of the exact neighbours to be found
  int64_t widest = 4096;  ///< the search stops there
  uint64_t seed = 0;      ///< of the sample
  size_t threads = 0;     ///< 0: all cores
};

/// How many of the exact neighbours a width finds.
struct Recall {
  int64_t width = 0;
  double recall = 0;     ///< mean over the sample
  int64_t sample = 0;    ///< rows that were asked
  bool reached = false;  ///< the target; else `width` is the widest tried
};

/// Approximate nearest neighbours of unit vectors by inner product: a hierarchical navigable small
/// world (Malkov and Yashunin 2018) over 8-bit codes of randomly turned rows; the best candidates
/// are scored exactly. Const functions may run in several threads at once, without locks; the
/// others need the graph for themselves.
class Graph {
 public:
  /// Rows [n, dim] of unit length. Throws Error (exit 4) for rows that are not, for more than 2^31
  /// - 2 of them and for dim outside 1 ... 16384; (exit 130) after an interrupt.
  static Graph build(const index::Matrix& rows, const GraphOptions& options = {});

  /// A file that save() wrote, mapped: pages come as they are needed, and processes share them.
  /// Sizes, header and links are checked. Throws Error naming the file and the fault.
  static Graph open(const fs::path& file);

  /// The same, read into memory with its checksum verified: the fastest to search.
  static Graph load(const fs::path& file);

  /// Adds rows, numbered from rows() on; as build() would, but the order of additions counts. An
  /// opened graph moves to memory. Throws as build() does.
  void add(const index::Matrix& rows, size_t threads = 0);

  /// These rows are found no more, but still lead to others; compacting is a new build. Throws
  /// Error (exit 4) for numbers outside [0, rows()). Twice is once.
  void remove(std::span<const int64_t> rows);

  /// The k best rows of each query [queries, dim], best first, ties by the lower row; where fewer
  /// may be found, index -1 and score -infinity fill up. Queries are normalised. Few allowed rows
  /// are compared one by one, which finds them all. Throws Error if the widths differ.
  index::Neighbours search(const index::Matrix& queries, const SearchOptions& options = {}) const;

  /// The smallest width that reaches the target on a sample, against exact search; it becomes
  /// width() and is saved.
  Recall tune(const RecallOptions& options = {});

  /// Recall of one width on such a sample.
  Recall recall_on_sample(int64_t width, const RecallOptions& options = {}) const;

  /// Writes the graph (docs/formats.md, "Graph"), atomically. Throws Error.
  void save(const fs::path& file) const;

  int64_t rows() const;  ///< with removed ones
  int64_t dim() const;
  int64_t removed() const;
  bool is_removed(int64_t row) const;
  int64_t width() const;        ///< of searches that do not say; 64 until tune()
  double tuned_recall() const;  ///< what tune() measured; 0: never
  int64_t bytes() const;        ///< that it takes in memory or as a file, about
  const GraphOptions& options() const;

  Graph(Graph&&) noexcept;
  Graph& operator=(Graph&&) noexcept;
  ~Graph();

 private:
  explicit Graph(std::unique_ptr<Body> body);
  std::unique_ptr<Body> body_;
};

}  // namespace troodon::graph
