#pragma once

#include <span>
#include <vector>

#include "match/places.hpp"

namespace troodon::match {

struct LikenessOptions {
  LookOptions look;   ///< where pictures are given
  bool align = true;  ///< align_styles before comparing
  /// Neighbours up to this share of the first picture's shorter side away vote for a match by
  /// lying likewise (neighbourhood consensus, Rocco et al. 2018, without learning): large where
  /// styles differ, smaller where things move on their own. 0: each place is on its own.
  double reach = 0.19;
  size_t threads = 0;  ///< 0: all cores
};

/// How much each place of one picture is like each place of another.
struct Likeness {
  Places a, b;                 ///< as they were compared
  std::vector<float> cosine;   ///< [a.count(), b.count()], -1 to 1
  std::vector<float> support;  ///< the same with votes, from 0: whose maxima are the matches

  std::span<const float> row(int64_t place) const {
    return std::span(support).subspan(static_cast<size_t>(place * b.count()),
                                      static_cast<size_t>(b.count()));
  }
};

/// Compares all places with all: memory and time grow with a.count() * b.count(). Throws Error if
/// the widths differ.
Likeness likeness(Places a, Places b, const LikenessOptions& options = {});

/// 1 for each place of the first picture that is the best match of its own best match.
std::vector<uint8_t> mutual_places(const Likeness& likeness);

/// A place found in the other picture.
struct Found {
  Point at;
  double score = 0;  ///< cosine of the features there, -1 to 1
  double cycle = 0;  ///< pixels from where the way back ends
};

/// Where points of the first picture are in the second, between patch centres. The result has one
/// entry for each point; a point beyond the picture is taken to its edge.
std::vector<Found> carry_points(const Likeness& likeness, std::span<const Point> points);

/// The same for pictures: look, compare, carry.
std::vector<Found> carry_points(frozen::DenseFeatures& features,
                                const image::Image& from,
                                std::span<const Point> points,
                                const image::Image& to,
                                const LikenessOptions& options = {});

}  // namespace troodon::match
