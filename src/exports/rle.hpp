#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "exports/mask.hpp"

namespace troodon::exports {

/// Of each class that occurs, run lengths as COCO counts them: column by column, pixels outside and
/// inside by turns, first outside (perhaps 0). Source: cocoapi, maskApi.
std::map<int32_t, std::vector<uint32_t>> run_lengths(const Mask& mask);

/// The counts as COCO's compressed string (5 bits a character, differences to the last but one
/// count), and back. Throws Error (Exit::input) for text that is none.
std::string compressed(const std::vector<uint32_t>& counts);
std::vector<uint32_t> uncompressed(std::string_view text);

}  // namespace troodon::exports
