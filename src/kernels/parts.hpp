#pragma once

#include <cstddef>
#include <functional>

namespace troodon::kernels {

/// How many threads each_part may use here: LibTorch's number, or 1 within a part.
size_t part_threads();

/// Calls body(0) ... body(parts - 1) at the same time, each on a thread of its own in which
/// LibTorch computes alone, under the caller's gradient mode and bfloat16 products. Returns when
/// all are done; throws what the first of them threw. Without OpenMP: one after the other.
void each_part(size_t parts, const std::function<void(size_t part)>& body);

}  // namespace troodon::kernels
