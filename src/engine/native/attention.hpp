#pragma once

#include "engine/native/linear.hpp"

namespace troodon::engine {

/// softmax(q k^T / sqrt(d)) v of one head, 32 queries at a time: the whole matrix of scores is
/// never there. q [Q,d], k and v [T,d]; out: Q rows of d floats, `out_stride` apart. planes: 3 for
/// float32 products, 1 for bfloat16; the softmax is float32.
void attend(const Rows& q,
            const Rows& k,
            const Rows& v,
            int planes,
            float* out,
            int64_t out_stride,
            Scratch::Worker& own);

}  // namespace troodon::engine
