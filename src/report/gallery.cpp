#include "report/gallery.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "image/encode.hpp"
#include "image/resize.hpp"
#include "report/text.hpp"

namespace troodon::report {
namespace {

constexpr int kLosslessPixels = 96 * 96;
constexpr int kLongestSide = 512;   // twice what is shown, for sharp screens
constexpr int kShownSide = 256;     // CSS pixels
constexpr int kReadableSide = 112;  // smaller pictures are magnified by a whole number

image::Image shrunk(const image::Image& image) {
  const int longest = std::max(image.width, image.height);
  if (longest <= kLongestSide) return image;
  const auto scaled = [&](int side) { return std::max(1, side * kLongestSide / longest); };
  return image::resize(image, scaled(image.width), scaled(image.height));
}

/// CSS width: large pictures shrink to kShownSide, tiny ones grow by a whole factor so that
/// each of their pixels stays a square.
struct Shown {
  int width = 0;
  bool magnified = false;
};

Shown shown_size(const image::Image& image) {
  if (image.empty()) return {kReadableSide, false};
  const int longest = std::max(image.width, image.height);
  if (longest > kShownSide) return {std::max(1, image.width * kShownSide / longest), false};
  const int factor = longest * 2 <= kReadableSide ? kReadableSide / longest : 1;
  return {image.width * factor, longest < kReadableSide};
}

std::string picture_html(const Picture& picture, std::string_view what, bool query) {
  const std::string caption = escape_html(picture.caption);
  const std::string alt = caption.empty() ? std::string(what) : caption;
  const Shown shown = shown_size(picture.image);
  std::string body = R"(<div class="missing" role="img" aria-label="no picture">no picture</div>)";
  if (!picture.image.empty()) {
    body = fmt::format(R"(<img src="{}" width="{}" height="{}"{} alt="{}">)",
                       data_address(picture.image),
                       picture.image.width,
                       picture.image.height,
                       shown.magnified ? R"( class="pixels")" : "",
                       alt);
  }
  return fmt::format(R"(<figure{} style="width:{}px">{}<figcaption>{}{}</figcaption></figure>)",
                     query ? R"( class="query")" : "",
                     shown.width,
                     body,
                     query ? R"(<span class="tag">query</span> )" : "",
                     caption);
}

}  // namespace

std::string data_address(const image::Image& image) {
  const image::Image small = shrunk(image);
  std::string png = image::encode_png(small);
  if (small.width * small.height > kLosslessPixels) {
    const std::string jpeg = image::encode_jpeg(small, 90);
    if (jpeg.size() < png.size()) return "data:image/jpeg;base64," + base64(jpeg);
  }
  return "data:image/png;base64," + base64(png);
}

std::string gallery_html(const Gallery& gallery, size_t index) {
  const std::string title = escape_html(gallery.title);
  std::string rows;
  for (size_t r = 0; r < gallery.rows.size(); ++r) {
    rows += fmt::format(R"(<div class="row" style="--count:{}">)", gallery.rows[r].size());
    for (size_t c = 0; c < gallery.rows[r].size(); ++c) {
      const std::string what = fmt::format("{}, row {}, picture {}", title, r + 1, c + 1);
      rows += picture_html(gallery.rows[r][c], what, gallery.first_is_query && c == 0);
    }
    rows += "</div>\n";
  }
  return fmt::format(
      R"(<section class="gallery" id="gallery-{0}" aria-labelledby="gallery-title-{0}">
<h3 id="gallery-title-{0}">{1}</h3><p>{2}</p>
{3}</section>
)",
      index,
      title,
      escape_html(gallery.explanation),
      rows);
}

}  // namespace troodon::report
