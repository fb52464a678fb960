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

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

/// A file until it takes its name. Where the file system can (most of Linux's can), it has none
/// before: whatever kills the process, nothing is left behind, however much was written.
class Draft {
 public:
  explicit Draft(const fs::path& path)
      : path_(path),
        named_(temporary_beside(path)),
        unnamed_(::open(folder_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666)) {
    if (unnamed_ < 0 || ::access(place().c_str(), F_OK) == 0) return;
    ::close(unnamed_);  // without /proc it can neither be opened again nor be named
    unnamed_ = -1;
  }
  ~Draft() {
    if (unnamed_ >= 0) ::close(unnamed_);
    std::error_code ignored;
    if (!done_) fs::remove(named_, ignored);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  /// Where to write it.
  fs::path place() const {
    return unnamed_ < 0 ? named_ : fs::path(fmt::format("/proc/self/fd/{}", unnamed_));
  }

  void take_name() {
    std::error_code error;
    if (unnamed_ >= 0 &&
        ::linkat(AT_FDCWD, place().c_str(), AT_FDCWD, named_.c_str(), AT_SYMLINK_FOLLOW) != 0)
      fs::copy_file(place(), named_, error);
    if (!error) sync();
    if (!error) fs::rename(named_, path_, error);
    if (error) fail(Exit::resource, "{}: cannot be replaced ({})", path_.string(), error.message());
    done_ = true;
  }

 private:
  void sync() const {
    const Descriptor file(named_, O_RDONLY);
    if (::fsync(file.fd) != 0)
      fail(Exit::resource, "{}: fsync failed ({})", path_.string(), std::strerror(errno));
  }

  fs::path path_, named_;
  int unnamed_;
  bool done_ = false;
};

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
  Draft draft(path);
  {
    std::ofstream stream(draft.place(), std::ios::binary);
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
  draft.take_name();
  // The rename itself is durable only once the folder is.
  const Descriptor folder(folder_of(path), O_RDONLY | O_DIRECTORY);
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
