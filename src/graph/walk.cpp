#include "graph/walk.hpp"

#include <bit>
#include <cmath>
#include <functional>

namespace troodon::graph {
namespace {

/// The rows that a row leads to and that were not met, to scratch.ids.
void gather(const Body& body, uint32_t row, int64_t layer, Scratch& scratch) {
  const uint32_t* list = body.list(row, layer);
  const int64_t places = body.places(layer);
  scratch.ids.clear();
  for (int64_t i = 0; i < places && list[i] != kNone; ++i)
    if (scratch.meet(list[i])) scratch.ids.push_back(list[i]);
}

void fetch_list(const Body& body, uint32_t row, int64_t layer) {
  const uint32_t* list = body.list(row, layer);
  for (int64_t i = 0; i < body.places(layer); i += 16) __builtin_prefetch(list + i);
}

}  // namespace

size_t Pool::offer(Key key) {
  if (!takes(key)) return width_;
  const auto at = std::lower_bound(keys_.begin(), keys_.end(), key);
  const auto place = static_cast<size_t>(at - keys_.begin());
  if (full()) keys_.pop_back();
  keys_.insert(keys_.begin() + static_cast<int64_t>(place), key);
  return place;
}

void Scratch::restart(int64_t rows) {
  if (seen.size() < static_cast<size_t>(rows)) seen.resize(rows, 0);
  if (++walk == 0) {
    std::fill(seen.begin(), seen.end(), uint8_t{0});
    walk = 1;
  }
}

void ask_row(const Body& body, uint32_t row, Question& question) {
  const uint8_t* code = body.codes.data() + static_cast<size_t>(row) * body.stride();
  int8_t* values = question.values.room(body.stride());
  int32_t sum = 0;
  for (int64_t d = 0; d < body.stride(); ++d) {
    const int value = code[d] - 128;
    values[d] = static_cast<int8_t>(value), sum += value;
  }
  question.offset = 128 * sum;
}

void ask(const Body& body, const float* query, Scratch& scratch) {
  scratch.unit.assign(query, query + body.dim());
  index::normalize_rows(scratch.unit, body.dim());
  scratch.turned = scratch.unit;
  body.coder.turn(scratch.turned.data());
  int8_t* values = scratch.question.values.room(body.stride());
  body.coder.round(scratch.turned.data(), values);
  int32_t sum = 0;
  for (int64_t d = 0; d < body.stride(); ++d) sum += values[d];
  scratch.question.offset = 128 * sum;
}

void compare(const Body& body,
             const Question& question,
             std::span<const uint32_t> rows,
             int32_t* out) {
  kernels().byte_products(question.values.data(), body.codes.data(), body.stride(), rows, out);
  for (size_t i = 0; i < rows.size(); ++i) out[i] -= question.offset;
}

void compare(const Body& body, Scratch& scratch) {
  scratch.products.resize(scratch.ids.size());
  compare(body, scratch.question, scratch.ids, scratch.products.data());
  scratch.compared += static_cast<int64_t>(scratch.ids.size());
}

Key descend(const Body& body, int64_t layer, Scratch& scratch) {
  scratch.ids.assign(1, body.entry);
  compare(body, scratch);
  Key best = key_of(scratch.products[0], body.entry);
  for (int64_t at = body.top[body.entry]; at > layer; --at) {
    for (bool nearer = true; nearer;) {
      nearer = false;
      const uint32_t* list = body.list(row_of(best), at);
      scratch.ids.clear();
      for (int64_t i = 0; i < body.places(at) && list[i] != kNone; ++i)
        scratch.ids.push_back(list[i]);
      compare(body, scratch);
      for (size_t i = 0; i < scratch.ids.size(); ++i) {
        const Key key = key_of(scratch.products[i], scratch.ids[i]);
        if (key < best) best = key, nearer = true;
      }
    }
  }
  return best;
}

void walk(const Body& body, int64_t layer, Scratch& scratch) {
  Pool& pool = scratch.pool;
  for (size_t at = 0; at < pool.size();) {
    if ((pool[at] & kFollowed) != 0) {
      ++at;
      continue;
    }
    const uint32_t row = row_of(pool[at]);
    pool[at] |= kFollowed;
    gather(body, row, layer, scratch);
    if (at + 1 < pool.size()) fetch_list(body, row_of(pool[at + 1]), layer);
    compare(body, scratch);
    size_t nearest = at + 1;
    for (size_t i = 0; i < scratch.ids.size(); ++i)
      nearest = std::min(nearest, pool.offer(key_of(scratch.products[i], scratch.ids[i])));
    at = nearest;
  }
}

int64_t Allowed::count() const {
  if (allow == nullptr) return body->rows - body->removed_count;
  int64_t out = 0;
  const size_t words = std::min(allow->size(), body->removed.size());
  for (size_t w = 0; w < words; ++w) {
    uint64_t word = (*allow)[w] & ~body->removed[w];
    if (w == static_cast<size_t>(body->rows) / 64) word &= (uint64_t{1} << (body->rows % 64)) - 1;
    out += std::popcount(word);
  }
  return out;
}

bool walk_allowed(
    const Body& body, const Allowed& allowed, Key from, int64_t most, Scratch& scratch) {
  Pool& pool = scratch.pool;
  std::vector<Key>& heap = scratch.heap;
  heap.assign(1, from);
  if (allowed(row_of(from))) pool.offer(from);
  scratch.compared = 0;
  while (!heap.empty()) {
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    const Key next = heap.back();
    heap.pop_back();
    if (!pool.takes(next)) break;
    if (scratch.compared > most) return false;
    gather(body, row_of(next), 0, scratch);
    compare(body, scratch);
    for (size_t i = 0; i < scratch.ids.size(); ++i) {
      const Key key = key_of(scratch.products[i], scratch.ids[i]);
      if (!pool.takes(key)) continue;
      if (allowed(scratch.ids[i])) pool.offer(key);
      heap.push_back(key);
      std::push_heap(heap.begin(), heap.end(), std::greater<>());
    }
  }
  return true;
}

void scan_allowed(const Body& body, const Allowed& allowed, Scratch& scratch) {
  constexpr size_t kAtOnce = 256;
  const auto offer_all = [&] {
    compare(body, scratch);
    for (size_t i = 0; i < scratch.ids.size(); ++i)
      scratch.pool.offer(key_of(scratch.products[i], scratch.ids[i]));
    scratch.ids.clear();
  };
  scratch.ids.clear();
  for (size_t w = 0; w < body.removed.size(); ++w) {
    uint64_t word = ~body.removed[w];
    if (allowed.allow != nullptr) word &= w < allowed.allow->size() ? (*allowed.allow)[w] : 0;
    for (; word != 0; word &= word - 1) {
      const auto row = static_cast<uint32_t>(64 * w + static_cast<size_t>(std::countr_zero(word)));
      if (row >= body.rows) break;
      scratch.ids.push_back(row);
      if (scratch.ids.size() == kAtOnce) offer_all();
    }
  }
  offer_all();
}

}  // namespace troodon::graph
