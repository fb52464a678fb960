#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "annotate/cut/spread.hpp"

// Masks that clicks may mean, and how likely each is; private to src/annotate.
namespace troodon::annotate {

inline constexpr size_t kTraits = 24;

/// A set of cells around the clicks, and what can be seen of it.
struct Guess {
  std::vector<uint8_t> inside;          ///< [cells]
  std::array<float, kTraits> traits{};  ///< what its score is computed from
  float score = 0;                      ///< expected IoU with what is meant
};

/// Level sets of each spread, about 30 each. `first`: the first positive click in pixels of
/// Sight::small.
std::vector<Guess> guesses_of(const Sight& sight,
                              std::span<const Spread> spreads,
                              const std::array<float, 2>& first);

/// The same of any set of cells [cells], clicked at its innermost place.
Guess described(const Sight& sight, std::vector<uint8_t> inside);

/// Raises the score of guesses whose extent is that box: left, top, right, bottom in pixels of
/// Sight::small, the latter two excluded.
void fit_to_box(const Sight& sight, const std::array<int, 4>& box, std::vector<Guess>& guesses);

/// Each cell's chance to be inside: guesses weighted by exp(score / warmth), [cells].
std::vector<float> chances_of(std::span<const Guess> guesses);

/// The level set of the chances that has the highest expected IoU with the guesses, and that IoU.
struct Choice {
  std::vector<uint8_t> inside;  ///< [cells]
  float level = 0.5F, expected = 0;
};
Choice best_level(const Sight& sight,
                  std::span<const Guess> guesses,
                  std::span<const float> chances);

}  // namespace troodon::annotate
