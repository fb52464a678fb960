#include <numeric>
#include <ostream>

#include "base/error.hpp"
#include "formats/tar.hpp"

namespace troodon::formats {

void write_tar_member(std::ostream& out,
                      const std::string& name,
                      std::span<const std::byte> bytes) {
  if (name.size() > 100 || bytes.size() >= 1ULL << 33)
    fail("'{}': too long a name or too large a file for a shard", name);
  std::string head(512, '\0');
  const auto put = [&head](size_t at, const std::string& text) {
    head.replace(at, text.size(), text);
  };
  put(0, name);
  put(100, "0000644");
  put(108, "0000000");
  put(116, "0000000");
  put(124, fmt::format("{:011o}", bytes.size()));
  put(136, "00000000000");
  put(148, "        ");
  put(156, "0");
  put(257, std::string("ustar\00000", 8));
  const unsigned sum = std::accumulate(head.begin(), head.end(), 0U, [](unsigned total, char c) {
    return total + static_cast<unsigned char>(c);
  });
  put(148, fmt::format("{:06o}", sum) + '\0' + ' ');
  out.write(head.data(), 512);
  out.write(reinterpret_cast<const char*>(bytes.data()),
            static_cast<std::streamsize>(bytes.size()));
  const std::string padding((512 - bytes.size() % 512) % 512, '\0');
  out.write(padding.data(), static_cast<std::streamsize>(padding.size()));
}

void write_tar_end(std::ostream& out) {
  const std::string empty(kTarEnd, '\0');
  out.write(empty.data(), kTarEnd);
}

}  // namespace troodon::formats
