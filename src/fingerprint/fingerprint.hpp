#pragma once

#include <vector>

#include "fingerprint/dhash.hpp"
#include "fingerprint/pdq.hpp"
#include "fingerprint/windows.hpp"
#include "image/pixels.hpp"

namespace troodon::fingerprint {

/// What is kept of a picture to recognise its copies; about 2 KB.
struct Fingerprint {
  PdqTurns whole;               ///< of the picture as it is
  PdqTurns inside;              ///< without margins of one colour; equals whole if there are none
  Hash64 difference = 0;        ///< dhash
  float aspect = 1;             ///< width / height, without margins
  Thumbnail thumbnail{};        ///< without margins
  std::vector<Hash64> windows;  ///< window_hash of standard_windows(), the whole first
};

Fingerprint fingerprint_of(const Grey& grey);
Fingerprint fingerprint_of(const image::Image& image);

/// When two pictures are copies. The defaults were set on photographs and their standard_edits().
struct CopyLimits {
  int hash = 63;        ///< bits of 256 that whole or inside may differ, in any turn
  int quality = 20;     ///< of 100, below which a picture shows too little for its hashes to count
  int window = 18;      ///< bits of 64 that make a part worth a closer look
  double pixels = 0.9;  ///< agreement that a part must then reach
  double steps = 0.8;
  double stretch = 2;  ///< factor by which aspects may differ, where margins or more were cut off
};

enum class CopyKind {
  none,
  whole,   ///< the same picture, up to size, encoding, colour
  turned,  ///< mirrored or turned
  inside,  ///< the same but for margins of one colour
  part,    ///< one is a part of the other
};

struct CopyVerdict {
  CopyKind kind = CopyKind::none;
  int turn = 0;              ///< whole, turned, inside: a, turned so, resembles b
  int distance = 256;        ///< bits of 256 that the nearest turn differs
  Agreement agreement = {};  ///< part: of the part with its place
  explicit operator bool() const { return kind != CopyKind::none; }
};

/// Whether one of the two pictures was made from the other, or both from a third. Symmetric but
/// for the turn.
CopyVerdict compare(const Fingerprint& a, const Fingerprint& b, const CopyLimits& limits = {});

}  // namespace troodon::fingerprint
