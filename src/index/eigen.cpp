#include "index/eigen.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/parallel.hpp"
#include "base/random.hpp"

namespace troodon::index {
namespace {

using Rows = std::vector<double>;  // [rows, n], row-major

int64_t side_of(const Rows& matrix) {
  return static_cast<int64_t>(std::llround(std::sqrt(static_cast<double>(matrix.size()))));
}

/// Sums in eight lanes: one running sum would wait for each addition.
double dot(const double* a, const double* b, int64_t n) {
  constexpr int64_t kLanes = 8;
  std::array<double, kLanes> sum{};
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int64_t lane = 0; lane < kLanes; ++lane) sum[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < n; ++i) sum[0] += a[i] * b[i];
  return ((sum[0] + sum[4]) + (sum[1] + sum[5])) + ((sum[2] + sum[6]) + (sum[3] + sum[7]));
}

/// vectors [k, n] times a symmetric matrix [n, n].
Rows times(const Rows& vectors, const Rows& matrix, int64_t n) {
  const auto k = static_cast<int64_t>(vectors.size()) / n;
  Rows out(vectors.size());
  constexpr int64_t kStrip = 32;
  parallel_for(static_cast<size_t>((n + kStrip - 1) / kStrip), [&](size_t strip) {
    const int64_t first = static_cast<int64_t>(strip) * kStrip;
    for (int64_t j = first; j < std::min(first + kStrip, n); ++j) {
      for (int64_t i = 0; i < k; ++i) out[i * n + j] = dot(&vectors[i * n], &matrix[j * n], n);
    }
  });
  return out;
}

/// Gram-Schmidt, twice for accuracy. A row that depends on earlier ones is replaced by fresh noise.
void orthonormalize(Rows& rows, int64_t n, Random& random) {
  const auto k = static_cast<int64_t>(rows.size()) / n;
  for (int64_t i = 0; i < k; ++i) {
    double* row = &rows[i * n];
    for (int tries = 0;; ++tries) {
      const double before = std::sqrt(dot(row, row, n));
      for (int pass = 0; pass < 2; ++pass) {
        for (int64_t j = 0; j < i; ++j) {
          const double along = dot(row, &rows[j * n], n);
          for (int64_t d = 0; d < n; ++d) row[d] -= along * rows[j * n + d];
        }
      }
      const double length = std::sqrt(dot(row, row, n));
      if (length > 1e-10 * before && length > 0) {
        for (int64_t d = 0; d < n; ++d) row[d] /= length;
        break;
      }
      for (int64_t d = 0; d < n; ++d) row[d] = random.normal();
    }
  }
}

/// One Jacobi rotation that makes matrix[p, q] zero, applied to the vectors too.
void rotate(Rows& a, Rows& vectors, int64_t n, std::pair<int64_t, int64_t> place) {
  const auto [p, q] = place;
  const double theta = (a[q * n + q] - a[p * n + p]) / (2 * a[p * n + q]);
  const double t = (theta >= 0 ? 1 : -1) / (std::abs(theta) + std::sqrt(theta * theta + 1));
  const double c = 1 / std::sqrt(t * t + 1), s = t * c;
  const auto turn = [&](double& x, double& y) {
    std::tie(x, y) = std::pair(c * x - s * y, s * x + c * y);
  };
  for (int64_t i = 0; i < n; ++i) turn(a[i * n + p], a[i * n + q]);
  for (int64_t i = 0; i < n; ++i) turn(a[p * n + i], a[q * n + i]);
  for (int64_t i = 0; i < n; ++i) turn(vectors[p * n + i], vectors[q * n + i]);
}

struct Ritz {
  EigenPairs eigen;     ///< the best within the span of the basis
  Rows image;           ///< the matrix times these vectors
  double residual = 0;  ///< of the worst of those wanted, relative to the largest eigenvalue
};

/// Rayleigh-Ritz: eigenvectors within the span of orthonormal rows, given the matrix times the
/// rows.
Ritz ritz(const Rows& basis, const Rows& image, int64_t n, int64_t count) {
  const auto k = static_cast<int64_t>(basis.size()) / n;
  Rows small(static_cast<size_t>(k * k));
  for (int64_t i = 0; i < k; ++i) {
    for (int64_t j = 0; j <= i; ++j) {
      small[i * k + j] = small[j * k + i] =
          0.5 * (dot(&basis[i * n], &image[j * n], n) + dot(&basis[j * n], &image[i * n], n));
    }
  }
  const EigenPairs inner = jacobi_eigenvectors(small);
  Ritz out{.eigen = {.values = inner.values, .vectors = Rows(basis.size())},
           .image = Rows(basis.size())};
  for (int64_t i = 0; i < k; ++i) {
    double square = 0;
    for (int64_t d = 0; d < n; ++d) {
      double own = 0, mapped = 0;
      for (int64_t j = 0; j < k; ++j) {
        own += inner.vectors[i * k + j] * basis[j * n + d];
        mapped += inner.vectors[i * k + j] * image[j * n + d];
      }
      out.eigen.vectors[i * n + d] = own;
      out.image[i * n + d] = mapped;
      square += std::pow(mapped - inner.values[i] * own, 2);
    }
    if (i < count)
      out.residual = std::max(out.residual, std::sqrt(square) / std::max(inner.values[0], 1e-300));
  }
  return out;
}

}  // namespace

EigenPairs jacobi_eigenvectors(Rows a) {
  const int64_t n = side_of(a);
  Rows vectors(a.size());
  for (int64_t i = 0; i < n; ++i) vectors[i * n + i] = 1;
  const double size = dot(a.data(), a.data(), n * n);
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) off += a[p * n + q] * a[p * n + q];
    }
    if (off <= 1e-32 * size) break;
    for (int64_t p = 0; p < n; ++p) {
      for (int64_t q = p + 1; q < n; ++q) {
        if (a[p * n + q] != 0) rotate(a, vectors, n, {p, q});
      }
    }
  }
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::greater<>(), [&](int64_t i) { return a[i * n + i]; });
  EigenPairs out;
  for (const int64_t i : order) {
    out.values.push_back(a[i * n + i]);
    out.vectors.insert(out.vectors.end(), vectors.begin() + i * n, vectors.begin() + (i + 1) * n);
  }
  return out;
}

EigenPairs top_eigenvectors(const Rows& matrix, int64_t count) {
  const int64_t n = side_of(matrix);
  // Without a gap between the eigenvalues any vectors of that space are as good: stop there.
  constexpr int kMostSteps = 150;
  const int64_t k = std::min(n, count + 12);  // a wider subspace converges faster
  Random random(20230414);
  Rows basis(static_cast<size_t>(k * n));
  for (double& v : basis) v = random.normal();
  orthonormalize(basis, n, random);
  EigenPairs best;
  for (int step = 0; step < kMostSteps; ++step) {
    Ritz found = ritz(basis, times(basis, matrix, n), n, count);
    best = std::move(found.eigen);
    if (k == n || found.residual < 1e-11) break;
    basis = std::move(found.image);
    orthonormalize(basis, n, random);
  }
  best.values.resize(static_cast<size_t>(count));
  best.vectors.resize(static_cast<size_t>(count * n));
  return best;
}

}  // namespace troodon::index
