#pragma once

#include <cstdint>

namespace troodon::engine {

/// exp(x - largest) of a row of `width` scores as a row of a left factor (kernels::Planes; its
/// inner tiles lie one behind the other, zeros behind `width`), to 2 units of the last place, or
/// where bfloat16 is all that stays (planes = 1) to 3e-6. Returns the sum, by which to divide.
float softmax_row(const float* scores, int64_t width, int planes, int64_t inner, uint16_t* out);

}  // namespace troodon::engine
