#pragma once

#include <span>
#include <string>

#include "base/file.hpp"

namespace troodon::serve {

/// A zip file of files below a folder, by their relative names; text is packed, pictures are
/// stored. Source: APPNOTE 6.3.10, without ZIP64. Throws Error (Exit::resource) beyond 4 GiB or
/// 65535 files.
std::string zip_of(const fs::path& folder, std::span<const std::string> names);

}  // namespace troodon::serve
