#include "explore/duplicates.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>
#include <unordered_map>

#include "base/error.hpp"
#include "curate/graph.hpp"
#include "fingerprint/copies.hpp"
#include "index/dot.hpp"

namespace troodon::explore {
namespace {

/// Two rows that are alike.
struct Link {
  uint32_t a = 0, b = 0;
  Tier tier = Tier::same;
  float cosine = 0;
};

/// Rows that stand for themselves and for those whose files are equal to theirs.
struct Distinct {
  std::vector<int64_t> rows;                  ///< the first of each content
  std::vector<std::vector<int64_t>> members;  ///< all of each content, ascending
};

Distinct distinct_contents(int64_t rows, std::span<const PictureFacts> facts) {
  Distinct out;
  std::unordered_map<uint64_t, size_t> places;
  for (int64_t row = 0; row < rows; ++row) {
    const uint64_t content = facts.empty() ? 0 : facts[static_cast<size_t>(row)].content;
    const auto [at, fresh] = places.try_emplace(content, out.rows.size());
    if (content == 0 || fresh) {
      out.rows.push_back(row);
      out.members.push_back({row});
    } else {
      out.members[at->second].push_back(row);
    }
  }
  return out;
}

/// Copies by fingerprints, numbered as `distinct` does.
void add_copies(const Distinct& distinct,
                std::span<const PictureFacts> facts,
                const DuplicateOptions& options,
                std::vector<Link>& links) {
  std::vector<fingerprint::Fingerprint> prints;
  std::vector<uint32_t> places;
  for (size_t i = 0; i < distinct.rows.size() && !facts.empty(); ++i) {
    const auto* print = facts[static_cast<size_t>(distinct.rows[i])].print;
    if (print == nullptr) continue;
    prints.push_back(*print);
    places.push_back(static_cast<uint32_t>(i));
  }
  for (const auto& found : fingerprint::find_copies(prints, {.threads = options.threads}))
    links.push_back({places[found.first], places[found.second], Tier::copy, 1});
}

void add_alike(const Matrix& unit,
               const Distinct& distinct,
               Tier tier,
               const DuplicateOptions& options,
               std::vector<Link>& links) {
  const double least = tier == Tier::same ? options.same : options.copy;
  const auto graph = curate::exact_graph(
      index::chosen(index::rows_of(unit), distinct.rows),
      {.threshold = std::nextafter(least, -1), .neighbours = 0, .threads = options.threads});
  for (const auto& edge : graph.edges) {
    const Tier found = edge.similarity >= options.copy ? Tier::copy : Tier::same;
    links.push_back({edge.a, edge.b, found, edge.similarity});
  }
}

/// One link a pair, the strictest; the strongest first.
std::vector<Link> strongest_first(std::vector<Link> links) {
  const auto strength = [](const Link& link) {
    return std::tuple(link.tier, -link.cosine, link.a, link.b);
  };
  std::ranges::sort(links, {}, [&](const Link& link) {
    return std::tuple(link.a, link.b, link.tier, -link.cosine);
  });
  const auto rest = std::ranges::unique(
      links, [](const Link& x, const Link& y) { return x.a == y.a && x.b == y.b; });
  links.erase(rest.begin(), rest.end());
  std::ranges::sort(links, {}, strength);
  return links;
}

/// Sets that two join only if every pair across them is linked.
class Linkage {
 public:
  Linkage(size_t count, const std::vector<Link>& links) : set_(count), members_(count), to_(count) {
    for (size_t i = 0; i < count; ++i) {
      set_[i] = static_cast<uint32_t>(i);
      members_[i] = {static_cast<uint32_t>(i)};
    }
    for (const Link& link : links) {
      ++to_[link.a][link.b].links;
      ++to_[link.b][link.a].links;
      loosen(to_[link.a][link.b], link.tier), loosen(to_[link.b][link.a], link.tier);
    }
    tier_.assign(count, Tier::identical);
  }

  void join(uint32_t first, uint32_t second) {
    uint32_t a = set_[first], b = set_[second];
    if (a == b) return;
    const Across across = to_[a].at(b);
    if (across.links != members_[a].size() * members_[b].size()) return;
    if (to_[a].size() < to_[b].size()) std::swap(a, b);
    tier_[a] = std::max({tier_[a], tier_[b], across.tier});
    for (const uint32_t member : members_[b]) set_[member] = a;
    members_[a].insert(members_[a].end(), members_[b].begin(), members_[b].end());
    to_[a].erase(b), to_[b].erase(a);
    for (const auto& [other, links] : to_[b]) {
      for (Across* const sum : {&to_[a][other], &to_[other][a]}) {
        sum->links += links.links;
        loosen(*sum, links.tier);
      }
      to_[other].erase(b);
    }
    members_[b].clear(), to_[b].clear();
  }

  const std::vector<std::vector<uint32_t>>& sets() const { return members_; }
  Tier tier(size_t set) const { return tier_[set]; }

 private:
  struct Across {
    size_t links = 0;
    Tier tier = Tier::identical;
  };
  static void loosen(Across& across, Tier tier) { across.tier = std::max(across.tier, tier); }

  std::vector<uint32_t> set_;
  std::vector<std::vector<uint32_t>> members_;
  std::vector<std::unordered_map<uint32_t, Across>> to_;
  std::vector<Tier> tier_;
};

/// The one to keep to the front, the others by number.
void keep_first(std::vector<int64_t>& rows, std::span<const PictureFacts> facts) {
  std::ranges::sort(rows);
  if (facts.empty()) return;
  const auto best = std::ranges::min_element(rows, {}, [&](int64_t row) {
    const PictureFacts& x = facts[static_cast<size_t>(row)];
    return std::tuple(-x.pixels, -x.bytes, x.path.size(), row);
  });
  std::rotate(rows.begin(), best, best + 1);
}

float least_cosine(const Matrix& unit, const std::vector<int64_t>& rows) {
  if (unit.rows == 0) return 1;
  float least = 1;
  for (size_t i = 0; i < rows.size(); ++i) {
    for (size_t j = i + 1; j < rows.size(); ++j) {
      float cosine = 0;
      index::dot_products(
          {unit.row(rows[i]), 1, unit.dim}, {unit.row(rows[j]), 1, unit.dim}, &cosine, 1);
      least = std::min(least, cosine);
    }
  }
  return least;
}

}  // namespace

const char* name_of(Tier tier) {
  constexpr const char* kNames[] = {"identical", "copy", "same"};
  return kNames[static_cast<size_t>(tier)];
}

Tier tier_named(const std::string& name) {
  for (const Tier tier : {Tier::identical, Tier::copy, Tier::same}) {
    if (name == name_of(tier)) return tier;
  }
  fail(Exit::usage, "'{}' is no tier of duplicates; say identical, copy or same", name);
}

std::vector<DuplicateGroup> duplicates(const Matrix& unit,
                                       std::span<const PictureFacts> facts,
                                       Tier tier,
                                       const DuplicateOptions& options) {
  const auto rows = unit.rows > 0 ? unit.rows : static_cast<int64_t>(facts.size());
  if (!facts.empty() && static_cast<int64_t>(facts.size()) != rows)
    fail("{} vectors and facts of {} pictures do not belong together", rows, facts.size());
  const Distinct distinct = distinct_contents(rows, facts);
  std::vector<Link> links;
  if (tier != Tier::identical) {
    add_copies(distinct, facts, options, links);
    if (unit.rows > 0) add_alike(unit, distinct, tier, options, links);
  }
  links = strongest_first(std::move(links));
  Linkage linkage(distinct.rows.size(), links);
  for (const Link& link : links) linkage.join(link.a, link.b);
  std::vector<DuplicateGroup> out;
  for (size_t set = 0; set < linkage.sets().size(); ++set) {
    DuplicateGroup group{.tier = linkage.tier(set)};
    for (const uint32_t member : linkage.sets()[set]) {
      const auto& equal = distinct.members[member];
      group.rows.insert(group.rows.end(), equal.begin(), equal.end());
    }
    if (group.rows.size() < 2) continue;
    keep_first(group.rows, facts);
    group.least = least_cosine(unit, group.rows);
    out.push_back(std::move(group));
  }
  std::ranges::stable_sort(out, std::greater<>(), [](const DuplicateGroup& group) {
    return std::pair(group.rows.size(), -*std::ranges::min_element(group.rows));
  });
  return out;
}

}  // namespace troodon::explore
