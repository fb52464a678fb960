#include "explore/page.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "explore/map_picture.hpp"
#include "explore/outliers.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"
#include "report/document.hpp"
#include "report/gallery.hpp"
#include "report/text.hpp"

namespace troodon::explore {
namespace {

constexpr int kMapSide = 1100;  ///< pixels
constexpr int kExample = 112;   ///< pixels of the longer side of an example
constexpr size_t kOnRow = 8;    ///< pictures of a group of duplicates

/// What the parts of the page are made of.
struct Making {
  const index::Features& features;
  const Exploration& found;
  const Thumbnails& thumbnails;
  const PageOptions& options;

  std::string name(int64_t row) const {
    const auto at = static_cast<size_t>(row);
    return at < features.ids.size() ? features.ids[at] : fmt::format("row {}", row);
  }
  report::Picture shot(int64_t row, const std::string& remark) const {
    report::Picture out{.caption = remark.empty() ? name(row) : name(row) + ": " + remark};
    if (auto picture = thumbnails ? thumbnails(row) : std::nullopt) {
      const int longest = std::max({picture->width, picture->height, kExample});
      const auto scaled = [&](int side) { return std::max(1, side * kExample / longest); };
      out.image = image::resize(*picture, scaled(picture->width), scaled(picture->height));
    }
    return out;
  }
  std::string label_of(const Cluster& cluster) const {
    const auto label = static_cast<size_t>(cluster.label);
    if (cluster.label < 0) return "";
    const std::string word =
        label < features.classes.size() ? features.classes[label] : fmt::format("label {}", label);
    return fmt::format("{} ({:.0f} %)", word, 100 * cluster.label_share);
  }
};

report::Section map_section(const Making& making) {
  const image::Image picture =
      map_picture(making.found, making.thumbnails, kMapSide, making.options.thumbnails);
  const std::string bytes = image::encode_jpeg(picture, 88);
  return {
      .id = "map",
      .title = "Map",
      .body = fmt::format(
          "<p>Likes lie near likes; the frames' colours are the clusters'.</p>\n"
          R"(<img src="data:image/jpeg;base64,{}" width="{}" height="{}" style="max-width:100%;)"
          R"(height:auto" alt="map of {} pictures">)"
          "\n",
          report::base64(bytes),
          picture.width,
          picture.height,
          making.features.rows)};
}

report::Section clusters_section(const Making& making) {
  report::Section out{.id = "clusters", .title = "Clusters"};
  const auto& clusters = making.found.clusters.clusters;
  const auto shown = std::min(clusters.size(), static_cast<size_t>(making.options.clusters));
  for (size_t c = 0; c < shown; ++c) {
    const std::string label = making.label_of(clusters[c]);
    report::Gallery gallery{
        .title = fmt::format("Cluster {}{}{}", c + 1, label.empty() ? "" : ": ", label),
        .explanation = fmt::format("{} pictures, mean cosine to the centre {:.2f}. Some nearest to "
                                   "it, then some spread around it.",
                                   clusters[c].rows.size(),
                                   clusters[c].tightness),
        .rows = {{}}};
    for (const int64_t row : clusters[c].examples) gallery.rows[0].push_back(making.shot(row, ""));
    out.body += report::gallery_html(gallery, c);
  }
  if (shown < clusters.size())
    out.body += fmt::format("<p>{} smaller clusters are not shown.</p>\n", clusters.size() - shown);
  return out;
}

report::Section outliers_section(const Making& making) {
  report::Gallery gallery{.title = "Strangest first",
                          .explanation =
                              "Pictures that are far from all others: 1 the strangest, "
                              "0 the least strange.",
                          .rows = {{}}};
  const auto order = strangest_first(making.found.outliers);
  const auto shown = std::min(order.size(), static_cast<size_t>(making.options.outliers));
  for (size_t i = 0; i < shown; ++i) {
    const float value = making.found.outliers[static_cast<size_t>(order[i])];
    gallery.rows[0].push_back(making.shot(order[i], fmt::format("{:.2f}", value)));
  }
  return {.id = "outliers", .title = "Outliers", .body = report::gallery_html(gallery, 1000)};
}

report::Section duplicates_section(const Making& making) {
  const auto& groups = making.found.duplicates;
  report::Section out{.id = "duplicates", .title = "Duplicates"};
  if (groups.empty()) out.body = "<p>None were found.</p>\n";
  const auto shown = std::min(groups.size(), static_cast<size_t>(making.options.groups));
  for (size_t g = 0; g < shown; ++g) {
    report::Gallery gallery{
        .title = fmt::format("{}: {} pictures", name_of(groups[g].tier), groups[g].rows.size()),
        .explanation =
            fmt::format("The first is the one to keep. Smallest cosine of two of them: {:.3f}.",
                        groups[g].least),
        .rows = {{}}};
    for (size_t i = 0; i < std::min(kOnRow, groups[g].rows.size()); ++i)
      gallery.rows[0].push_back(making.shot(groups[g].rows[i], i == 0 ? "keep" : ""));
    out.body += report::gallery_html(gallery, 2000 + g);
  }
  if (shown < groups.size())
    out.body += fmt::format("<p>{} more groups are not shown.</p>\n", groups.size() - shown);
  return out;
}

}  // namespace

Exploration explore(const index::Features& features,
                    std::span<const PictureFacts> facts,
                    const ExploreOptions& options) {
  std::vector<float> values = features.values;
  index::normalize_rows(values, features.dim);
  const Matrix unit{values.data(), features.rows, features.dim};
  const Neighbours near = neighbourhood(unit, options.neighbours, options.threads);
  Exploration out;
  out.places = options.pca ? pca_map(unit) : map(unit, near, options.map);
  out.outliers = outliers(near);
  out.outliers.resize(static_cast<size_t>(features.rows), 0);  // one row has no neighbour
  ClusterOptions clustering = options.clusters;
  clustering.threads = options.threads;
  out.clusters = clusters(unit, near, features.labels, clustering);
  DuplicateOptions copying = options.duplicates;
  copying.threads = options.threads;
  out.duplicates = duplicates(unit, facts, options.tier, copying);
  return out;
}

std::string page_html(const index::Features& features,
                      const Exploration& exploration,
                      const Thumbnails& thumbnails,
                      const PageOptions& options) {
  const Making making{features, exploration, thumbnails, options};
  const auto copies = std::accumulate(
      exploration.duplicates.begin(),
      exploration.duplicates.end(),
      size_t{0},
      [](size_t sum, const DuplicateGroup& group) { return sum + group.rows.size() - 1; });
  return report::document_html(
      {.title = options.title,
       .subtitle = options.subtitle,
       .facts = {{"pictures", fmt::format("{}", features.rows), ""},
                 {"clusters", fmt::format("{}", exploration.clusters.clusters.size()), ""},
                 {"duplicates",
                  fmt::format("{}", copies),
                  fmt::format("in {} groups", exploration.duplicates.size())}},
       .sections = {map_section(making),
                    clusters_section(making),
                    outliers_section(making),
                    duplicates_section(making)}});
}

}  // namespace troodon::explore
