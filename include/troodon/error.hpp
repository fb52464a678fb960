#pragma once

#include <stdexcept>
#include <string>

#include "troodon/export.hpp"

namespace troodon {

/// What a failure is; also what the process `troodon` tells its caller (docs/cli.md).
enum class Exit : int {
  ok = 0,
  runtime = 1,
  usage = 2,
  config = 3,    ///< a configuration file or override is wrong
  input = 4,     ///< input data missing, or too much of it unreadable
  numeric = 5,   ///< NaN, infinity, collapse
  resource = 6,  ///< memory, disk or device missing
  mismatch = 7,  ///< a verification failed
  partial = 8,   ///< done, but some inputs failed (they are listed)
  interrupted = 130,
  terminated = 143,
};

/// The command cannot go on. The message says what, where and how to mend it, in one sentence.
class TROODON_API Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message, Exit code = Exit::runtime)
      : std::runtime_error(message), code_(code) {}
  Exit code() const { return code_; }

 private:
  Exit code_;
};

}  // namespace troodon
