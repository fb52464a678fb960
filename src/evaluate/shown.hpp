#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/error.hpp"
#include "data/images.hpp"

// What dense protocols share. Private to src/evaluate.
namespace troodon::evaluate {

/// In training, targets for each patch and side: finer ones cost time and teach little.
inline constexpr int64_t kTargetsPerPatch = 4;

/// The picture; throws Error (exit 4) naming the file if it cannot be read.
inline image::Image picture_of(const data::Item& item) {
  auto picture = data::read_picture(item);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  return std::move(*picture);
}

/// The pictures of labelled items.
template <class Set>
std::vector<data::Item> pictures_of(const Set& set) {
  std::vector<data::Item> out;
  for (const auto& item : set.items) out.push_back(item.picture);
  return out;
}

/// Whether place i is one of `count` evenly spread ones among `all`.
inline bool is_shown(size_t i, size_t all, int64_t count) {
  const auto n = static_cast<size_t>(std::max<int64_t>(count, 0));
  return n >= all || (n > 0 && i * n / all != (i + 1) * n / all);
}

}  // namespace troodon::evaluate
