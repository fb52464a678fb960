#pragma once

#include <span>

#include "collection/picture.hpp"

namespace troodon::collection {

/// Patch tokens [rows * columns, dim] of any length as codes of unit length, averaged to a grid of
/// at most side x side first. side 0: none are kept. Largest error of a coordinate: half a step of
/// its token's largest coordinate / 127.
TokenCodes encode_tokens(std::span<const float> tokens, int rows, int columns, int dim, int side);

/// [rows * columns, dim]
std::vector<float> decode_tokens(const TokenCodes& codes);

/// The half that is the late block's, [rows * columns, dim / 2], unit length; see look_of.
std::vector<float> decode_late_block(const TokenCodes& codes);

/// As bytes and back: uint32 rows, columns, dim; float32 scale; int8 codes, little-endian. The
/// same bytes go to browsers (docs/http.md).
std::vector<std::byte> bytes_of(const TokenCodes& codes);
/// Throws Error (Exit::input) where the sizes don't fit.
TokenCodes codes_of(std::span<const std::byte> bytes);

}  // namespace troodon::collection
