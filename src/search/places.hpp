#pragma once

#include "search/regions.hpp"

namespace troodon::search {

/// A region made ready for comparing: what all pictures have in common is taken out of its tokens.
struct Template {
  int rows = 0, columns = 0, dim = 0;
  std::vector<float> tokens;  ///< [rows * columns, dim], unit length
  std::vector<float> mean;    ///< [dim], unit length
  std::vector<float> shared;  ///< [rows * columns], each token's product with `common`
  std::vector<float> common;  ///< [dim]
};
Template template_of(const Region& region, const std::vector<float>& common);

/// Adds a picture's tokens to a sum [dim]; returns how many.
int64_t add_tokens(const collection::TokenCodes& codes, std::vector<double>& sum);

/// Largest mean cosine of a template's mean token and the tokens of a window of about its size.
float rough_score(std::span<const Template> wanted, const collection::TokenCodes& codes);

struct Place {
  float score = 0;
  Share share;
};
/// The window of the picture whose tokens are most like those of a template, cell by cell.
Place best_place(std::span<const Template> wanted, const collection::TokenCodes& codes);

}  // namespace troodon::search
