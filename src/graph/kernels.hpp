#pragma once

#include <cstdint>
#include <span>

namespace troodon::graph {

/// One instruction set's loops. Codes are bytes of value c + 128; strides are multiples of 64, and
/// what lies past the width counts as c = 0 on one side.
struct Kernels {
  const char* name;
  /// out[i] = sum over d < stride of query[d] (code[d] of row ids[i]), codes as stored: the caller
  /// subtracts 128 times the query's sum. Whole numbers: the same on every CPU.
  void (*byte_products)(const int8_t* query,
                        const uint8_t* codes,
                        int64_t stride,
                        std::span<const uint32_t> ids,
                        int32_t* out);
  /// Product of a query and a row of float16 or of float32.
  float (*half_product)(const float* query, const uint16_t* row, int64_t dim);
  float (*full_product)(const float* query, const float* row, int64_t dim);
};

/// Those that this CPU runs, the best first, plain loops last.
std::span<const Kernels> available_kernels();

/// The best.
const Kernels& kernels();

}  // namespace troodon::graph
