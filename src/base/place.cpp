#include "base/place.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error.hpp"

namespace troodon {

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    fail(Exit::resource, "{}: cannot be made a folder ({})", path.string(), error.message());
  if (::access(path.c_str(), W_OK) != 0)
    fail(Exit::resource, "{}: cannot be written ({})", path.string(), std::strerror(errno));
}

bool exchange(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return true;
  std::error_code error;
  const bool known = errno == EINVAL || errno == ENOSYS;  // the file system cannot exchange
  const bool replaces = known && fs::exists(fs::symlink_status(to));
  const fs::path aside =
      to.parent_path() / fmt::format(".{}.{}.old", to.filename().string(), ::getpid());
  if (replaces) fs::rename(to, aside, error);
  if (!error) fs::rename(from, to, error);
  if (error) fail(Exit::resource, "{}: cannot be replaced ({})", to.string(), error.message());
  if (replaces) fs::rename(aside, from);
  return replaces;
}

void release_pages(std::span<const std::byte> part) {
  static const auto page = static_cast<uintptr_t>(::sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(part.data());
  const uintptr_t first = (start + page - 1) / page * page;
  const uintptr_t end = (start + part.size()) / page * page;
  if (end > first) ::madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

}  // namespace troodon
