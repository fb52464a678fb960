#include "graph/kernels.hpp"

#include <array>

#include "base/half.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace troodon::graph {
namespace {

void plain_bytes(const int8_t* query,
                 const uint8_t* codes,
                 int64_t stride,
                 std::span<const uint32_t> ids,
                 int32_t* out) {
  for (size_t i = 0; i < ids.size(); ++i) {
    const uint8_t* row = codes + ids[i] * stride;
    int32_t sum = 0;
    for (int64_t d = 0; d < stride; ++d) sum += query[d] * row[d];
    out[i] = sum;
  }
}

float plain_half(const float* query, const uint16_t* row, int64_t dim) {
  float sum = 0;
  for (int64_t d = 0; d < dim; ++d) sum += query[d] * from_half(row[d]);
  return sum;
}

float plain_full(const float* query, const float* row, int64_t dim) {
  float sum = 0;
  for (int64_t d = 0; d < dim; ++d) sum += query[d] * row[d];
  return sum;
}

#if defined(__x86_64__)

/// Rows that are fetched while others are multiplied.
constexpr size_t kAhead = 6;

inline void fetch(const uint8_t* row, int64_t stride) {
  for (int64_t d = 0; d < stride; d += 64)
    _mm_prefetch(reinterpret_cast<const char*>(row + d), _MM_HINT_T0);
}

/// Fetches row `i` of the list, if it has one.
inline void fetch(const uint8_t* codes, int64_t stride, std::span<const uint32_t> ids, size_t i) {
  if (i < ids.size()) fetch(codes + ids[i] * stride, stride);
}

#define TROODON_AVX2 __attribute__((target("avx2,fma,f16c")))

TROODON_AVX2 inline int32_t sum_of(__m256i v) {
  __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
  s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4E));
  return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xB1)));
}

TROODON_AVX2 inline float sum_of(__m256 v) {
  __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
  s = _mm_add_ps(s, _mm_movehl_ps(s, s));
  return _mm_cvtss_f32(_mm_add_ss(s, _mm_shuffle_ps(s, s, 1)));
}

TROODON_AVX2 void avx2_bytes(const int8_t* query,
                             const uint8_t* codes,
                             int64_t stride,
                             std::span<const uint32_t> ids,
                             int32_t* out) {
  for (size_t i = 0; i < kAhead; ++i) fetch(codes, stride, ids, i);
  for (size_t i = 0; i < ids.size(); ++i) {
    fetch(codes, stride, ids, i + kAhead);
    const uint8_t* row = codes + ids[i] * stride;
    __m256i sum = _mm256_setzero_si256();
    // By 16 bits: AVX2's product of bytes saturates.
    for (int64_t d = 0; d < stride; d += 16) {
      const __m128i q = _mm_loadu_si128(reinterpret_cast<const __m128i*>(query + d));
      const __m128i c = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + d));
      sum = _mm256_add_epi32(sum,
                             _mm256_madd_epi16(_mm256_cvtepi8_epi16(q), _mm256_cvtepu8_epi16(c)));
    }
    out[i] = sum_of(sum);
  }
}

TROODON_AVX2 float avx2_half(const float* query, const uint16_t* row, int64_t dim) {
  __m256 sum = _mm256_setzero_ps();
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8) {
    const __m128i eight = _mm_loadu_si128(reinterpret_cast<const __m128i*>(row + d));
    sum = _mm256_fmadd_ps(_mm256_loadu_ps(query + d), _mm256_cvtph_ps(eight), sum);
  }
  return sum_of(sum) + plain_half(query + d, row + d, dim - d);
}

TROODON_AVX2 float avx2_full(const float* query, const float* row, int64_t dim) {
  __m256 sum = _mm256_setzero_ps();
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8)
    sum = _mm256_fmadd_ps(_mm256_loadu_ps(query + d), _mm256_loadu_ps(row + d), sum);
  return sum_of(sum) + plain_full(query + d, row + d, dim - d);
}

#define TROODON_VNNI __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma,f16c")))

TROODON_VNNI inline __m512i load64(const void* from) {
  return _mm512_loadu_si512(from);
}

/// The sums of four vectors.
TROODON_VNNI inline __m128i sums_of(__m512i a, __m512i b, __m512i c, __m512i d) {
  const __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
  const __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
  const __m512i all =
      _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
  const __m256i half =
      _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
  return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

TROODON_VNNI void vnni_bytes(const int8_t* query,
                             const uint8_t* codes,
                             int64_t stride,
                             std::span<const uint32_t> ids,
                             int32_t* out) {
  for (size_t i = 0; i < kAhead; ++i) fetch(codes, stride, ids, i);
  size_t i = 0;
  for (; i + 4 <= ids.size(); i += 4) {
    const uint8_t* rows[4];
    for (size_t r = 0; r < 4; ++r) {
      fetch(codes, stride, ids, i + r + kAhead);
      rows[r] = codes + ids[i + r] * stride;
    }
    __m512i a = _mm512_setzero_si512(), b = a, c = a, e = a;
    for (int64_t d = 0; d < stride; d += 64) {
      const __m512i q = load64(query + d);
      a = _mm512_dpbusd_epi32(a, load64(rows[0] + d), q);
      b = _mm512_dpbusd_epi32(b, load64(rows[1] + d), q);
      c = _mm512_dpbusd_epi32(c, load64(rows[2] + d), q);
      e = _mm512_dpbusd_epi32(e, load64(rows[3] + d), q);
    }
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), sums_of(a, b, c, e));
  }
  for (; i < ids.size(); ++i) {
    const uint8_t* row = codes + ids[i] * stride;
    __m512i sum = _mm512_setzero_si512();
    for (int64_t d = 0; d < stride; d += 64)
      sum = _mm512_dpbusd_epi32(sum, load64(row + d), load64(query + d));
    out[i] = _mm512_reduce_add_epi32(sum);
  }
}

TROODON_VNNI float vnni_half(const float* query, const uint16_t* row, int64_t dim) {
  __m512 sum = _mm512_setzero_ps();
  int64_t d = 0;
  for (; d + 16 <= dim; d += 16) {
    const __m256i some = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + d));
    sum = _mm512_fmadd_ps(_mm512_loadu_ps(query + d), _mm512_cvtph_ps(some), sum);
  }
  return _mm512_reduce_add_ps(sum) + plain_half(query + d, row + d, dim - d);
}

TROODON_VNNI float vnni_full(const float* query, const float* row, int64_t dim) {
  __m512 sum = _mm512_setzero_ps();
  int64_t d = 0;
  for (; d + 16 <= dim; d += 16)
    sum = _mm512_fmadd_ps(_mm512_loadu_ps(query + d), _mm512_loadu_ps(row + d), sum);
  return _mm512_reduce_add_ps(sum) + plain_full(query + d, row + d, dim - d);
}

bool has_avx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
}

bool has_vnni() {
  return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vnni");
}

#endif

}  // namespace

std::span<const Kernels> available_kernels() {
  static const std::array kAll = {
#if defined(__x86_64__)
      Kernels{"avx512vnni", vnni_bytes, vnni_half, vnni_full},
      Kernels{"avx2", avx2_bytes, avx2_half, avx2_full},
#endif
      Kernels{"plain", plain_bytes, plain_half, plain_full}};
#if defined(__x86_64__)
  static const size_t first = has_vnni() ? 0 : has_avx2() ? 1 : 2;
#else
  static const size_t first = 0;
#endif
  return std::span(kAll).subspan(first);
}

const Kernels& kernels() {
  static const Kernels& best = available_kernels().front();
  return best;
}

}  // namespace troodon::graph
