#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/file.hpp"
#include "graph/array.hpp"
#include "graph/codes.hpp"
#include "graph/graph.hpp"
#include "graph/kernels.hpp"

namespace troodon::graph {

constexpr uint32_t kNone = 0xFFFFFFFF;  ///< ends a list of links
constexpr int64_t kMostRows = (int64_t{1} << 31) - 2;
constexpr int64_t kWidest = 16384;  ///< dimensions
constexpr int64_t kLeastDegree = 2, kMostDegree = 128;

/// All that a graph is. Lists of links lie in one array per kind and end with kNone unless full.
struct Body {
  explicit Body(int64_t dim, const GraphOptions& given) : options(given), coder(dim) {}

  GraphOptions options;
  Coder coder;
  int64_t rows = 0;
  Array<uint8_t> codes;        ///< [rows, stride], value + 128
  Array<uint32_t> links;       ///< [rows, 2 degree], layer 0
  Array<uint8_t> top;          ///< [rows] each row's highest layer
  Array<uint32_t> upper_at;    ///< [rows] its first list among the upper ones, if top > 0
  Array<uint32_t> upper;       ///< [lists, degree], of a row for layers 1 ... top
  Array<std::byte> originals;  ///< [rows, dim] float16 or float32, or empty
  Array<uint64_t> removed;     ///< [(rows + 63) / 64]
  int64_t removed_count = 0;
  uint32_t entry = kNone;  ///< where searches begin: a row of the highest layer
  int64_t width = 64;
  double recall = 0;
  std::optional<MappedFile> file;  ///< what the arrays look into

  int64_t dim() const { return coder.dim(); }
  int64_t stride() const { return coder.stride(); }
  int64_t places(int64_t layer) const { return layer == 0 ? 2 * options.degree : options.degree; }
  size_t list_at(uint32_t row, int64_t layer) const {
    return layer == 0 ? static_cast<size_t>(row) * places(0)
                      : (static_cast<size_t>(upper_at[row]) + layer - 1) * places(1);
  }
  const uint32_t* list(uint32_t row, int64_t layer) const {
    return (layer == 0 ? links.data() : upper.data()) + list_at(row, layer);
  }
  uint32_t* own_list(uint32_t row, int64_t layer) {
    return (layer == 0 ? links.own() : upper.own()) + list_at(row, layer);
  }
  bool is_removed(uint32_t row) const { return (removed[row / 64] >> (row % 64) & 1) != 0; }

  /// Product with an original, of which there must be some.
  float product(const float* query, uint32_t row) const;
};

/// Rows first ... first + count - 1, originals or what their codes say: out [count, dim].
void read_rows(const Body& body, int64_t first, int64_t count, float* out);

/// The file (docs/formats.md, "Graph").
void write_body(const Body& body, const fs::path& file);
enum class Residence { mapped, memory };
std::unique_ptr<Body> read_body(const fs::path& file, Residence residence);

/// Appends rows and links them; see Graph::add.
void insert(Body& body, const index::Matrix& rows, size_t threads);

}  // namespace troodon::graph
