#pragma once

#include "search/regions.hpp"

namespace troodon::search {

/// A template is cut into so many parts either way (some empty where it has fewer cells) for a
/// first look.
inline constexpr int kAcross = 3;

/// A region made ready for comparing: what all pictures have in common is taken out of its tokens.
struct Template {
  int rows = 0, columns = 0, dim = 0;
  std::vector<float> tokens;  ///< [rows * columns, dim], unit length
  std::vector<float> means;   ///< [kAcross * kAcross, dim]: mean tokens of the parts it is cut into
  std::vector<float> shared, means_shared;  ///< products of tokens and of means with `common`
  std::vector<float> common;                ///< [dim]
};
Template template_of(const Region& region, const std::vector<float>& common);

/// Adds a picture's tokens to a sum [dim]; returns how many.
int64_t add_tokens(const collection::TokenCodes& codes, std::vector<double>& sum);

/// Largest sum of cosines of a window's tokens and the mean tokens of the template's parts in their
/// places: what best_place() would find if a part's cells stood in any order.
float rough_score(std::span<const Template> wanted, const collection::TokenCodes& codes);

struct Place {
  float score = 0;
  Share share;
};
/// The window of the picture whose tokens are most like those of a template, cell by cell.
Place best_place(std::span<const Template> wanted, const collection::TokenCodes& codes);

}  // namespace troodon::search
