#pragma once

#include <memory>

#include "collection/adding.hpp"
#include "image/pixels.hpp"
#include "infer/embedder.hpp"
#include "search/searcher.hpp"

namespace troodon::search {

/// A picture that a question is about, as the collection's network sees it.
struct Seen {
  std::vector<float> vector;  ///< [dim], unit length
  std::vector<float> tokens;  ///< [rows * columns, dim]
  int rows = 0, columns = 0;
  int dim() const { return static_cast<int>(vector.size()); }
};

/// Opens the network that a collection was made with. Throws Error (Exit::input) where it is
/// another one by now.
infer::Embedder network_of(const collection::Settings& settings, infer::EmbedOptions base = {});

/// One embedding as network_of's network gives it, [1 + rows * columns, dim].
Seen seen_of(std::span<const float> features, int rows, int columns, int64_t dim);

/// Looks at one picture.
Seen look(infer::Embedder& network, const image::Image& picture);

/// A box of a picture in pixels as shares, cut to the picture. Throws Error (Exit::usage) where
/// nothing is left.
Share share_of(const image::Box& box, int width, int height);
/// And back, rounded outwards.
image::Box box_of(const Share& share, int width, int height);

}  // namespace troodon::search
