#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>

#include "base/error.hpp"
#include "base/random.hpp"
#include "explore/map.hpp"

namespace troodon::explore {
namespace {

constexpr double kStart = 10;       ///< half the width of the layout that pulls begin from
constexpr double kLargestStep = 4;  ///< of a coordinate in one pull
constexpr double kRate = 1;         ///< of the first epoch; falls to 0
constexpr int64_t kManyRows = 10000;

struct Strand {
  uint32_t from, to;
  float weight;
};

/// The width at which a row's neighbours count log2(k) together (Algorithm 3 of the paper).
double width_of(std::span<const double> beyond) {
  const double wanted = std::log2(static_cast<double>(beyond.size()));
  double low = 0, high = 0, width = 1;
  for (int round = 0; round < 64; ++round) {
    double sum = 0;
    for (const double d : beyond) sum += d > 0 ? std::exp(-d / width) : 1;
    if (std::abs(sum - wanted) < 1e-5) break;
    if (sum > wanted)
      high = width, width = (low + high) / 2;
    else
      low = width, width = high > 0 ? (low + high) / 2 : 2 * width;
  }
  return width;
}

/// How sure a neighbour is one: 1 for the nearest, falling with the distance beyond it.
std::vector<Strand> strands_of(const Neighbours& neighbours) {
  const auto rows = static_cast<int64_t>(neighbours.index.size()) / neighbours.k;
  std::vector<Strand> out;
  out.reserve(neighbours.index.size());
  for (int64_t row = 0; row < rows; ++row) {
    const auto near = neighbours.index_of(row);
    const auto score = neighbours.score_of(row);
    std::vector<double> beyond;
    double mean = 0;
    for (const float s : score) beyond.push_back(std::max(0.0, 1.0 - s)), mean += beyond.back();
    mean /= static_cast<double>(neighbours.k);
    const double nearest = beyond.front();
    for (double& d : beyond) d -= nearest;
    const double width = std::max(width_of(beyond), 1e-3 * mean + 1e-12);
    for (size_t j = 0; j < beyond.size(); ++j) {
      out.push_back({static_cast<uint32_t>(row),
                     static_cast<uint32_t>(near[j]),
                     static_cast<float>(std::exp(-beyond[j] / width))});
    }
  }
  return out;
}

/// Either one is the other's neighbour, or both: a + b - a b. Each pair once, from < to.
std::vector<Strand> symmetric(std::vector<Strand> strands) {
  for (Strand& strand : strands) {
    if (strand.from > strand.to) std::swap(strand.from, strand.to);
  }
  std::ranges::sort(
      strands, {}, [](const Strand& s) { return std::tuple(s.from, s.to, s.weight); });
  std::vector<Strand> out;
  for (const Strand& s : strands) {
    if (!out.empty() && out.back().from == s.from && out.back().to == s.to)
      out.back().weight = out.back().weight + s.weight - out.back().weight * s.weight;
    else
      out.push_back(s);
  }
  return out;
}

/// a and b of 1 / (1 + a x^2b), the smooth stand-in for: 1 up to `nearest`, then exp(nearest - x).
std::pair<double, double> curve_for(double nearest) {
  const auto error = [&](double log_a, double b) {
    double sum = 0;
    for (int i = 1; i <= 300; ++i) {
      const double x = 0.01 * i, wanted = x < nearest ? 1 : std::exp(nearest - x);
      const double said = 1 / (1 + std::exp(log_a) * std::pow(x, 2 * b));
      sum += (said - wanted) * (said - wanted);
    }
    return sum;
  };
  double log_a = 0, b = 1, step = 0.5, least = error(log_a, b);
  while (step > 1e-5) {  // downhill along both axes, ever finer
    bool better = false;
    for (const auto& [da, db] : {std::pair{step, 0.0}, {-step, 0.0}, {0.0, step}, {0.0, -step}}) {
      if (b + db <= 0.05) continue;
      if (const double now = error(log_a + da, b + db); now < least)
        log_a += da, b += db, least = now, better = true;
    }
    if (!better) step /= 2;
  }
  return {std::exp(log_a), b};
}

/// The layout while it is pulled and pushed about.
class Layout {
 public:
  Layout(std::vector<float>& places, const MapOptions& options)
      : places_(places), rows_(static_cast<int64_t>(places.size()) / 2), random_(options.seed) {
    std::tie(a_, b_) = curve_for(options.min_distance);
  }

  void pull(uint32_t from, uint32_t to, double rate) {
    const double square = distance(from, to);
    if (square <= 0) return;
    const double power = std::pow(square, b_);
    move(from, to, -2 * a_ * b_ * power / square / (1 + a_ * power) * rate, /*both=*/true, rate);
  }

  void push(uint32_t from, double rate) {
    const auto other = static_cast<uint32_t>(random_.integer(0, rows_ - 1));
    if (other == from) return;
    const double square = distance(from, other);
    const double power = std::pow(square, b_);
    move(from, other, 2 * b_ / ((0.001 + square) * (1 + a_ * power)) * rate, false, rate);
  }

 private:
  double distance(uint32_t i, uint32_t j) const {
    const double x = places_[2 * i] - places_[2 * j], y = places_[2 * i + 1] - places_[2 * j + 1];
    return x * x + y * y;
  }
  void move(uint32_t from, uint32_t to, double factor, bool both, double rate) {
    for (size_t k = 0; k < 2; ++k) {
      const double way = factor * (places_[2 * from + k] - places_[2 * to + k]);
      const auto step =
          static_cast<float>(std::clamp(way, -kLargestStep * rate, kLargestStep * rate));
      places_[2 * from + k] += step;
      if (both) places_[2 * to + k] -= step;
    }
  }

  std::vector<float>& places_;
  int64_t rows_;
  double a_ = 1, b_ = 1;
  Random random_;
};

/// A strand of weight w is pulled in w of all epochs, evenly.
void lay_out(std::vector<float>& places,
             const std::vector<Strand>& strands,
             int64_t epochs,
             const MapOptions& options) {
  Layout layout(places, options);
  const float most = std::ranges::max(strands, {}, &Strand::weight).weight;
  std::vector<double> due;
  for (const Strand& strand : strands) due.push_back(most / strand.weight);
  for (int64_t epoch = 1; epoch <= epochs; ++epoch) {
    const double rate = kRate * (1 - static_cast<double>(epoch - 1) / static_cast<double>(epochs));
    for (size_t i = 0; i < strands.size(); ++i) {
      if (due[i] > static_cast<double>(epoch)) continue;
      due[i] += most / strands[i].weight;
      const auto& [from, to, weight] = strands[i];
      layout.pull(from, to, rate);
      for (int64_t n = 0; n < options.negatives; ++n) layout.push(n % 2 == 0 ? from : to, rate);
    }
  }
}

}  // namespace

std::vector<float> map(const Matrix& unit,
                       const Neighbours& neighbours,
                       const MapOptions& options) {
  std::vector<float> places = pca_map(unit);
  if (unit.rows < 3 || neighbours.k < 2) return places;
  if (static_cast<int64_t>(neighbours.index.size()) != unit.rows * neighbours.k)
    fail("the neighbours are those of other rows");
  Random random(mix(options.seed, 1));
  for (float& value : places) value = static_cast<float>(kStart * value + 1e-3 * random.normal());
  std::vector<Strand> strands = symmetric(strands_of(neighbours));
  const int64_t epochs = options.epochs > 0 ? options.epochs : (unit.rows <= kManyRows ? 500 : 200);
  const float most = std::ranges::max(strands, {}, &Strand::weight).weight;
  std::erase_if(strands, [&](const Strand& s) {
    return s.weight * static_cast<float>(epochs) < most;  // never due
  });
  lay_out(places, strands, epochs, options);
  fit_to_frame(places);
  return places;
}

}  // namespace troodon::explore
