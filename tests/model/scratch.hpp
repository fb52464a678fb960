#pragma once

#include <unistd.h>

#include <fmt/format.h>

#include "base/file.hpp"

namespace troodon::model {

/// A folder that goes away with the test.
struct Scratch {
  fs::path path = fs::temp_directory_path() / fmt::format("troodon_model_{}", ::getpid());
  Scratch() { fs::create_directories(path); }
  ~Scratch() { fs::remove_all(path); }
};

}  // namespace troodon::model
