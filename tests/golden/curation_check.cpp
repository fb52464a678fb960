#include <algorithm>
#include <map>
#include <regex>

#include "curate/components.hpp"
#include "curate/graph.hpp"
#include "curate/hierarchy.hpp"
#include "curate/relative.hpp"
#include "curate/retrieve.hpp"
#include "curate/sampling.hpp"
#include "curate/water_filling.hpp"
#include "golden.hpp"
#include "index/seeding.hpp"

namespace golden {
namespace {

using namespace troodon::curate;
namespace index = troodon::index;
using Numbers = std::vector<int64_t>;

index::Matrix rows_in(const Tensor& rows) {
  return {rows.data_ptr<float>(), rows.size(0), rows.size(1)};
}

template <class T>
Tensor numbers(const std::vector<T>& values) {
  const Numbers wide(values.begin(), values.end());
  return torch::tensor(wide, torch::kLong);
}

Numbers list(const Tensor& numbers) {
  return {numbers.data_ptr<int64_t>(), numbers.data_ptr<int64_t>() + numbers.numel()};
}

Tensor centroids_of(const index::Kmeans& fit) {
  return torch::tensor(fit.centroids).view({fit.clusters, fit.dim});
}

void check_water(const Case& c, Verdict& verdict) {
  for (const json& one : c.info.at("cases")) {
    const Numbers sizes = one.at("sizes"), base = one.at("base"), candidates = one.at("candidates");
    const int64_t target = one.at("target"), multiplier = one.at("multiplier");
    const int64_t cut = water_level(sizes, target, multiplier);
    verdict.near("cut", static_cast<double>(cut), one.at("cut"), 0);
    for (uint64_t seed = 0; seed < 5; ++seed) {
      Numbers quotas = water_filling(sizes, target, multiplier, seed);
      for (size_t i = 0; i < quotas.size(); ++i) {
        const bool may_have_more = std::ranges::count(candidates, static_cast<int64_t>(i)) > 0;
        verdict.expect("quota",
                       quotas[i] == base[i] || (may_have_more && quotas[i] == base[i] + 1));
      }
      std::ranges::sort(quotas);
      verdict.equal(
          "quotas, sorted", numbers(quotas), numbers(one.at("result_sorted").get<Numbers>()));
    }
  }
}

/// The draws of a k-means++ run, one after the other, as numbers in [0, 1).
std::vector<double> draws_of(const json& draws) {
  std::vector<double> out;
  for (const json& draw : draws) {
    if (draw.at(0) == "randint") {
      out.push_back((draw.at(2).get<double>() + 0.5) / draw.at(1).get<double>());
    } else {
      for (const double u : draw.at(1)) out.push_back(u);
    }
  }
  return out;
}

void check_seeds(const Case& c,
                 const std::string& level,
                 const index::Matrix& points,
                 Verdict& verdict) {
  const Tensor expected = c.tensor("kmeans.init" + level);
  const auto draws = draws_of(c.values().at("kmeans.init" + level + ".draws"));
  size_t next = 0;
  const auto seeds = plus_plus_seeds(points, expected.numel(), [&] { return draws.at(next++); });
  verdict.equal("kmeans.init" + level, numbers(seeds), expected);
  verdict.expect("all draws of level " + level + " are used", next == draws.size());
}

/// Members come in the order of their distances; where these are one to float's precision of the
/// coordinates, either order is right.
void check_order(const index::Kmeans& fit, const json& expected, Verdict& verdict) {
  const index::Members members = closest_first(fit);
  for (int64_t cluster = 0; cluster < fit.clusters; ++cluster) {
    const auto ours = members.of(cluster);
    const Numbers theirs = expected.at(static_cast<size_t>(cluster));
    const Numbers a(ours.begin(), ours.end());
    verdict.expect("members",
                   std::is_permutation(a.begin(), a.end(), theirs.begin(), theirs.end()));
    if (a.size() != theirs.size()) continue;
    for (size_t i = 0; i < a.size(); ++i)
      verdict.near(
          "order", fit.distance[a[i]], fit.distance[theirs[i]], 1e-3 * (1e-3 + fit.distance[a[i]]));
  }
}

HierarchyOptions hierarchy_options(const Case& c) {
  HierarchyOptions out{.iterations = c.config().at("n_iters")};
  for (const int64_t clusters : c.config().at("n_clusters"))
    out.levels.push_back({.clusters = clusters});
  return out;
}

void check_levels(const Case& c,
                  const std::string& prefix,
                  const Hierarchy& ours,
                  Verdict& verdict) {
  for (size_t l = 0; l < ours.levels.size(); ++l) {
    const std::string name = prefix + ".level" + std::to_string(l + 1);
    const index::Kmeans& fit = ours.levels[l].fit;
    verdict.equal(name + ".assignment", numbers(fit.cluster), c.tensor(name + ".assignment"));
    verdict.close(name + ".centroids", centroids_of(fit), c.tensor(name + ".centroids"), 1e-5);
    verdict.equal(name + ".sizes",
                  numbers(fit.sizes),
                  numbers(c.values().at(name + ".sizes").get<Numbers>()));
    const double potential = c.values().at(name + ".pot");
    if (potential >= 0) verdict.near(name + ".pot", fit.inertia, potential, 1e-5 * potential);
  }
}

/// Plain hierarchical k-means from the recorded seeds, and the seeds from the recorded draws.
Hierarchy check_plain(const Case& c, const Tensor& x, Verdict& verdict) {
  HierarchyOptions options = hierarchy_options(c);
  int level = 0;
  options.seeds = [&](const index::Matrix& points, int64_t) {
    const std::string name = std::to_string(++level);
    check_seeds(c, name, points, verdict);
    return list(c.tensor("kmeans.init" + name));
  };
  Hierarchy out = build_hierarchy(rows_in(x), options);
  check_levels(c, "kmeans", out, verdict);
  for (size_t l = 0; l < out.levels.size(); ++l) {
    const std::string name = ".level" + std::to_string(l + 1);
    verdict.equal("flat_sizes" + name,
                  numbers(out.levels[l].points),
                  numbers(c.values().at("flat_sizes" + name).get<Numbers>()));
    check_order(out.levels[l].fit, c.values().at("sorted_clusters" + name), verdict);
  }
  return out;
}

/// Replays a level's further rounds. Recorded seeds are places in the list of resampled points;
/// where two neighbours in it have distances that are one to float the reference left their order
/// to rounding, and both are tried.
class ResamplingReplay {
 public:
  ResamplingReplay(const Case& c,
                   const index::Matrix& points,
                   size_t level,
                   const HierarchyOptions& options)
      : c_(c), points_(points), level_(level), options_(options) {
    rounds_ = c.values().at("resample.n_resamples");
    count_ = c.values().at("resample.sample_sizes").at(level);
  }

  /// The points that each k-means starts from, or nothing if no reading of the ties leads to the
  /// recorded assignment.
  std::vector<Numbers> seeds() {
    const Numbers first = list(c_.tensor(name(0)));
    found_ = {first};
    return search(assign(fit(points_, first)), 1) ? found_ : std::vector<Numbers>();
  }

 private:
  std::string name(int64_t round) const {
    return "resample.init" + std::to_string(static_cast<int64_t>(level_) * (rounds_ + 1) + round);
  }
  index::Kmeans fit(const index::Matrix& points, const Numbers& seeds) const {
    const auto initial = gather_rows(points, seeds);
    return kmeans_from(points,
                       {initial.data(), static_cast<int64_t>(seeds.size()), points.dim},
                       {.iterations = options_.iterations});
  }
  index::Kmeans assign(const index::Kmeans& fresh) const {
    return kmeans_from(points_, fresh.matrix(), {.iterations = 0});
  }

  bool search(const index::Kmeans& state, int64_t round) {
    if (--tries_ < 0) return false;
    if (round > rounds_) {
      const std::string result = "resample.level" + std::to_string(level_ + 1) + ".assignment";
      return torch::equal(numbers(state.cluster), c_.tensor(result));
    }
    const auto some = resample(state, count_, Pick::closest, 0);
    if (static_cast<int64_t>(some.size()) != c_.values().at(name(round) + ".n_points"))
      return false;
    const Numbers places = list(c_.tensor(name(round)));
    std::vector<std::pair<size_t, size_t>> ties;  // a seed, and the place it may be at instead
    for (size_t i = 0; i < places.size(); ++i) {
      for (const int64_t other : {places[i] - 1, places[i] + 1}) {
        if (other >= 0 && other < static_cast<int64_t>(some.size()) &&
            tied(state, some[places[i]], some[other]))
          ties.emplace_back(i, other);
      }
    }
    const auto values = gather_rows(points_, some);
    const index::Matrix sample{values.data(), static_cast<int64_t>(some.size()), points_.dim};
    ties.resize(std::min<size_t>(ties.size(), 12));
    for (uint32_t reading = 0; reading < 1U << ties.size(); ++reading) {
      Numbers seeds = places;
      for (size_t t = 0; t < ties.size(); ++t) {
        if (reading >> t & 1U) seeds[ties[t].first] = static_cast<int64_t>(ties[t].second);
      }
      found_.resize(static_cast<size_t>(round));
      found_.push_back(seeds);
      if (search(assign(fit(sample, seeds)), round + 1)) return true;
    }
    return false;
  }

  static bool tied(const index::Kmeans& state, int64_t a, int64_t b) {
    return state.cluster[a] == state.cluster[b] &&
           std::abs(state.distance[a] - state.distance[b]) <=
               1e-3 * (1e-3 + std::max(state.distance[a], state.distance[b]));
  }

  const Case& c_;
  index::Matrix points_;
  size_t level_;
  const HierarchyOptions& options_;
  int64_t rounds_, count_;
  std::vector<Numbers> found_;
  int64_t tries_ = 20000;  ///< of k-means, that an unlucky file does not run for hours
};

/// Each level starts from the recorded centroids below, so that one cannot spoil the next.
void check_resampled(const Case& c, const Tensor& x, Verdict& verdict) {
  const HierarchyOptions plain = hierarchy_options(c);
  for (size_t l = 0; l < plain.levels.size(); ++l) {
    const std::string number = std::to_string(l + 1);
    const Tensor points =
        l == 0 ? x : c.tensor("resample.level" + std::to_string(l) + ".centroids");
    const auto seeds = ResamplingReplay(c, rows_in(points), l, plain).seeds();
    verdict.expect("resample.level" + number + " follows from its seeds", !seeds.empty());
    if (seeds.empty()) continue;
    HierarchyOptions options = plain;
    options.rounds = c.values().at("resample.n_resamples");
    options.levels = {{.clusters = plain.levels[l].clusters,
                       .resample = c.values().at("resample.sample_sizes").at(l)}};
    size_t call = 0;
    options.seeds = [&](const index::Matrix&, int64_t) { return seeds.at(call++); };
    const Hierarchy ours = build_hierarchy(rows_in(points), options);
    const index::Kmeans& fit = ours.levels[0].fit;
    const std::string name = "resample.level" + number;
    verdict.equal(name + ".assignment", numbers(fit.cluster), c.tensor(name + ".assignment"));
    verdict.close(name + ".centroids", centroids_of(fit), c.tensor(name + ".centroids"), 1e-5);
    verdict.equal(name + ".sizes",
                  numbers(fit.sizes),
                  numbers(c.values().at(name + ".sizes").get<Numbers>()));
  }
}

/// How many of the rows lie under each node of the top level, and how often each row comes at most.
std::pair<Numbers, int64_t> census(const Hierarchy& hierarchy, Numbers rows) {
  Numbers counts(static_cast<size_t>(hierarchy.levels.back().fit.clusters));
  std::ranges::sort(rows);
  int64_t most = 0, run = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    uint32_t node = static_cast<uint32_t>(rows[i]);
    for (const Level& level : hierarchy.levels) node = level.fit.cluster[node];
    ++counts[node];
    run = i > 0 && rows[i] == rows[i - 1] ? run + 1 : 1;
    most = std::max(most, run);
  }
  return {counts, most};
}

void check_samples(const Case& c, const Hierarchy& hierarchy, Verdict& verdict) {
  const std::regex pattern(R"(sample\.(t(\d+)\.m(\d+))\.([cr]))");
  const Numbers& sizes = hierarchy.levels.back().points;
  for (const auto& view : c.file->tensors()) {
    std::smatch m;
    if (!std::regex_match(view.name, m, pattern)) continue;
    const int64_t target = std::stoll(m[2]), multiplier = std::stoll(m[3]);
    const int64_t cut = water_level(sizes, target, multiplier);
    verdict.near("cut." + m.str(1), static_cast<double>(cut), c.values().at("cut." + m.str(1)), 0);
    Numbers targets = list(c.tensor("targets." + m.str(1)));
    const auto ours = balanced_sample(hierarchy,
                                      {.target = target,
                                       .multiplier = multiplier,
                                       .pick = m[4] == "c" ? Pick::closest : Pick::random});
    verdict.near(view.name + ".n",
                 static_cast<double>(ours.size()),
                 c.values().at(view.name + ".n").get<double>(),
                 0);
    auto [counts, most] = census(hierarchy, ours);
    verdict.expect(view.name + " repeats no row more often", most <= multiplier);
    // What is left over goes to random nodes: the same counts, elsewhere at most one more or less.
    verdict.near(view.name + " by node", numbers(counts), numbers(targets), 1);
    std::ranges::sort(counts);
    std::ranges::sort(targets);
    verdict.equal(view.name + " by node, sorted", numbers(counts), numbers(targets));
    const auto theirs = census(hierarchy, list(c.tensor(view.name)));
    verdict.near(view.name + " as the reference's",
                 numbers(census(hierarchy, ours).first),
                 numbers(theirs.first),
                 1);
  }
}

void check_mix(const Case& c, Verdict& verdict) {
  const Tensor x = c.tensor("X");
  const Hierarchy hierarchy = check_plain(c, x, verdict);
  check_resampled(c, x, verdict);
  check_samples(c, hierarchy, verdict);
}

void check_self(const Case& c, const Rows& rows, int64_t k, Verdict& verdict) {
  const std::string name = "self.k" + std::to_string(k);
  const Graph graph = exact_graph(rows, {.threshold = c.config().at("thr_self"), .neighbours = k});
  const json& values = c.values().at(name);
  verdict.near(
      name + " edges", static_cast<double>(graph.directed), values.at("n_edges_directed"), 0);
  const auto component = connected_components(static_cast<uint32_t>(rows.rows), graph.edges);
  verdict.equal(name + ".component", numbers(component), c.tensor(name + ".component"));
  verdict.near(name + " components",
               static_cast<double>(std::set(component.begin(), component.end()).size()),
               values.at("n_components"),
               0);
}

void check_relative(const Case& c, const Rows& pool, const Rows& references, Verdict& verdict) {
  const Graph graph =
      exact_graph(joined(pool, references),
                  {.threshold = c.config().at("thr_relative"), .neighbours = c.config().at("k")});
  const auto n = static_cast<uint32_t>(pool.rows),
             all = static_cast<uint32_t>(pool.rows + references.rows);
  const auto component = connected_components(all, graph.edges);
  verdict.equal("relative.component", numbers(component), c.tensor("relative.component"));
  const Relative found = drop_relatives(n, all, graph.edges, RelativeMode::component);
  verdict.equal(
      "relative.dropped", numbers(found.dropped), c.tensor("relative.dropped").to(torch::kLong));
  const json& values = c.values().at("relative");
  verdict.near("n_dropped", static_cast<double>(found.count), values.at("n_dropped"), 0);
  verdict.near("n_components",
               static_cast<double>(std::set(component.begin(), component.end()).size()),
               values.at("n_components"),
               0);
}

void check_dedup(const Case& c, Verdict& verdict) {
  const Tensor x = c.tensor("x"), ref = c.tensor("ref");
  const Rows pool = rows_of(rows_in(x)), references = rows_of(rows_in(ref));
  const std::regex self(R"(self\.k(\d+)\.knn)"), top(R"(retrieval\.top(\d+))");
  for (const auto& view : c.file->tensors()) {
    std::smatch m;
    if (std::regex_match(view.name, m, self)) {
      const int64_t k = std::stoll(m[1]);
      check_self(c, pool, k, verdict);
      auto unit = read_unit_rows(pool, 0, pool.rows);
      const index::Matrix rows{unit.data(), pool.rows, pool.dim};
      const auto nearest = index::nearest(rows, rows, {.k = k, .skip_self = true});
      verdict.equal(view.name, numbers(nearest.index).view({pool.rows, k}), c.tensor(view.name));
    } else if (std::regex_match(view.name, m, top)) {
      const int64_t each = std::stoll(m[1]);
      const auto found = retrieve_by_sample(pool, rows_in(ref), each);
      verdict.equal(view.name,
                    numbers(found.neighbours.index).view({ref.size(0), each}),
                    c.tensor(view.name));
      verdict.equal("retrieval.union", numbers(found.rows), c.tensor("retrieval.union"));
    }
  }
  check_relative(c, pool, references, verdict);
}

const Check kWater{"curation/water_filling.*", check_water};
const Check kMix{"curation/mix.*", check_mix};
const Check kDedup{"curation/dedup.*", check_dedup};

}  // namespace
}  // namespace golden
