#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace troodon::annotate {

/// A mixture of Gaussians in a colour space of three dimensions.
struct Mixture {
  struct Part {
    double weight = 0;
    std::array<double, 3> mean{};
    std::array<double, 6> inverse{};  ///< of the covariance: xx, xy, xz, yy, yz, zz
    double constant = 0;              ///< log weight - log of the normalisation
  };
  std::vector<Part> parts;

  /// log density; -20 at the least.
  float log_density(const float* colour) const;
};

/// Fitted to colours [n, 3] with weights [n] >= 0 by k-means and a few rounds of expectation and
/// maximisation. The same input gives the same bits; no weight at all gives no parts (density 0).
Mixture fit_mixture(std::span<const float> colours, std::span<const float> weights, int parts = 5);

}  // namespace troodon::annotate
