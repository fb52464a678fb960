#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exports/mask.hpp"

namespace troodon::exports {

/// Run lengths as COCO counts them: column by column, runs of 0 and 1 by turns, first 0 (perhaps
/// none). Source: cocoapi, maskApi.
std::vector<uint32_t> run_lengths(const Mask& mask, int32_t label);

/// The counts as COCO's compressed string (5 bits a character, differences to the last but one
/// count), and back. Throws Error (Exit::input) for text that is none.
std::string compressed(const std::vector<uint32_t>& counts);
std::vector<uint32_t> uncompressed(std::string_view text);

}  // namespace troodon::exports
