#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "image/colour.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"
#include "output/folder.hpp"
#include "output/lettering.hpp"
#include "shapes/catalog.hpp"

namespace troodon::world {

namespace {

struct Changed {
  image::Image picture;
  int quality = 92;  ///< of the JPEG file
};

void add_caption(image::Image& picture, Random& random) {
  const int dot = std::max(1, picture.width / 64), lines = static_cast<int>(random.integer(1, 2));
  const uint8_t ink = random.chance(0.5) ? 255 : 0;
  const auto top = static_cast<int>(random.integer(2, picture.height - 16 * dot));
  for (int line = 0; line < lines; ++line) {
    std::string words;
    for (int64_t n = random.integer(6, 13); n > 0; --n)
      words += static_cast<char>(random.chance(0.15) ? ' ' : 'a' + random.integer(0, 25));
    write_text(picture, words, 4 * dot, top + line * 7 * dot, dot, ink);
  }
}

Changed change(const image::Image& original, std::string_view kind, Random& random) {
  Changed out{.picture = original};
  const int size = original.width;
  if (kind == "crop") {
    const int side = static_cast<int>(size * random.uniform(0.7, 0.9));
    const auto top = static_cast<int>(random.integer(0, size - side)),
               left = static_cast<int>(random.integer(0, size - side));
    out.picture = image::resized_crop(
        original, {.top = top, .left = left, .height = side, .width = side}, size, size);
  } else if (kind == "jpeg") {
    out.quality = static_cast<int>(random.integer(12, 45));
  } else if (kind == "flip") {
    out.picture = image::flip_horizontal(original);
  } else if (kind == "colour") {
    image::adjust_brightness(out.picture, random.uniform(0.75, 1.3));
    image::adjust_contrast(out.picture, random.uniform(0.75, 1.3));
    image::adjust_saturation(out.picture, random.uniform(0.5, 1.5));
    image::adjust_hue(out.picture, random.uniform(-0.05, 0.05));
  } else if (kind == "resize") {
    const int side = std::max(16, static_cast<int>(size * random.uniform(0.45, 0.8)));
    out.picture = image::resize(original, side, side);
  } else {
    add_caption(out.picture, random);
  }
  return out;
}

}  // namespace

void make_duplicates(const DuplicateOptions& options) {
  std::vector<std::string> changes = options.changes;
  if (changes.empty()) changes.assign(kDuplicateChanges.begin(), kDuplicateChanges.end());
  auto settings = common_settings(options, "duplicates");
  settings["copies"] = options.copies;
  settings["changes"] = changes;
  const Folder folder(options, settings, {"images", "pairs.csv"});
  const std::vector<int> labels = labels_of(options);
  const auto kind_of = [&](int i, int copy) {
    return changes[(static_cast<size_t>(i) * options.copies + copy) % changes.size()];
  };
  const auto name_of = [&](int i, const std::string& suffix) {
    return fmt::format(
        "images/{}_{:05}{}.jpg", catalog()[labels[i % labels.size()]].name, i, suffix);
  };
  std::string list = "original,copy,change\n";
  for (int i = 0; i < options.count; ++i) {
    for (int c = 0; c < options.copies; ++c)
      list += fmt::format("{},{},{}\n",
                          name_of(i, ""),
                          name_of(i, fmt::format("_{}_{}", c, kind_of(i, c))),
                          kind_of(i, c));
  }
  Progress progress("duplicates", static_cast<size_t>(options.count), options.progress);
  parallel_for(
      static_cast<size_t>(options.count),
      [&](size_t index) {
        stop_if_interrupted();
        progress.advance();
        const int i = static_cast<int>(index);
        if (folder.has(name_of(i, ""))) return;  // written last
        const Plan plan = plan_of(options, labels[i % labels.size()], i);
        const image::Image original = picture_of(plan, options.size);
        for (int c = 0; c < options.copies; ++c) {
          Random random(mix(plan.seed, 8, c));
          const Changed copy = change(original, kind_of(i, c), random);
          folder.write(name_of(i, fmt::format("_{}_{}", c, kind_of(i, c))),
                       image::encode_jpeg(copy.picture, copy.quality));
        }
        folder.write(name_of(i, ""), image::encode_jpeg(original, 92));
      },
      options.threads);
  folder.write("pairs.csv", list);
}

}  // namespace troodon::world
