#include <algorithm>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/team.hpp"
#include "graph/append.hpp"
#include "graph/choose.hpp"
#include "graph/walk.hpp"

namespace troodon::graph {
namespace {

/// Rows that are linked at once, at most: each sees the graph before them, and all of them one by
/// one. So the graph does not depend on which thread is faster.
constexpr int64_t kBatch = 1024;

/// `from` chose `to` on a layer.
struct Choice {
  uint32_t layer, to, from;
  auto operator<=>(const Choice&) const = default;
};

/// Rows [begin, end), not linked yet.
struct Batch {
  int64_t begin, end;
};

/// The other rows of the batch, by nearness, to scratch.mates.
void meet_mates(const Body& body, const Batch& batch, uint32_t row, Scratch& scratch) {
  scratch.ids.clear();
  for (int64_t mate = batch.begin; mate < batch.end; ++mate)
    if (mate != row) scratch.ids.push_back(static_cast<uint32_t>(mate));
  compare(body, scratch);
  scratch.mates.clear();
  for (size_t i = 0; i < scratch.ids.size(); ++i)
    scratch.mates.push_back(key_of(scratch.products[i], scratch.ids[i]));
}

/// Those mates that have the layer and are as near as what the walk found, beside it; ascending.
void add_mates(const Body& body, int64_t layer, Scratch& scratch) {
  const Pool& pool = scratch.pool;
  std::vector<Key>& all = scratch.candidates;
  for (const Key mate : scratch.mates)
    if (pool.takes(mate) && body.top[row_of(mate)] >= layer) all.push_back(mate);
  std::sort(all.begin(), all.end());
  if (all.size() > pool.width()) all.resize(pool.width());
}

/// Links a row to what is there; `choices` [<= places of its layers].
void link(
    Body& body, const Batch& batch, uint32_t row, Scratch& scratch, std::vector<Choice>& choices) {
  ask_row(body, row, scratch.question);
  const int64_t top = body.top[row];
  const int64_t there = body.entry == kNone ? -1 : body.top[body.entry];
  scratch.pool.clear(body.options.width);
  if (there >= 0) scratch.pool.offer(descend(body, std::min(top, there), scratch));
  meet_mates(body, batch, row, scratch);
  for (int64_t layer = top; layer >= 0; --layer) {
    scratch.candidates.clear();
    if (layer <= there) {
      scratch.restart(body.rows);
      for (const Key key : scratch.pool.keys()) scratch.meet(row_of(key));
      walk(body, layer, scratch);
      scratch.pool.forget_followed();
      scratch.candidates.assign(scratch.pool.keys().begin(), scratch.pool.keys().end());
    }
    add_mates(body, layer, scratch);
    choose(body, scratch.candidates, body.places(layer), scratch);
    uint32_t* list = body.own_list(row, layer);
    for (const uint32_t to : scratch.ids) {
      *list++ = to;
      choices.push_back({static_cast<uint32_t>(layer), to, row});
    }
  }
}

/// Links a row back to those that chose it; where there are too many, it chooses anew.
void link_back(Body& body, std::span<const Choice> by, Scratch& scratch) {
  const auto [layer, row, first] = by.front();
  const int64_t places = body.places(layer);
  uint32_t* list = body.own_list(row, layer);
  std::vector<uint32_t>& ids = scratch.ids;
  ids.clear();
  for (int64_t i = 0; i < places && list[i] != kNone; ++i) ids.push_back(list[i]);
  const auto old = static_cast<int64_t>(ids.size());
  for (const Choice& choice : by)
    if (std::find(ids.begin(), ids.begin() + old, choice.from) == ids.begin() + old)
      ids.push_back(choice.from);
  if (static_cast<int64_t>(ids.size()) > places) {
    ask_row(body, row, scratch.question);
    compare(body, scratch);
    scratch.candidates.clear();
    for (size_t i = 0; i < ids.size(); ++i)
      scratch.candidates.push_back(key_of(scratch.products[i], ids[i]));
    std::sort(scratch.candidates.begin(), scratch.candidates.end());
    choose(body, scratch.candidates, places, scratch);  // to ids, too
  }
  std::copy(ids.begin(), ids.end(), list);
  std::fill(list + ids.size(), list + places, kNone);
}

void link_all(Body& body, const Batch& batch, Team& team, std::vector<Scratch>& scratches) {
  std::vector<std::vector<Choice>> made(batch.end - batch.begin);
  team.run(made.size(), [&](size_t i, size_t worker) {
    link(body, batch, static_cast<uint32_t>(batch.begin + i), scratches[worker], made[i]);
  });
  std::vector<Choice> all;
  for (const auto& some : made) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  std::vector<std::span<const Choice>> groups;
  for (size_t at = 0, next = 0; at < all.size(); at = next) {
    while (next < all.size() && all[next].layer == all[at].layer && all[next].to == all[at].to)
      ++next;
    groups.push_back(std::span<const Choice>(all).subspan(at, next - at));
  }
  team.run(groups.size(),
           [&](size_t i, size_t worker) { link_back(body, groups[i], scratches[worker]); });
  for (int64_t row = batch.begin; row < batch.end; ++row)
    if (body.entry == kNone || body.top[row] > body.top[body.entry])
      body.entry = static_cast<uint32_t>(row);
}

}  // namespace

void insert(Body& body, const index::Matrix& rows, size_t threads) {
  int64_t first = body.rows;
  append(body, rows, threads);
  Team team(threads == 0 ? core_count() : threads);
  std::vector<Scratch> scratches(team.size());
  while (first < body.rows) {
    if (interrupted()) fail(Exit::interrupted, "the graph's build was interrupted");
    const int64_t size = std::min({kBatch, std::max<int64_t>(64, first / 4), body.rows - first});
    link_all(body, {first, first + size}, team, scratches);
    first += size;
  }
}

}  // namespace troodon::graph
