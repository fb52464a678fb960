#pragma once

#include "frozen/dense.hpp"
#include "image/pixels.hpp"
#include "match/places.hpp"

namespace troodon::restyle {

struct RestyleOptions {
  double strength = 1;    ///< 0 leaves the content as it is, 1 takes the other picture's colours
  double texture = 0;     ///< 0 to 1: how much of the other picture's texture comes, too
  int64_t regions = 6;    ///< kinds of things told apart in both pictures together
  double sharpness = 12;  ///< of the softmax that says what a place is like: larger is stricter
  uint64_t seed = 0;
  size_t threads = 0;  ///< 0: all cores
};

/// The content in the colours of what is like it in the style: sky as sky, fur as fur. Places of
/// both (match::look without edges) are put into regions together; each region takes over mean and
/// covariance of its colours in OKLab (Ottosson 2020) by the linear map of least motion (Pitié and
/// Kokaram 2007), joined at pixel edges by a guided filter (He et al. 2010). Throws Error for empty
/// pictures.
image::Image restyle(const image::Image& content,
                     const match::Places& content_places,
                     const image::Image& style,
                     const match::Places& style_places,
                     const RestyleOptions& options = {});

/// The same, looked at by a network.
image::Image restyle(frozen::DenseFeatures& features,
                     const image::Image& content,
                     const image::Image& style,
                     const RestyleOptions& options = {});

}  // namespace troodon::restyle
