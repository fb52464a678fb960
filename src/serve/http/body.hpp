#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <sys/types.h>

#include "serve/http/limits.hpp"

namespace troodon::serve {

/// Gives at most so many bytes; 0 or less: the sender has gone, or is late.
using Source = std::function<ssize_t(char*, size_t)>;

/// A body of `announced` bytes, or in chunks (-1). Memory is taken as bytes arrive, not as they are
/// announced. Throws Problem: 408 it stopped, 413 chunks beyond max_body, 400 broken chunks, 503.
std::string read_body(const Source& source, int64_t announced, int64_t max_body, Loan& loan);

}  // namespace troodon::serve
