#pragma once

#include <string>

namespace troodon::data {

/// True if the file's first bytes are those of a picture format; its name does not matter.
bool looks_like_image(const std::string& path);

}  // namespace troodon::data
