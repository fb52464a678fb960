#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace troodon::report {

/// Writes a TensorBoard event file (docs/formats.md). Each start of a run gets a file of its own,
/// so a resumed run damages nothing; events at or after `first_step` of earlier files are
/// superseded.
class TensorBoard {
 public:
  /// Creates `folder` and in it events.out.tfevents.<seconds>.troodon.<process>.<n>. Throws Error.
  explicit TensorBoard(const fs::path& folder, int64_t first_step = 0);

  /// One point of the curve `tag`. NaN and infinity are kept.
  void scalar(std::string_view tag, int64_t step, double value);
  /// A picture under `tag`; `png` is a whole PNG file of that size.
  void image(std::string_view tag, int64_t step, std::string_view png, int width, int height);
  /// Makes what was written visible to readers. Throws Error if the disk is full.
  void flush();
  const fs::path& file() const { return file_; }

 private:
  void write_summary(std::string_view tag, int64_t step, std::string_view value);
  void write_record(std::string_view event);

  fs::path file_;
  std::ofstream stream_;
};

/// CRC-32C (Castagnoli) of bytes: the checksum of event files.
uint32_t crc32c(std::string_view bytes);

}  // namespace troodon::report
