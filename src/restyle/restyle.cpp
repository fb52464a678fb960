#include "restyle/restyle.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "image/resize.hpp"
#include "index/kmeans.hpp"
#include "match/likeness.hpp"
#include "restyle/colours.hpp"
#include "restyle/guided.hpp"
#include "restyle/texture.hpp"

namespace troodon::restyle {
namespace {

using match::Places;

constexpr int kStatistics = 384;  ///< long side at which colours are counted, pixels

/// Softmax over the style's places, each of which gives less the more ask it: [content, style].
std::vector<float> asked(const match::Likeness& all, double sharpness) {
  const auto rows = static_cast<size_t>(all.a.count()),
             columns = static_cast<size_t>(all.b.count());
  std::vector<float> out(all.cosine.size());
  std::vector<double> taken(columns);
  const auto normalise = [&](size_t r) {
    double sum = 0;
    for (size_t c = 0; c < columns; ++c) sum += out[r * columns + c];
    for (size_t c = 0; c < columns; ++c)
      out[r * columns + c] = static_cast<float>(out[r * columns + c] / std::max(sum, 1e-30));
  };
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c)
      out[r * columns + c] =
          static_cast<float>(std::exp(sharpness * (all.cosine[r * columns + c] - 1)));
    normalise(r);
    for (size_t c = 0; c < columns; ++c) taken[c] += out[r * columns + c];
  }
  for (size_t r = 0; r < rows; ++r) {
    for (size_t c = 0; c < columns; ++c)
      out[r * columns + c] /= static_cast<float>(std::sqrt(taken[c] + 1e-6));
    normalise(r);
  }
  return out;
}

/// How much each of the content's places belongs to each region: [regions][places].
std::vector<std::vector<float>> regions_of(const Places& a,
                                           const Places& b,
                                           const RestyleOptions& options) {
  std::vector<float> both = a.values;
  both.insert(both.end(), b.values.begin(), b.values.end());
  const index::Kmeans found =
      index::kmeans(index::Matrix{both.data(), a.count() + b.count(), a.dim},
                    {.clusters = options.regions,
                     .iterations = 20,
                     .seed = options.seed,
                     .threads = options.threads});
  std::vector<std::vector<float>> out(static_cast<size_t>(found.clusters),
                                      std::vector<float>(static_cast<size_t>(a.count())));
  for (size_t p = 0; p < static_cast<size_t>(a.count()); ++p) {
    double sum = 0;
    std::vector<double> share(out.size());
    for (size_t r = 0; r < out.size(); ++r) {
      double d = 0;
      for (int64_t i = 0; i < a.dim; ++i) {
        const double x = a.values[p * static_cast<size_t>(a.dim) + static_cast<size_t>(i)] -
                         found.centroids[r * static_cast<size_t>(a.dim) + static_cast<size_t>(i)];
        d += x * x;
      }
      sum += share[r] = std::exp(-6 * (d - found.distance[p]));
    }
    for (size_t r = 0; r < out.size(); ++r) out[r][p] = static_cast<float>(share[r] / sum);
  }
  return out;
}

/// What the style's places give to a region: [style places].
std::vector<float> given(const std::vector<float>& region, const std::vector<float>& asked) {
  const size_t columns = asked.size() / region.size();
  std::vector<float> out(columns);
  for (size_t r = 0; r < region.size(); ++r)
    for (size_t c = 0; c < columns; ++c) out[c] += region[r] * asked[r * columns + c];
  return out;
}

image::Image small(const image::Image& picture) {
  const double shrink = std::min(1.0, 1.0 * kStatistics / std::max(picture.width, picture.height));
  return image::resize(picture,
                       std::max(1, static_cast<int>(picture.width * shrink)),
                       std::max(1, static_cast<int>(picture.height * shrink)),
                       image::Filter::bilinear);
}

/// Each pixel moved by the maps of the regions that it belongs to, by its shares.
void recolour(Lab& picture,
              const std::vector<ColourMap>& maps,
              const std::vector<std::vector<float>>& shares,
              const RestyleOptions& options) {
  parallel_for(
      static_cast<size_t>(picture.height),
      [&](size_t y) {
        for (size_t i = y * static_cast<size_t>(picture.width),
                    end = i + static_cast<size_t>(picture.width);
             i < end;
             ++i) {
          float* x = picture.values.data() + i * 3;
          float sum = 1e-6F, moved[3] = {};
          for (size_t r = 0; r < maps.size(); ++r) {
            const float share = std::max(shares[r][i], 0.0F);
            const auto colour = maps[r](x);
            for (size_t c = 0; c < 3; ++c) moved[c] += share * colour[c];
            sum += share;
          }
          for (size_t c = 0; c < 3; ++c)
            x[c] += static_cast<float>(options.strength) * (moved[c] / sum - x[c]);
        }
      },
      options.threads);
}

Sources sources_of(const match::Likeness& all, const std::vector<float>& asked) {
  Sources out{all.a.rows, all.a.columns, all.b.rows, all.b.columns, {}};
  const auto columns = all.b.count();
  for (int64_t p = 0; p < all.a.count(); ++p) {
    const auto row = asked.begin() + p * columns;
    int64_t best = std::max_element(row, row + columns) - row;
    // The neighbour's source goes on where it is nearly as good: textures stay whole.
    if (p % all.a.columns > 0) {
      const int64_t next = out.place.back() + 1;
      if (next % all.b.columns != 0 && row[next] > 0.5F * row[best]) best = next;
    }
    out.place.push_back(best);
  }
  return out;
}

}  // namespace

image::Image restyle(const image::Image& content,
                     const Places& content_places,
                     const image::Image& style,
                     const Places& style_places,
                     const RestyleOptions& options) {
  if (content.empty() || style.empty()) fail(Exit::input, "a picture to restyle is empty");
  const auto all =
      match::likeness(content_places, style_places, {.reach = 0, .threads = options.threads});
  const std::vector<float> ask = asked(all, options.sharpness);
  const auto regions = regions_of(all.a, all.b, options);
  const Lab few = to_lab(small(content)), other = to_lab(small(style));
  Lab out = to_lab(content, options.threads);
  std::vector<ColourMap> maps(regions.size());
  std::vector<std::vector<float>> shares(regions.size());
  parallel_for(
      regions.size(),
      [&](size_t r) {
        const auto here = enlarged(regions[r], all.a.rows, all.a.columns, few.width, few.height);
        const auto there =
            enlarged(given(regions[r], ask), all.b.rows, all.b.columns, other.width, other.height);
        maps[r] = colour_map(spread_of(few, here), spread_of(other, there));
        shares[r] = guided(regions[r], all.a.rows, all.a.columns, out, 1.0);
      },
      options.threads);
  recolour(out, maps, shares, options);
  if (options.texture > 0)
    add_texture(out, to_lab(style, options.threads), sources_of(all, ask), options.texture);
  return to_srgb(out, options.threads);
}

image::Image restyle(frozen::DenseFeatures& features,
                     const image::Image& content,
                     const image::Image& style,
                     const RestyleOptions& options) {
  // By meaning alone: fur is fur, however its edges run.
  return restyle(content,
                 match::look(features, content, {.edges = 0}),
                 style,
                 match::look(features, style, {.edges = 0}),
                 options);
}

}  // namespace troodon::restyle
