#pragma once

#include <string>

#include "base/file.hpp"

namespace troodon::zoo {

/// SHA-256 of a file, 64 hexadecimal digits. Throws Error naming it, also where this build was made
/// without OpenSSL.
std::string sha256_of_file(const fs::path& path);

}  // namespace troodon::zoo
