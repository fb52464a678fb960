#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace troodon {

namespace fs = std::filesystem;

/// A file mapped read-only while this object lives; move-only. Throws Error naming the path.
class MappedFile {
 public:
  explicit MappedFile(const fs::path& path);
  std::span<const std::byte> bytes() const;

 private:
  struct Unmap {
    size_t size;
    void operator()(std::byte* data) const;
  };
  std::unique_ptr<std::byte, Unmap> data_{nullptr, Unmap{0}};
};

/// The whole file as text or bytes. Throws Error naming the path.
std::string read_text(const fs::path& path);
std::vector<std::byte> read_bytes(const fs::path& path);

/// Writes a file so that a crash leaves the old content or the new one, never a part: temporary
/// file beside it (without a name where the file system can), fsync, rename. `write` fills the
/// stream. Throws Error; creates parent folders.
void write_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write);
void write_atomically(const fs::path& path, std::string_view text);

/// CRC-32 (IEEE) of bytes, continuing from `seed`.
uint32_t crc32(std::span<const std::byte> bytes, uint32_t seed = 0);

}  // namespace troodon
