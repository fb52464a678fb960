#include "stages/report/thumbnail.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "data/images.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"
#include "report/text.hpp"

namespace troodon::stages {
namespace {

constexpr int kQuality = 80;

/// Fits the picture into a thumbnail; small ones keep their size.
image::Image shrunk(image::Image picture) {
  const double scale = std::min({1.0,
                                 static_cast<double>(kThumbnailHeight) / picture.height,
                                 static_cast<double>(kThumbnailWidth) / picture.width});
  if (scale == 1) return picture;
  const auto side = [&](int pixels) {
    return std::max(1, static_cast<int>(std::lround(pixels * scale)));
  };
  return image::resize(picture, side(picture.width), side(picture.height));
}

Thumbnail thumbnail_of(const data::Item& item) {
  auto picture = data::read_picture(item, {.min_side = 2 * kThumbnailHeight});
  if (!picture) {
    std::string reason = picture.reason();
    // The name stands below already.
    if (reason.starts_with(item.path + ": ")) reason.erase(0, item.path.size() + 2);
    return {.trouble = reason};
  }
  const image::Image small = shrunk(*std::move(picture));
  return {
      .address = "data:image/jpeg;base64," + report::base64(image::encode_jpeg(small, kQuality)),
      .width = small.width,
      .height = small.height};
}

}  // namespace

Thumbnails thumbnails_of(const std::vector<Exhibit>& exhibits, const ReportOptions& options) {
  Thumbnails out;
  for (const Exhibit& exhibit : exhibits) {
    for (const ExhibitPart& part : exhibit.parts) {
      for (const Shelf& shelf : part.shelves) {
        for (const Shot& shot : shelf.shots) {
          if (shot.item != nullptr) out.try_emplace(shot.item);
        }
      }
    }
  }
  std::vector<Thumbnails::value_type*> slots;
  for (auto& slot : out) slots.push_back(&slot);
  Progress progress("thumbnails", slots.size(), options.progress);
  parallel_for(
      slots.size(),
      [&](size_t i) {
        if (interrupted()) return;
        slots[i]->second = thumbnail_of(*slots[i]->first);
        progress.advance();
      },
      options.threads);
  if (interrupted()) throw Error("stopped; nothing was written");
  return out;
}

}  // namespace troodon::stages
