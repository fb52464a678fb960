#pragma once

#include <span>
#include <vector>

#include "annotate/mask.hpp"
#include "annotate/sight.hpp"

namespace troodon::annotate {

/// What an object or a part of one looks like, learnt from masks on some pictures.
struct Pattern {
  int64_t dim = 0;
  std::vector<float> mean;     ///< of the examples' tokens, [dim]; taken away before all else
  std::vector<float> inside;   ///< unit tokens, [n, dim]
  std::vector<float> outside;  ///< unit tokens, [m, dim]
  double share = 0;            ///< mean share of its picture that it covers, 0..1
  double threshold = 0;        ///< of a patch's score, from inside against outside
  double alike = 1;            ///< how alike its own patches are to each other, mean cosine
};

/// Tokens of one picture and the mask on it, of whatever size (a mask of the same picture).
struct Example {
  const frozen::Tokens* tokens = nullptr;
  const Mask* mask = nullptr;
};

/// Throws Error (Exit::input) without examples, with an empty mask or with tokens of several dims.
Pattern pattern_of(std::span<const Example> examples);

/// How sure it is that a picture shows the pattern, 0..1; needs tokens alone.
double presence(const Pattern& pattern, const frozen::Tokens& tokens);

/// The pattern's pixels in a picture, refined at its edges; `score` is 0..1 (0.5: as likely as
/// not), 0 with an empty mask where nothing is found.
Mask find(const Pattern& pattern, const Sight& sight);

}  // namespace troodon::annotate
