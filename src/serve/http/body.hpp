#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>

namespace troodon::serve {

/// Bytes that all bodies under way may take together.
class Budget {
 public:
  explicit Budget(int64_t bytes) : left_(bytes) {}
  bool take(int64_t bytes);
  void give(int64_t bytes) { left_ += bytes; }

 private:
  std::atomic<int64_t> left_;
};

/// What one body took, given back at the end.
class Loan {
 public:
  explicit Loan(Budget& budget) : budget_(budget) {}
  ~Loan() { budget_.give(bytes_); }
  Loan(const Loan&) = delete;
  Loan& operator=(const Loan&) = delete;
  /// Throws Problem 503 if there is not so much.
  void grow(int64_t bytes);

 private:
  Budget& budget_;
  int64_t bytes_ = 0;
};

/// Gives at most so many bytes; 0 or less: the sender has gone, or is late.
using Source = std::function<ssize_t(char*, size_t)>;

/// A body of `announced` bytes, or in chunks (-1). Memory is taken as bytes arrive, not as they are
/// announced. Throws Problem: 408 it stopped, 413 chunks beyond max_body, 400 broken chunks, 503.
std::string read_body(const Source& source, int64_t announced, int64_t max_body, Loan& loan);

}  // namespace troodon::serve
