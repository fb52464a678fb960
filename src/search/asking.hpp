#pragma once

#include <memory>

#include "collection/adding.hpp"
#include "image/pixels.hpp"
#include "infer/embedder.hpp"
#include "search/searcher.hpp"

namespace troodon::search {

/// A picture that a question is about, as the collection's network sees it.
using Seen = collection::Look;

/// Opens the network that a collection was made with. Throws Error (Exit::input) where it is
/// another one by now.
infer::Embedder network_of(const collection::Settings& settings, infer::EmbedOptions base = {});

/// A picture as the network of a collection takes it.
image::Image prepared(const image::Image& picture,
                      const collection::Settings& settings,
                      int64_t patch);

/// Looks at one picture.
Seen look(infer::Embedder& network,
          const image::Image& picture,
          const collection::Settings& settings);

/// The picture at the sizes at which a part of it is looked for: where the part covers from a few
/// patches to most of a picture of the collection's size.
std::vector<image::Image> region_views(const image::Image& picture,
                                       const Share& part,
                                       const collection::Settings& settings,
                                       int64_t patch);

/// Rows and columns of patches of each view.
using Grids = std::vector<std::pair<int, int>>;
Grids grids_of(std::span<const image::Image> views, int64_t patch);

/// The part in what the network sees in each of these views.
std::vector<Region> regions_of(std::span<const std::vector<float>> features,
                               const Grids& grids,
                               const Share& part,
                               const collection::Settings& settings);

/// The part of a picture at all these sizes.
std::vector<Region> look_at_region(infer::Embedder& network,
                                   const image::Image& picture,
                                   const Share& part,
                                   const collection::Settings& settings);

/// A box of a picture in pixels as shares, cut to the picture. Throws Error (Exit::usage) where
/// nothing is left.
Share share_of(const image::Box& box, int width, int height);
/// And back, rounded outwards.
image::Box box_of(const Share& share, int width, int height);

}  // namespace troodon::search
