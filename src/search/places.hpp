#pragma once

#include "search/regions.hpp"

namespace troodon::search {

/// A region made ready for comparing: what all pictures have in common is taken out of its tokens.
struct Template {
  int rows = 0, columns = 0, dim = 0;
  std::vector<float> tokens;  ///< [rows * columns, dim], unit length
  std::vector<float> mean;    ///< [dim], unit length
  std::vector<float> common;  ///< [dim]
};
Template template_of(const Region& region, const std::vector<float>& common);

/// Adds a picture's tokens to a sum [dim]; returns how many.
int64_t add_tokens(const collection::TokenCodes& codes, std::vector<double>& sum);

/// Largest mean cosine of the region's mean token and the tokens of a small window.
float rough_score(const Template& wanted, const collection::TokenCodes& codes);

struct Place {
  float score = 0;
  Share share;
};
/// The window of the picture, among some sizes, whose tokens are most like the region's, cell by
/// cell.
Place best_place(const Template& wanted, const collection::TokenCodes& codes);

}  // namespace troodon::search
