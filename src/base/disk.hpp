#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/file.hpp"

namespace troodon {

/// Throws Error (exit 6) if the disk that holds `place` (which need not exist yet) has fewer free
/// bytes; `what` begins the sentence.
void check_free_space(const fs::path& place, uint64_t bytes, std::string_view what);

/// 1536 -> "1.54 kB"; for people, in powers of 1000.
std::string size_text(uint64_t bytes);

}  // namespace troodon
