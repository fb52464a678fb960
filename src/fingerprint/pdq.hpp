#pragma once

#include <array>

#include "fingerprint/grey.hpp"
#include "fingerprint/hamming.hpp"
#include "image/pixels.hpp"

namespace troodon::fingerprint {

/// A picture's eight turns. Bit 2 of the number: transposed first; bit 0: then left and right
/// swapped; bit 1: then top and bottom swapped.
inline constexpr int kTurns = 8;

/// Turn number `turn` of a picture, 0..7; 0 is a copy, 1 its mirror image, 3 half a turn.
image::Image turned(const image::Image& image, int turn);

struct Pdq {
  Hash256 hash{};   ///< bit 16 i + j: frequency i + 1 down, j + 1 across is above the median
  int quality = 0;  ///< 0..100: how much there is to see; below 50 the hash says little
};

struct PdqTurns {
  std::array<Hash256, kTurns> hashes{};  ///< [turn]
  int quality = 0;
};

/// A hash in the manner of PDQ: a low-pass 64 x 64 luma, frequencies 1..16 of its DCT both ways,
/// each against their median. Blur and DCT are our own, in integers: not interchangeable with
/// published PDQ hashes. A side below 5 pixels gives zero and quality 0. Spec: curation 4.1.
Pdq pdq(const Grey& grey);

/// The hashes of all eight turns of the picture, from one DCT: hashes[t] equals pdq of turned(t).
PdqTurns pdq_turns(const Grey& grey);

/// Bits in which `a` differs from the nearest turn of the other picture, 0..256.
int nearest_turn(const Hash256& a, const PdqTurns& b);

}  // namespace troodon::fingerprint
