#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/tiles.hpp"
#include "graph/body.hpp"

namespace troodon::graph {

/// A row and how near it is, in one number: smaller is nearer, ties by the lower row. The lowest
/// 32 bits are the row, with the highest of them as a mark that its links were followed.
using Key = uint64_t;
constexpr Key kFollowed = Key{1} << 31;

inline Key key_of(int32_t product, uint32_t row) {
  return static_cast<Key>(0x7FFFFFFF - static_cast<int64_t>(product)) << 32 | row;
}
inline uint32_t row_of(Key key) {
  return static_cast<uint32_t>(key) & 0x7FFFFFFF;
}
inline int32_t product_of(Key key) {
  return static_cast<int32_t>(0x7FFFFFFF - static_cast<int64_t>(key >> 32));
}

/// The nearest `width` of what was offered, ascending.
class Pool {
 public:
  void clear(size_t width) { width_ = width, keys_.reserve(width + 1), keys_.clear(); }
  bool takes(Key key) const { return keys_.size() < width_ || key < keys_.back(); }
  /// Its place; width() if it is too far.
  size_t offer(Key key);
  size_t size() const { return keys_.size(); }
  size_t width() const { return width_; }
  bool full() const { return keys_.size() == width_; }
  Key& operator[](size_t i) { return keys_[i]; }
  Key back() const { return keys_.back(); }
  std::span<const Key> keys() const { return keys_; }
  /// As if no links were followed.
  void forget_followed() {
    for (Key& key : keys_) key &= ~kFollowed;
  }

 private:
  size_t width_ = 0;
  std::vector<Key> keys_;
};

/// A code as whole numbers.
struct Question {
  Lines<int8_t> values;  ///< [stride]
  int32_t offset = 0;    ///< 128 times their sum
};

/// What a search needs and the next one uses again, so that none allocates.
struct Scratch {
  std::vector<uint8_t> seen;  ///< [rows] the number of the walk that met a row last
  uint8_t walk = 0;
  Question question, other;
  std::vector<float> unit, turned;
  Pool pool;
  std::vector<Key> heap;
  std::vector<uint32_t> ids;
  std::vector<int32_t> products;
  std::vector<Key> mates, candidates, chosen;  ///< of a build
  int64_t compared = 0;                        ///< rows, since it was last set to 0

  /// Begins a walk in which no row was met.
  void restart(int64_t rows);
  bool meet(uint32_t row) {
    if (seen[row] == walk) return false;
    seen[row] = walk;
    return true;
  }
};

/// A stored code as a question.
void ask_row(const Body& body, uint32_t row, Question& question);
/// Normalises (scratch.unit), turns and rounds a vector: scratch.question.
void ask(const Body& body, const float* query, Scratch& scratch);

/// Products of a question with rows: out [rows.size()].
void compare(const Body& body,
             const Question& question,
             std::span<const uint32_t> rows,
             int32_t* out);
/// scratch.question with scratch.ids, to scratch.products.
void compare(const Body& body, Scratch& scratch);

/// From the entry down to above `layer`: the nearest row that greedy steps find. `without` is never
/// returned unless it is the entry.
Key descend(const Body& body, int64_t layer, Scratch& scratch);

/// Follows links of a layer from the pool's rows until its best are all followed. Rows that were
/// met already stay out: begin with restart().
void walk(const Body& body, int64_t layer, Scratch& scratch);

/// Which rows may be found.
struct Allowed {
  const Bits* allow = nullptr;
  const Body* body = nullptr;
  bool operator()(uint32_t row) const {
    if (body->is_removed(row)) return false;
    return allow == nullptr ||
           (row / 64 < allow->size() && ((*allow)[row / 64] >> (row % 64) & 1) != 0);
  }
  int64_t count() const;
};

/// The same on layer 0 from one row, with a pool of allowed rows; others lead on. Returns whether
/// it ended before `most` comparisons.
bool walk_allowed(
    const Body& body, const Allowed& allowed, Key from, int64_t most, Scratch& scratch);

/// Offers all allowed rows.
void scan_allowed(const Body& body, const Allowed& allowed, Scratch& scratch);

}  // namespace troodon::graph
