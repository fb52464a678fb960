#include "annotate/cut/spread.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <queue>
#include <set>

namespace troodon::annotate {
namespace {

constexpr float kInfinite = std::numeric_limits<float>::infinity();

enum class Along { sum, most };  ///< a path costs its steps together, or its worst one

using Neighbours = std::vector<std::vector<int32_t>>;

/// Least costs of paths from some cells; step(border, to) is what entering a cell costs.
template <class Step>
std::vector<float> paths(const Sight& sight,
                         const Neighbours& around,
                         std::span<const int32_t> from,
                         Along along,
                         const Step& step) {
  std::vector<float> out(static_cast<size_t>(sight.cells), kInfinite);
  using Entry = std::pair<float, int32_t>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  for (const int32_t cell : from) out[cell] = 0, open.emplace(0.0F, cell);
  while (!open.empty()) {
    const auto [cost, cell] = open.top();
    open.pop();
    if (cost > out[cell]) continue;
    for (const int32_t number : around[cell]) {
      const Border& border = sight.borders[number];
      const int32_t to = border.a == cell ? border.b : border.a;
      const float more = step(number, to);
      const float there = along == Along::sum ? cost + more : std::max(cost, more) + 1e-4F * more;
      if (there < out[to]) out[to] = there, open.emplace(there, to);
    }
  }
  return out;
}

float mean_of(const std::vector<float>& values) {
  double sum = 0;
  for (const float v : values) sum += v;
  return static_cast<float>(sum / std::max<size_t>(values.size(), 1)) + 1e-6F;
}

float colour_step(const Sight& sight, int32_t a, int32_t b) {
  float sum = 0;
  for (int i = 0; i < 3; ++i) {
    const float d = sight.colour[3 * a + i] - sight.colour[3 * b + i];
    sum += d * d;
  }
  return std::sqrt(sum);
}

float cosine(const Sight& sight, int32_t a, int32_t b) {
  float sum = 0;
  for (int i = 0; i < sight.dim; ++i)
    sum += sight.feature[static_cast<size_t>(a) * sight.dim + i] *
           sight.feature[static_cast<size_t>(b) * sight.dim + i];
  return sum;
}

/// How unlike the most like of some cells each cell is, 1 on average: in colour, in features.
struct Unlike {
  std::vector<float> colour, feature;
};
Unlike unlike(const Sight& sight, std::span<const int32_t> seeds) {
  const auto n = static_cast<size_t>(sight.cells);
  Unlike out{std::vector<float>(n, kInfinite), std::vector<float>(n, kInfinite)};
  for (int32_t cell = 0; cell < sight.cells; ++cell) {
    for (const int32_t seed : seeds) {
      out.colour[cell] = std::min(out.colour[cell], colour_step(sight, cell, seed));
      out.feature[cell] = std::min(out.feature[cell], 1 - cosine(sight, cell, seed));
    }
  }
  if (sight.dim == 0) out.feature = out.colour;
  for (auto* values : {&out.colour, &out.feature}) {
    const float mean = mean_of(*values);
    for (float& v : *values) v /= mean;
  }
  return out;
}

/// The clicked cells and neighbours much like them: one cell alone says little.
std::vector<int32_t> widened(const Sight& sight,
                             const Neighbours& around,
                             const Steps& steps,
                             std::span<const int32_t> cells) {
  std::set<int32_t> out(cells.begin(), cells.end());
  for (const int32_t cell : cells) {
    for (const int32_t number : around[cell]) {
      const Border& border = sight.borders[number];
      if (steps.colour[number] < 0.6F && steps.strange[number] < 0.8F)
        out.insert(border.a == cell ? border.b : border.a);
    }
  }
  return {out.begin(), out.end()};
}

/// The height at which cells and seeds meet in a tree of joins.
std::vector<float> meeting(const Sight& sight,
                           const std::vector<Join>& joins,
                           std::span<const int32_t> seeds) {
  const size_t cells = static_cast<size_t>(sight.cells), nodes = cells + joins.size();
  std::vector<uint8_t> holds(nodes, 0);
  for (const int32_t seed : seeds) holds[seed] = 1;
  for (size_t i = 0; i < joins.size(); ++i)
    holds[cells + i] = holds[joins[i].a] != 0 || holds[joins[i].b] != 0 ? 1 : 0;
  std::vector<float> height(nodes, kInfinite);
  for (const int32_t seed : seeds) height[seed] = 0;
  for (size_t i = joins.size(); i-- > 0;) {
    const size_t node = cells + i;
    const float mine = holds[node] != 0 ? joins[i].height : height[node];
    for (const int32_t child : {joins[i].a, joins[i].b}) {
      if (height[child] != 0 || holds[child] == 0) height[child] = mine;
    }
  }
  for (const int32_t seed : seeds) height[seed] = 0;
  height.resize(cells);
  return height;
}

struct Around {
  const Sight& sight;
  const Neighbours& neighbours;
  const Steps& steps;
};

/// Every sense's distances from some cells, in one order.
std::vector<std::pair<std::string, std::vector<float>>> distances(const Around& all,
                                                                  std::span<const int32_t> cells) {
  const Sight& sight = all.sight;
  const Steps& s = all.steps;
  const auto seeds = widened(sight, all.neighbours, s, cells);
  const Unlike other = unlike(sight, seeds);
  const auto walk = [&](Along along, auto step) {
    return paths(sight, all.neighbours, cells, along, step);
  };
  std::vector<std::pair<std::string, std::vector<float>>> out;
  out.emplace_back("edges", walk(Along::sum, [&](int32_t b, int32_t) {
                     return 0.1F + s.edge[b] * s.edge[b] + 0.5F * s.colour[b];
                   }));
  out.emplace_back("features", walk(Along::sum, [&](int32_t b, int32_t) {
                     return 0.1F + s.strange[b] + 0.3F * s.edge[b];
                   }));
  out.emplace_back("colour alike", walk(Along::most, [&](int32_t b, int32_t to) {
                     return other.colour[to] + 0.2F * s.edge[b];
                   }));
  out.emplace_back("features alike", walk(Along::most, [&](int32_t b, int32_t to) {
                     return other.feature[to] + 0.1F * s.edge[b];
                   }));
  out.emplace_back("alike", walk(Along::sum, [&](int32_t b, int32_t to) {
                     const float unlike = other.feature[to] + other.colour[to];
                     return 0.05F + unlike * unlike + 0.3F * s.edge[b];
                   }));
  out.emplace_back("joined by colour", meeting(sight, sight.by_colour, cells));
  out.emplace_back("joined", meeting(sight, sight.by_both, cells));
  out.emplace_back("near", walk(Along::sum, [&](int32_t b, int32_t to) {
                     const Border& border = sight.borders[b];
                     return std::hypot(
                         sight.place[2 * border.a] - sight.place[2 * border.b],
                         sight.place[2 * border.a + 1] - sight.place[2 * border.b + 1]);
                   }));
  return out;
}

}  // namespace

Steps steps_of(const Sight& sight) {
  Steps out;
  for (const Border& border : sight.borders) {
    out.colour.push_back(colour_step(sight, border.a, border.b));
    out.edge.push_back(border.contrast);
    out.strange.push_back(border.strangeness);
  }
  if (sight.dim == 0) out.strange = out.colour;  // nobody looked: colours stand in for features
  for (auto* values : {&out.colour, &out.edge, &out.strange}) {
    const float mean = mean_of(*values);
    for (float& v : *values) v /= mean;
  }
  return out;
}

std::vector<std::vector<int32_t>> borders_of_cells(const Sight& sight) {
  Neighbours out(static_cast<size_t>(sight.cells));
  for (size_t i = 0; i < sight.borders.size(); ++i) {
    out[sight.borders[i].a].push_back(static_cast<int32_t>(i));
    out[sight.borders[i].b].push_back(static_cast<int32_t>(i));
  }
  return out;
}

std::vector<Spread> spreads_of(const Sight& sight,
                               std::span<const int32_t> inside,
                               std::span<const int32_t> outside) {
  const Neighbours neighbours = borders_of_cells(sight);
  const Steps steps = steps_of(sight);
  const Around all{sight, neighbours, steps};
  auto from = distances(all, inside);
  std::vector<Spread> out;
  for (auto& [name, values] : from) out.push_back({std::move(name), std::move(values), {}});
  if (outside.empty()) {
    for (Spread& one : out) one.from_outside.assign(one.from_inside.size(), kInfinite);
    return out;
  }
  auto beside = distances(all, outside);
  for (size_t i = 0; i < out.size(); ++i) out[i].from_outside = std::move(beside[i].second);
  return out;
}

std::vector<Join> joins_of(const Sight& sight, const Steps& steps, float features) {
  struct Group {
    double area = 0;
    std::vector<double> mean;
    std::vector<std::pair<int32_t, std::pair<double, double>>>
        borders;  // to, length, edge * length
    bool gone = false;
  };
  const auto n = static_cast<size_t>(sight.cells);
  const auto width = static_cast<size_t>(3 + sight.dim);
  const double colour_scale = 1 / 0.1, feature_scale = features * 0.7;
  std::vector<Group> groups(n);
  for (size_t c = 0; c < n; ++c) {
    groups[c].area = sight.area[c];
    for (size_t i = 0; i < 3; ++i) groups[c].mean.push_back(sight.colour[3 * c + i] * colour_scale);
    for (size_t i = 3; i < width; ++i)
      groups[c].mean.push_back(sight.feature[c * static_cast<size_t>(sight.dim) + i - 3] *
                               feature_scale);
  }
  for (size_t i = 0; i < sight.borders.size(); ++i) {
    const Border& b = sight.borders[i];
    groups[b.a].borders.push_back({b.b, {b.length, b.length * steps.edge[i]}});
    groups[b.b].borders.push_back({b.a, {b.length, b.length * steps.edge[i]}});
  }
  const auto cost = [&](const Group& a, const Group& b, const std::pair<double, double>& border) {
    double sum = 0;
    for (size_t i = 0; i < width; ++i) sum += (a.mean[i] - b.mean[i]) * (a.mean[i] - b.mean[i]);
    const double edge = border.second / border.first;
    return static_cast<float>(std::sqrt((sum + 0.02) * a.area * b.area / (a.area + b.area)) *
                              (0.25 + edge));
  };
  using Entry = std::pair<float, std::pair<int32_t, int32_t>>;
  std::priority_queue<Entry, std::vector<Entry>, std::greater<>> open;
  const auto offer = [&](int32_t a) {
    for (const auto& [to, border] : groups[a].borders) {
      if (a > to || static_cast<size_t>(a) >= n)
        open.push({cost(groups[a], groups[to], border), {a, to}});
    }
  };
  for (size_t c = 0; c < n; ++c) offer(static_cast<int32_t>(c));
  std::vector<Join> out;
  float height = 0;
  while (!open.empty()) {
    const auto [now, pair] = open.top();
    open.pop();
    const auto [a, b] = pair;
    if (groups[a].gone || groups[b].gone) continue;
    height = std::max(height, now);
    const auto made = static_cast<int32_t>(groups.size());
    Group joint{.area = groups[a].area + groups[b].area, .mean = groups[a].mean};
    for (size_t i = 0; i < width; ++i)
      joint.mean[i] =
          (groups[a].mean[i] * groups[a].area + groups[b].mean[i] * groups[b].area) / joint.area;
    std::map<int32_t, std::pair<double, double>> around;
    for (const int32_t one : {a, b}) {
      for (const auto& [to, border] : groups[one].borders) {
        if (to == a || to == b || groups[to].gone) continue;
        around[to].first += border.first, around[to].second += border.second;
      }
      groups[one].gone = true;
      groups[one].borders.clear();
    }
    joint.borders.assign(around.begin(), around.end());
    groups.push_back(std::move(joint));
    for (const auto& [to, border] : groups[made].borders)
      groups[to].borders.push_back({made, border});
    offer(made);
    out.push_back({a, b, height});
  }
  return out;
}

}  // namespace troodon::annotate
