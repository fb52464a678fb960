#pragma once

#include <functional>
#include <span>
#include <vector>

#include "annotate/pattern.hpp"

namespace troodon::annotate {

struct PropagateOptions {
  double least = 0.5;  ///< presence() below: the picture is not looked at closely
  int64_t limit = 0;   ///< the so many pictures most likely to show it; 0: all
  size_t threads = 0;  ///< 0: all cores
};

struct Found {
  size_t picture = 0;
  Mask mask;  ///< score: how sure
};

/// Where the pictures 0..count-1 come from: tokens as a collection keeps them, and pixels, which
/// only those are asked for that look right. Each may be called from several threads at once; a
/// picture that cannot be read throws Error, and is passed over after `failed` heard why.
struct Pictures {
  size_t count = 0;
  std::function<frozen::Tokens(size_t)> tokens;
  std::function<image::Image(size_t)> picture;
  std::function<void(size_t, const std::string&)> failed = [](size_t, const std::string&) {};
};

/// The same object or part on other pictures. `found` hears of each, one at a time, `progress`
/// (done, total) after each picture; both from any thread. Returns how many were found; stops early
/// when interrupted or when progress returns false.
size_t propagate(const Pattern& pattern,
                 const Pictures& pictures,
                 const std::function<void(Found)>& found,
                 const std::function<bool(size_t, size_t)>& progress = {},
                 const PropagateOptions& options = {});

/// The order in which a person should look at results: least sure first, by |score - 0.5|.
std::vector<size_t> review_order(std::span<const double> scores);

}  // namespace troodon::annotate
