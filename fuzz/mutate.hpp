#pragma once

#include <string>
#include <vector>

#include "base/random.hpp"

namespace troodon::fuzz {

inline constexpr size_t kLargestInput = 64 << 10;

/// A seed after one to eight random edits: flipped bits, numbers at the edges of their range in
/// both byte orders (length fields), parts cut, doubled, moved in from another seed, the end torn
/// off.
std::string mutate(const std::vector<std::string>& seeds, Random& random);

}  // namespace troodon::fuzz
