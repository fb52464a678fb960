#pragma once

#include <cstdint>

#include "index/features.hpp"

namespace troodon::index {

/// out[q * stride + b] = inner product of query q and row b, for all rows of both. A product's bits
/// depend only on its two rows, not on their neighbours.
void dot_products(const Matrix& queries, const Matrix& rows, float* out, int64_t stride);

}  // namespace troodon::index
