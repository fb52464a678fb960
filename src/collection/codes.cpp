#include "collection/codes.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.hpp"

namespace troodon::collection {
namespace {

constexpr float kLevels = 127;

/// Cells of a coarser grid: the mean of the tokens in each, by their centres.
std::vector<float> pooled(std::span<const float> tokens, int rows, int columns, int dim, int side) {
  const int to_rows = std::min(rows, side), to_columns = std::min(columns, side);
  std::vector<float> out(static_cast<size_t>(to_rows) * to_columns * dim);
  for (int r = 0; r < rows; ++r) {
    for (int c = 0; c < columns; ++c) {
      const int cell = r * to_rows / rows * to_columns + c * to_columns / columns;
      const float* from = tokens.data() + (static_cast<size_t>(r) * columns + c) * dim;
      float* to = out.data() + static_cast<size_t>(cell) * dim;
      for (int d = 0; d < dim; ++d) to[d] += from[d];
    }
  }
  return out;  // sums do: only directions are kept
}

}  // namespace

TokenCodes encode_tokens(std::span<const float> tokens, int rows, int columns, int dim, int side) {
  TokenCodes out;
  if (side <= 0 || rows <= 0) return out;
  std::vector<float> cells;
  if (rows > side || columns > side) {
    cells = pooled(tokens, rows, columns, dim, side);
    tokens = cells;
  }
  out.rows = std::min(rows, side), out.columns = std::min(columns, side), out.dim = dim;
  out.scale.resize(static_cast<size_t>(out.tokens()));
  out.codes.resize(out.scale.size() * dim);
  for (size_t t = 0; t < out.scale.size(); ++t) {
    const auto token = tokens.subspan(t * dim, dim);
    double squares = 0;
    float largest = 0;
    for (const float x : token) squares += double{x} * x, largest = std::max(largest, std::abs(x));
    if (!(squares > 0)) continue;
    const float step = largest / kLevels, levels = kLevels / largest;
    // Rounds half away from zero, as std::lround does, but in a way that compilers vectorise.
    for (int d = 0; d < dim; ++d) {
      const float x = token[d] * levels;
      out.codes[t * dim + d] = static_cast<int8_t>(static_cast<int>(x + std::copysign(0.5F, x)));
    }
    out.scale[t] = step / static_cast<float>(std::sqrt(squares));
  }
  return out;
}

std::vector<float> decode_tokens(const TokenCodes& codes) {
  std::vector<float> out(codes.codes.size());
  for (size_t t = 0; t < codes.scale.size(); ++t) {
    for (int d = 0; d < codes.dim; ++d)
      out[t * codes.dim + d] = codes.scale[t] * static_cast<float>(codes.codes[t * codes.dim + d]);
  }
  return out;
}

std::vector<float> decode_late_block(const TokenCodes& codes) {
  const int half = codes.dim / 2;
  std::vector<float> out(static_cast<size_t>(codes.tokens()) * half);
  for (size_t t = 0; t < codes.scale.size(); ++t) {
    const int8_t* from = codes.codes.data() + t * codes.dim + half;
    float squares = 0;
    for (int d = 0; d < half; ++d) squares += static_cast<float>(from[d]) * from[d];
    const float scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (int d = 0; d < half; ++d) out[t * half + d] = scale * static_cast<float>(from[d]);
  }
  return out;
}

std::vector<std::byte> bytes_of(const TokenCodes& codes) {
  const uint32_t head[3] = {static_cast<uint32_t>(codes.rows),
                            static_cast<uint32_t>(codes.columns),
                            static_cast<uint32_t>(codes.dim)};
  const size_t scales = codes.scale.size() * sizeof(float);
  std::vector<std::byte> out(sizeof(head) + scales + codes.codes.size());
  std::memcpy(out.data(), head, sizeof(head));
  if (codes.rows == 0) return out;
  std::memcpy(out.data() + sizeof(head), codes.scale.data(), scales);
  std::memcpy(out.data() + sizeof(head) + scales, codes.codes.data(), codes.codes.size());
  return out;
}

TokenCodes codes_of(std::span<const std::byte> bytes) {
  uint32_t head[3] = {};
  constexpr uint32_t kMost = 1 << 16;
  if (bytes.empty()) return {};
  if (bytes.size() >= sizeof(head)) std::memcpy(head, bytes.data(), sizeof(head));
  const auto [rows, columns, dim] = head;
  const bool sane = bytes.size() >= sizeof(head) && rows < kMost && columns < kMost && dim < kMost;
  const uint64_t tokens = uint64_t{rows} * columns;
  if (!sane || bytes.size() != sizeof(head) + tokens * (sizeof(float) + dim)) {
    fail(Exit::input, "patch tokens of {} bytes don't say what they hold", bytes.size());
  }
  TokenCodes out{.rows = static_cast<int>(rows),
                 .columns = static_cast<int>(columns),
                 .dim = static_cast<int>(dim)};
  out.scale.resize(tokens);
  out.codes.resize(tokens * dim);
  if (tokens == 0) return out;
  const std::byte* from = bytes.data() + sizeof(head);
  std::memcpy(out.scale.data(), from, tokens * sizeof(float));
  std::memcpy(out.codes.data(), from + tokens * sizeof(float), out.codes.size());
  return out;
}

}  // namespace troodon::collection
