#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace troodon::kernels {

/// One head of one sequence, `length` tokens of `dim` floats; q, k and v at the first token, from
/// one token to the next `stride` floats in q, k, v and `out_stride` in out.
struct HeadForward {
  const float *q, *k, *v;
  float* out;
  float* log_sums;  ///< [length], the logarithm of each query's sum of exponentials
  int64_t length, dim, stride, out_stride;
  float scale;  ///< of the scores
};

/// The same with gradients: dout in, dq, dk, dv out (written, not added to).
struct HeadBackward {
  const float *q, *k, *v, *out, *dout, *log_sums;
  float *dq, *dk, *dv;
  int64_t length, dim, stride, out_stride;
  float scale;
};

/// Attention of one head on one thread, compiled for one instruction set. Works on up to 66 queries
/// at a time, all keys at once: 66 rows of scores are all it ever holds.
struct AttentionKernels {
  const char* isa;  ///< avx512f, avx2 or plain
  void (*forward)(const HeadForward& head, float* scratch);
  void (*backward)(const HeadBackward& head, float* scratch);
};

/// Whether the kernels take heads of this width: a multiple of 8 up to 256.
bool attention_takes(int64_t dim);

/// Floats of scratch that forward and backward want for a sequence of this length, or a shorter
/// one.
size_t attention_scratch(int64_t length, int64_t dim);

/// Those that this CPU runs, the widest first.
const std::vector<AttentionKernels>& attention_kernels();

}  // namespace troodon::kernels
