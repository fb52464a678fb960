#pragma once

#include <array>

#include "search/regions.hpp"

namespace troodon::search {

/// The tokens of a template by the parts of a grid, for looks that needn't be exact.
struct Parts {
  int across = 0;             ///< parts either way, some empty where the template has fewer cells
  std::vector<float> means;   ///< [across * across, dim]: mean tokens
  std::vector<float> shared;  ///< products of them with the template's `common`
};

/// Grids of the looks, each for fewer pictures than the one before.
inline constexpr std::array<int, 2> kLooks = {3, 6};

/// A region made ready for comparing: what all pictures have in common is taken out of its tokens.
struct Template {
  int rows = 0, columns = 0, dim = 0;
  std::vector<float> tokens;  ///< [rows * columns, dim], unit length
  std::vector<float> shared;  ///< their products with `common`
  std::vector<float> common;  ///< [dim]
  std::array<Parts, kLooks.size()> looks;
};
Template template_of(const Region& region, const std::vector<float>& common);

/// Adds a picture's tokens to a sum [dim]; returns how many.
int64_t add_tokens(const collection::TokenCodes& codes, std::vector<double>& sum);

/// Largest sum of cosines of a window's tokens and the mean tokens of the template's parts in their
/// places: what best_place() would find if a part's cells stood in any order. `look`: of kLooks.
float rough_score(std::span<const Template> wanted,
                  const collection::TokenCodes& codes,
                  size_t look);

struct Place {
  float score = 0;
  Share share;
};
/// The window of the picture whose tokens are most like those of a template, cell by cell.
Place best_place(std::span<const Template> wanted, const collection::TokenCodes& codes);

}  // namespace troodon::search
