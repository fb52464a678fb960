#pragma once

#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troodon::model {

struct ZipEntry {
  std::string name;
  std::span<const std::byte> data;
  uint32_t crc = 0;  ///< as the archive states it; 0: it states none
};

/// The entries of a zip archive in its directory's order, as views into `bytes`. Entries must be
/// stored, not compressed (as torch.save writes them); zip64 is read. Checksums are not checked
/// yet: that would read everything. Throws Error that names `origin` and the fault.
std::vector<ZipEntry> zip_entries(std::span<const std::byte> bytes, const std::string& origin);

/// Throws Error unless the entry has its checksum.
void check_entry(const ZipEntry& entry, const std::string& origin);

/// Writes a zip archive of stored entries; data starts at multiples of 64 bytes, as torch.save
/// does.
class ZipWriter {
 public:
  explicit ZipWriter(std::ostream& out) : out_(out) {}
  void add(const std::string& name, std::span<const std::byte> data);
  void add(const std::string& name, std::string_view text) {
    add(name, std::as_bytes(std::span(text)));
  }
  /// Writes the directory; nothing may be added afterwards.
  void finish();

 private:
  struct Written {
    std::string name;
    uint32_t crc = 0;
    uint64_t size = 0, offset = 0;
  };
  void put(std::string_view bytes);

  std::ostream& out_;
  uint64_t position_ = 0;
  std::vector<Written> written_;
};

}  // namespace troodon::model
