#include "annotate/cut/mixture.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace troodon::annotate {
namespace {

constexpr double kFloor = 4e-4;  // variance that every part has, (2 Lab units)^2
constexpr double kLog2Pi = 1.8378770664093453;

/// What a part's pixels add up to.
struct Sums {
  double weight = 0;
  std::array<double, 3> first{};
  std::array<double, 6> second{};

  void add(const float* c, double w) {
    weight += w;
    size_t k = 0;
    for (size_t i = 0; i < 3; ++i) {
      first[i] += w * c[i];
      for (size_t j = i; j < 3; ++j) second[k++] += w * c[i] * c[j];
    }
  }
};

Mixture::Part part_of(const Sums& sums, double total) {
  Mixture::Part out{.weight = sums.weight / total};
  for (size_t i = 0; i < 3; ++i) out.mean[i] = sums.first[i] / sums.weight;
  std::array<double, 6> v{};
  size_t k = 0;
  for (size_t i = 0; i < 3; ++i) {
    for (size_t j = i; j < 3; ++j, ++k)
      v[k] = sums.second[k] / sums.weight - out.mean[i] * out.mean[j] + (i == j ? kFloor : 0);
  }
  const double a = v[3] * v[5] - v[4] * v[4], b = v[2] * v[4] - v[1] * v[5],
               c = v[1] * v[4] - v[2] * v[3];
  const double det = std::max(v[0] * a + v[1] * b + v[2] * c, 1e-15);
  out.inverse = {a / det,
                 b / det,
                 c / det,
                 (v[0] * v[5] - v[2] * v[2]) / det,
                 (v[1] * v[2] - v[0] * v[4]) / det,
                 (v[0] * v[3] - v[1] * v[1]) / det};
  out.constant = std::log(out.weight) - 0.5 * (std::log(det) + 3 * kLog2Pi);
  return out;
}

double log_of(const Mixture::Part& part, const float* colour) {
  const double x = colour[0] - part.mean[0], y = colour[1] - part.mean[1],
               z = colour[2] - part.mean[2];
  const auto& m = part.inverse;
  return part.constant - 0.5 * (m[0] * x * x + m[3] * y * y + m[5] * z * z +
                                2 * (m[1] * x * y + m[2] * x * z + m[4] * y * z));
}

double square(const float* c, const std::array<double, 3>& mean) {
  double sum = 0;
  for (size_t i = 0; i < 3; ++i) sum += (c[i] - mean[i]) * (c[i] - mean[i]);
  return sum;
}

/// Splits the widest group along its widest axis until there are enough: the start of k-means.
std::vector<std::array<double, 3>> first_means(std::span<const float> colours,
                                               std::span<const float> weights,
                                               int parts) {
  const size_t n = weights.size();
  std::vector<int> group(n, 0);
  std::vector<Sums> sums(1);
  for (size_t i = 0; i < n; ++i) sums[0].add(&colours[3 * i], weights[i]);
  if (sums[0].weight <= 0) return {};
  while (static_cast<int>(sums.size()) < parts) {
    double widest = 1e-6;
    size_t which = 0, axis = 3;
    for (size_t g = 0; g < sums.size(); ++g) {
      for (size_t a = 0; a < 3; ++a) {
        const size_t diagonal = a == 0 ? 0 : a == 1 ? 3 : 5;
        const double mean = sums[g].first[a] / sums[g].weight;
        const double spread = sums[g].second[diagonal] - sums[g].weight * mean * mean;
        if (spread > widest) widest = spread, which = g, axis = a;
      }
    }
    if (axis == 3) break;  // all of one colour
    const double border = sums[which].first[axis] / sums[which].weight;
    Sums low, high;
    for (size_t i = 0; i < n; ++i) {
      if (group[i] != static_cast<int>(which)) continue;
      const bool up = colours[3 * i + axis] > border;
      (up ? high : low).add(&colours[3 * i], weights[i]);
      if (up) group[i] = static_cast<int>(sums.size());
    }
    if (low.weight <= 0 || high.weight <= 0) break;
    sums[which] = low;
    sums.push_back(high);
  }
  std::vector<std::array<double, 3>> out;
  for (const Sums& s : sums)
    out.push_back({s.first[0] / s.weight, s.first[1] / s.weight, s.first[2] / s.weight});
  return out;
}

}  // namespace

float Mixture::log_density(const float* colour) const {
  double most = -std::numeric_limits<double>::infinity();
  std::array<double, 8> logs{};
  const size_t n = std::min(parts.size(), logs.size());
  for (size_t i = 0; i < n; ++i) most = std::max(most, logs[i] = log_of(parts[i], colour));
  if (n == 0 || most < -20) return -20;
  double sum = 0;
  for (size_t i = 0; i < n; ++i) sum += std::exp(logs[i] - most);
  return static_cast<float>(std::max(-20.0, most + std::log(sum)));
}

Mixture fit_mixture(std::span<const float> colours, std::span<const float> weights, int parts) {
  const auto means = first_means(colours, weights, std::min(parts, 8));
  const size_t n = weights.size(), k = means.size();
  double total = 0;
  for (const float w : weights) total += w;
  Mixture out;
  std::vector<Sums> sums(k);
  for (size_t i = 0; i < n && k > 0; ++i) {
    if (weights[i] <= 0) continue;
    size_t nearest = 0;
    for (size_t p = 1; p < k; ++p) {
      if (square(&colours[3 * i], means[p]) < square(&colours[3 * i], means[nearest])) nearest = p;
    }
    sums[nearest].add(&colours[3 * i], weights[i]);
  }
  for (int round = 0; k > 0; ++round) {
    out.parts.clear();
    for (const Sums& s : sums) {
      if (s.weight > 1e-3 * total) out.parts.push_back(part_of(s, total));
    }
    if (round == 3) break;
    sums.assign(out.parts.size(), {});
    for (size_t i = 0; i < n; ++i) {
      if (weights[i] <= 0) continue;
      size_t best = 0;
      double most = -std::numeric_limits<double>::infinity();
      for (size_t p = 0; p < out.parts.size(); ++p) {
        const double value = log_of(out.parts[p], &colours[3 * i]);
        if (value > most) most = value, best = p;
      }
      sums[best].add(&colours[3 * i], weights[i]);
    }
  }
  return out;
}

}  // namespace troodon::annotate
