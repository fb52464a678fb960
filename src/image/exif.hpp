#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace troodon::image {

/// What a camera wrote about a picture; "" where it did not.
struct ExifNotes {
  std::string taken;   ///< local time, "2019-07-14 12:33:01": as text these sort by time
  std::string camera;  ///< maker and model: "Canon EOS 80D"
};

/// Of a JPEG file's bytes; nothing of other or damaged files.
ExifNotes exif_notes(std::span<const std::byte> file);

/// The EXIF orientation tag (1..8) of a TIFF-structured EXIF block; 1 when absent or damaged.
int exif_orientation(std::span<const std::byte> tiff);

}  // namespace troodon::image
