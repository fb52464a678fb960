#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"

namespace troodon::image {

/// One number a pixel as a file stores it: class numbers, object numbers, depth.
struct Plane {
  int width = 0;
  int height = 0;
  std::vector<uint16_t> values;  ///< [height, width]

  Plane() = default;
  Plane(int w, int h) : width(w), height(h), values(static_cast<size_t>(w) * h) {}
  size_t pixels() const { return values.size(); }
};

/// Reads a grey PNG (1 to 16 bits), a palette PNG (its indices, not its colours) or a binary PGM (8
/// or 16 bits, big-endian). A colour PNG counts as grey where its three channels are equal. The
/// failure is one sentence.
Result<Plane> decode_plane(std::span<const std::byte> bytes);

/// The same from a file; the failure names the path.
Result<Plane> read_plane(const fs::path& path);

/// The plane at another size, the nearest pixel for each (no new numbers appear).
Plane resize_nearest(const Plane& plane, int width, int height);

}  // namespace troodon::image
