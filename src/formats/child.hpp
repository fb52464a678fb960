#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <sys/types.h>
#include <vector>

namespace troodon::formats {

/// A program whose standard output is read through a pipe; started without a shell, its input and
/// messages go nowhere. It is ended and waited for when this object goes. Throws Error (exit 6)
/// when it cannot be started.
class Child {
 public:
  explicit Child(const std::vector<std::string>& words);
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Fills `out` as far as there is output; returns the bytes read, less than asked at the end.
  size_t read(std::span<std::byte> out);

 private:
  pid_t pid_ = -1;
  int fd_ = -1;
};

}  // namespace troodon::formats
