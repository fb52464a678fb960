// Attention of one head in plain loops over vectors of kLanes floats. attention_cpu.cpp includes
// this text once per instruction set, inside a namespace of its own: no standard templates in here,
// as one of theirs compiled for wide vectors could end up in code for narrow ones.

typedef float Lanes __attribute__((vector_size(4 * kLanes)));
typedef int Integers __attribute__((vector_size(4 * kLanes)));
typedef float Unaligned __attribute__((vector_size(4 * kLanes), aligned(4), may_alias));

inline Lanes load(const float* from) {
  return *reinterpret_cast<const Unaligned*>(from);
}

inline void store(float* to, Lanes value) {
  *reinterpret_cast<Unaligned*>(to) = value;
}

/// e^x for x <= 0, relative error 1e-7; below -87 it stays at e^-87.
inline Lanes exp_of(Lanes x) {
  const Lanes lowest = Lanes{} - 87.0f;
  x = x < lowest ? lowest : x;
  const float round = 12582912.0f;  // adding 1.5 * 2^23 leaves an integer in the mantissa
  const Lanes n = (x * 1.44269504f + round) - round;
  const Lanes r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Lanes p = Lanes{} + 1.9875691500e-4f;  // Cephes' polynomial
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
  return p * (Lanes)power;  // the same bits
}

/// The left factor of a product: element (i, k) lies at at[i * row + k * column].
struct Left {
  const float* at;
  int64_t row, column;
};

/// M rows and N vectors of left @ right, kept in registers while k runs.
template <int M, int N>
inline __attribute__((always_inline)) void tile(Left left,
                                                const float* right,
                                                int64_t right_row,
                                                float* out,
                                                int64_t out_row,
                                                int64_t depth,
                                                bool add) {
  Lanes sum[M][N];
#pragma GCC unroll 8
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) sum[i][j] = add ? load(out + i * out_row + j * kLanes) : Lanes{};
  }
  for (int64_t k = 0; k < depth; ++k) {
    Lanes values[N];
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) values[j] = load(right + k * right_row + j * kLanes);
#pragma GCC unroll 8
    for (int i = 0; i < M; ++i) {
      const float factor = left.at[i * left.row + k * left.column];
#pragma GCC unroll 8
      for (int j = 0; j < N; ++j) sum[i][j] += factor * values[j];
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (int j = 0; j < N; ++j) store(out + i * out_row + j * kLanes, sum[i][j]);
  }
}

/// A strip of N vectors of columns, all rows.
template <int N>
void strip(Left left,
           const float* right,
           int64_t right_row,
           float* out,
           int64_t out_row,
           int64_t rows,
           int64_t depth,
           bool add) {
  int64_t i = 0;
  for (; i + kTileRows <= rows; i += kTileRows) {
    tile<kTileRows, N>(left, right, right_row, out, out_row, depth, add);
    left.at += kTileRows * left.row, out += kTileRows * out_row;
  }
  switch (rows - i) {
    case 5:
      return tile<5, N>(left, right, right_row, out, out_row, depth, add);
    case 4:
      return tile<4, N>(left, right, right_row, out, out_row, depth, add);
    case 3:
      return tile<3, N>(left, right, right_row, out, out_row, depth, add);
    case 2:
      return tile<2, N>(left, right, right_row, out, out_row, depth, add);
    case 1:
      return tile<1, N>(left, right, right_row, out, out_row, depth, add);
    default:
      return;
  }
}

/// out [rows, columns] = (or, with add, +=) left [rows, depth] @ right [depth, columns]; columns is
/// a multiple of kLanes.
void product(Left left,
             const float* right,
             int64_t right_row,
             float* out,
             int64_t out_row,
             int64_t rows,
             int64_t columns,
             int64_t depth,
             bool add) {
  int64_t j = 0;
  for (; j + kTileVectors * kLanes <= columns; j += kTileVectors * kLanes) {
    strip<kTileVectors>(left, right + j, right_row, out + j, out_row, rows, depth, add);
  }
  for (; j < columns; j += kLanes) {
    strip<1>(left, right + j, right_row, out + j, out_row, rows, depth, add);
  }
}

inline int64_t padded(int64_t n) {
  return (n + kLanes - 1) / kLanes * kLanes;
}

/// rows of `dim` floats, `stride` apart -> the same side by side, each filled up with zeros to the
/// next multiple of kLanes.
void gather(const float* from, int64_t stride, int64_t rows, int64_t dim, float factor, float* to) {
  const int64_t width = padded(dim);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t c = 0; c < dim; ++c) to[i * width + c] = from[i * stride + c] * factor;
    for (int64_t c = dim; c < width; ++c) to[i * width + c] = 0;
  }
}

/// The way back.
void scatter(const float* from, int64_t rows, int64_t dim, float* to, int64_t stride) {
  const int64_t width = padded(dim);
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t c = 0; c < dim; ++c) to[i * stride + c] = from[i * width + c];
  }
}

/// [length, dim], rows `stride` apart -> [dim, padded(length)], filled up with zeros. dim is a
/// multiple of 4.
void transpose(const float* from, int64_t stride, int64_t length, int64_t dim, float* to) {
  typedef float Four __attribute__((vector_size(16)));
  typedef float Loose __attribute__((vector_size(16), aligned(4), may_alias));
  static const float zeros[kMaxDim] = {};
  const int64_t width = padded(length);
  for (int64_t j = 0; j < width; j += 4) {
    const float* rows[4];
    for (int64_t i = 0; i < 4; ++i) rows[i] = j + i < length ? from + (j + i) * stride : zeros;
    for (int64_t c = 0; c < dim; c += 4) {
      Four in[4];
      for (int i = 0; i < 4; ++i) in[i] = *reinterpret_cast<const Loose*>(rows[i] + c);
      const Four a = __builtin_shufflevector(in[0], in[1], 0, 4, 1, 5);
      const Four b = __builtin_shufflevector(in[2], in[3], 0, 4, 1, 5);
      const Four d = __builtin_shufflevector(in[0], in[1], 2, 6, 3, 7);
      const Four e = __builtin_shufflevector(in[2], in[3], 2, 6, 3, 7);
      float* column = to + c * width + j;
      *reinterpret_cast<Loose*>(column) = __builtin_shufflevector(a, b, 0, 1, 4, 5);
      *reinterpret_cast<Loose*>(column + width) = __builtin_shufflevector(a, b, 2, 3, 6, 7);
      *reinterpret_cast<Loose*>(column + 2 * width) = __builtin_shufflevector(d, e, 0, 1, 4, 5);
      *reinterpret_cast<Loose*>(column + 3 * width) = __builtin_shufflevector(d, e, 2, 3, 6, 7);
    }
  }
}

inline float sum_of(Lanes x) {
  float total = 0;
  for (int i = 0; i < kLanes; ++i) total += x[i];
  return total;
}

/// One row of scores to e^(score - largest), in place; the sum and the largest come back. Columns
/// from `length` on are padding: they end as (nearly) nothing.
void exponentials(float* scores, int64_t length, float& sum, float& largest) {
  const int64_t width = padded(length);
  for (int64_t j = length; j < width; ++j) scores[j] = -1e30f;
  Lanes top = load(scores);
  for (int64_t j = kLanes; j < width; j += kLanes) {
    const Lanes next = load(scores + j);
    top = top < next ? next : top;
  }
  largest = top[0];
  for (int i = 1; i < kLanes; ++i) largest = largest < top[i] ? top[i] : largest;
  Lanes total{};
  for (int64_t j = 0; j < width; j += kLanes) {
    const Lanes value = exp_of(load(scores + j) - largest);
    total += value;
    store(scores + j, value);
  }
  sum = sum_of(total);
}

/// Rows of queries that are worked on at a time: an equal share of the sequence, kMaxRows at most.
inline int64_t rows_at_a_time(int64_t length) {
  const int64_t blocks = (length + kMaxRows - 1) / kMaxRows;
  const int64_t rows = (length + blocks - 1) / blocks;
  return (rows + kTileRows - 1) / kTileRows * kTileRows;
}

void forward(const HeadForward& head, float* scratch) {
  const int64_t length = head.length, dim = head.dim;
  const int64_t wide = padded(length), thick = padded(dim), block = rows_at_a_time(length);
  float* keys = scratch;                     // [dim, wide], transposed
  float* values = keys + dim * wide;         // [length, thick]
  float* queries = values + length * thick;  // [block, thick]
  float* scores = queries + block * thick;   // [block, wide]
  float* mixed = scores + block * wide;      // [block, thick]
  transpose(head.k, head.stride, length, dim, keys);
  gather(head.v, head.stride, length, dim, 1, values);
  for (int64_t first = 0; first < length; first += block) {
    const int64_t rows = first + block < length ? block : length - first;
    gather(head.q + first * head.stride, head.stride, rows, dim, head.scale, queries);
    product({queries, thick, 1}, keys, wide, scores, wide, rows, wide, dim, false);
    float sums[kMaxRows];
    for (int64_t i = 0; i < rows; ++i) {
      float largest;
      exponentials(scores + i * wide, length, sums[i], largest);
      head.log_sums[first + i] = largest + __builtin_logf(sums[i]);
    }
    product({scores, wide, 1}, values, thick, mixed, thick, rows, thick, length, false);
    for (int64_t i = 0; i < rows; ++i) {
      float* out = head.out + (first + i) * head.out_stride;
      for (int64_t c = 0; c < dim; ++c) out[c] = mixed[i * thick + c] / sums[i];
    }
  }
}

/// Scores to probabilities, and the gradients of the probabilities to those of the scores, both in
/// place: p = e^(scale s - log_sum), ds = scale p (dp - delta).
void score_gradients(
    float* scores, float* gradients, int64_t width, float scale, float log_sum, float delta) {
  for (int64_t j = 0; j < width; j += kLanes) {
    const Lanes exponent = load(scores + j) * scale - log_sum;
    const Lanes zero{};
    const Lanes p = exp_of(exponent > zero ? zero : exponent);
    store(scores + j, p);
    store(gradients + j, p * (load(gradients + j) - delta) * scale);
  }
}

void backward(const HeadBackward& head, float* scratch) {
  const int64_t length = head.length, dim = head.dim;
  const int64_t wide = padded(length), thick = padded(dim), block = rows_at_a_time(length);
  float* keys = scratch;                     // [dim, wide], transposed
  float* values = keys + dim * wide;         // [dim, wide], transposed
  float* key_rows = values + dim * wide;     // [length, thick]
  float* dk = key_rows + length * thick;     // [length, thick]
  float* dv = dk + length * thick;           // [length, thick]
  float* queries = dv + length * thick;      // [block, thick]
  float* dout = queries + block * thick;     // [block, thick]
  float* dq = dout + block * thick;          // [block, thick]
  float* scores = dq + block * thick;        // [block, wide]
  float* gradients = scores + block * wide;  // [block, wide]
  transpose(head.k, head.stride, length, dim, keys);
  transpose(head.v, head.stride, length, dim, values);
  gather(head.k, head.stride, length, dim, 1, key_rows);
  for (int64_t first = 0; first < length; first += block) {
    const int64_t rows = first + block < length ? block : length - first;
    gather(head.q + first * head.stride, head.stride, rows, dim, 1, queries);
    gather(head.dout + first * head.out_stride, head.out_stride, rows, dim, 1, dout);
    product({queries, thick, 1}, keys, wide, scores, wide, rows, wide, dim, false);
    product({dout, thick, 1}, values, wide, gradients, wide, rows, wide, dim, false);
    for (int64_t i = 0; i < rows; ++i) {
      const float* out = head.out + (first + i) * head.out_stride;
      float delta = 0;
      for (int64_t c = 0; c < dim; ++c) delta += out[c] * dout[i * thick + c];
      score_gradients(scores + i * wide,
                      gradients + i * wide,
                      wide,
                      head.scale,
                      head.log_sums[first + i],
                      delta);
    }
    product({gradients, wide, 1}, key_rows, thick, dq, thick, rows, thick, length, false);
    scatter(dq, rows, dim, head.dq + first * head.stride, head.stride);
    const bool add = first > 0;
    product({scores, 1, wide}, dout, thick, dv, thick, length, thick, rows, add);
    product({gradients, 1, wide}, queries, thick, dk, thick, length, thick, rows, add);
  }
  scatter(dk, length, dim, head.dk, head.stride);
  scatter(dv, length, dim, head.dv, head.stride);
}
