#include "base/file.hpp"

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "base/error.hpp"

namespace troodon {
namespace {

/// A file descriptor that closes itself.
struct Descriptor {
  int fd;
  explicit Descriptor(const fs::path& path, int flags)
      : fd(::open(path.c_str(), flags | O_CLOEXEC)) {
    if (fd < 0) fail("{}: cannot be opened ({})", path.string(), std::strerror(errno));
  }
  ~Descriptor() { ::close(fd); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
};

size_t regular_size(const Descriptor& file, const fs::path& path) {
  struct stat info {};
  if (::fstat(file.fd, &info) != 0) fail("{}: {}", path.string(), std::strerror(errno));
  if (!S_ISREG(info.st_mode)) fail("{}: is not a regular file", path.string());
  return static_cast<size_t>(info.st_size);
}

fs::path temporary_beside(const fs::path& path) {
  static std::atomic<unsigned> counter = 0;
  return path.parent_path() /
         fmt::format(".{}.{}.{}.tmp", path.filename().string(), ::getpid(), counter++);
}

}  // namespace

void MappedFile::Unmap::operator()(std::byte* data) const {
  if (size > 0) ::munmap(data, size);
}

MappedFile::MappedFile(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  const size_t size = regular_size(file, path);
  if (size == 0) return;
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd, 0);
  if (data == MAP_FAILED) fail("{}: cannot be mapped ({})", path.string(), std::strerror(errno));
  data_ = {static_cast<std::byte*>(data), Unmap{size}};
}

std::span<const std::byte> MappedFile::bytes() const {
  return {data_.get(), data_.get_deleter().size};
}

std::vector<std::byte> read_bytes(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  std::vector<std::byte> out(regular_size(file, path));
  for (size_t done = 0; done < out.size();) {
    const ssize_t got = ::read(file.fd, out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("{}: cannot be read ({})", path.string(), std::strerror(errno));
    if (got == 0) out.resize(done);
    done += static_cast<size_t>(got);
  }
  return out;
}

std::string read_text(const fs::path& path) {
  const auto bytes = read_bytes(path);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void write_atomically(const fs::path& path, const std::function<void(std::ostream&)>& write) {
  std::error_code error;
  if (path.has_parent_path()) fs::create_directories(path.parent_path(), error);
  const fs::path temporary = temporary_beside(path);
  struct RemoveOnFailure {
    const fs::path& file;
    bool keep = false;
    ~RemoveOnFailure() {
      std::error_code ignored;
      if (!keep) fs::remove(file, ignored);
    }
  } guard{temporary};
  {
    std::ofstream stream(temporary, std::ios::binary);
    if (!stream)
      fail(Exit::resource, "{}: cannot be written ({})", path.string(), std::strerror(errno));
    write(stream);
    stream.flush();
    if (!stream)
      fail(Exit::resource,
           "{}: writing failed ({}); is the disk full?",
           path.string(),
           std::strerror(errno));
  }
  {
    const Descriptor file(temporary, O_RDONLY);
    if (::fsync(file.fd) != 0)
      fail(Exit::resource, "{}: fsync failed ({})", path.string(), std::strerror(errno));
  }
  fs::rename(temporary, path, error);
  if (error) fail(Exit::resource, "{}: cannot be replaced ({})", path.string(), error.message());
  guard.keep = true;
  // The rename itself is durable only once the folder is.
  const Descriptor folder(path.has_parent_path() ? path.parent_path() : fs::path("."),
                          O_RDONLY | O_DIRECTORY);
  ::fsync(folder.fd);
}

void write_atomically(const fs::path& path, std::string_view text) {
  write_atomically(path, [&](std::ostream& out) {
    out.write(text.data(), static_cast<std::streamsize>(text.size()));
  });
}

uint32_t crc32(std::span<const std::byte> bytes, uint32_t seed) {
  return static_cast<uint32_t>(
      ::crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace troodon
