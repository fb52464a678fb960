#pragma once

#include <string>

#include "base/error.hpp"
#include "image/decode.hpp"

namespace troodon::cli {

/// A picture named on the command line. Throws Error (exit 4) naming it.
inline image::Image read_or_fail(const std::string& path) {
  auto picture = image::read(path);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  return std::move(*picture);
}

}  // namespace troodon::cli
