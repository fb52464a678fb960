#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace troodon::formats {

/// A file within a tar archive.
struct TarMember {
  std::string name;     ///< its whole path there
  uint64_t offset = 0;  ///< of its first byte in the archive
  uint64_t bytes = 0;
};

struct TarListing {
  std::vector<TarMember> members;  ///< regular files, in order
  std::string damage;              ///< why the listing ends early, in words; "" if it doesn't
};

/// The regular files of an uncompressed tar: ustar, GNU's long names and large sizes, pax paths and
/// sizes. A damaged or shortened archive gives the members before the damage. Throws nothing that
/// depends on the bytes.
TarListing list_tar(std::span<const std::byte> archive);

/// Writes one ustar member: mode 0644, no owner, time 0, so that equal contents give equal bytes.
/// `name` has at most 100 bytes.
void write_tar_member(std::ostream& out, const std::string& name, std::span<const std::byte> bytes);
/// Writes the two empty blocks at the end.
void write_tar_end(std::ostream& out);

/// What write_tar_member and write_tar_end write, in bytes.
constexpr uint64_t tar_member_bytes(uint64_t content) {
  return 512 + (content + 511) / 512 * 512;
}
inline constexpr uint64_t kTarEnd = 1024;

}  // namespace troodon::formats
