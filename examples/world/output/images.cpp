#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "image/encode.hpp"
#include "output/folder.hpp"
#include "output/truth.hpp"
#include "render/styles.hpp"
#include "shapes/catalog.hpp"

namespace troodon::world {

namespace {

/// One picture of the data set: its plan and its name below train/ or val/, without extension.
struct Entry {
  Plan plan;
  std::string split, name;
};

std::vector<Entry> list_entries(const ImagesOptions& options) {
  const std::vector<int> labels = labels_of(options);
  std::vector<Entry> out;
  for (int i = 0; i < options.count; ++i) {
    const int label = labels[i % labels.size()];
    const auto k = static_cast<int64_t>(i / labels.size());
    // Every 1 / fraction-th picture of each class, so that the share holds for any count.
    const auto held = [&](int64_t n) {
      return static_cast<int64_t>(n * options.val_fraction + 1e-9);
    };
    Entry entry{.plan = plan_of(options, label, k),
                .split = held(k + 1) > held(k) ? "val" : "train"};
    entry.name =
        fmt::format("{}/{}/{}_{:05}", entry.split, catalog()[label].name, catalog()[label].name, k);
    out.push_back(std::move(entry));
  }
  return out;
}

void make_one(const ImagesOptions& options, const Folder& folder, const Entry& entry) {
  const std::string picture = entry.name + ".jpg", mask = "masks/" + entry.name + ".png";
  const std::string parts = "parts/" + entry.name + ".png", depth = "depth/" + entry.name + ".png";
  const bool done = folder.has(picture) &&
                    (!options.masks || (folder.has(mask) && folder.has(parts))) &&
                    (!options.depth || folder.has(depth));
  if (done) return;
  const Scene scene = compose(entry.plan);
  const Drawing drawing = assemble(scene);
  if (options.masks || options.depth) {
    const Truth truth = observe(scene, drawing, options.size);
    const int s = options.size;
    if (options.masks) {
      folder.write(
          mask,
          image::encode_png_gray(truth.mask(static_cast<uint8_t>(entry.plan.label + 1)), s, s));
      folder.write(parts, image::encode_png_gray(truth.parts, s, s));
    }
    if (options.depth) folder.write(depth, image::encode_png_gray16(truth.millimetres, s, s));
  }
  folder.write(picture,
               image::encode_jpeg(draw_scene(scene, shade(scene, drawing, options.size)), 92));
}

}  // namespace

Plan plan_of(const CommonOptions& options, int label, int64_t k) {
  Random random(mix(options.seed, label, k));
  Plan plan{.label = label};
  const auto styles = static_cast<int64_t>(options.styles.size());
  plan.style = styles == 0 ? static_cast<Style>(random.integer(0, 3))
                           : options.styles[random.integer(0, styles - 1)];
  plan.background = static_cast<Background>(random.integer(0, kBackgroundNames.size() - 1));
  plan.seed = random.next();
  return plan;
}

std::vector<int> labels_of(const CommonOptions& options) {
  if (!options.classes.empty()) return options.classes;
  std::vector<int> all(catalog().size());
  for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
  return all;
}

image::Image picture_of(const Plan& plan, int size) {
  const Scene scene = compose(plan);
  return draw_scene(scene, shade(scene, assemble(scene), size));
}

void stop_if_interrupted() {
  if (interrupted())
    fail(static_cast<Exit>(interrupt_exit_code()),
         "interrupted; the same command goes on where it stopped");
}

void make_images(const ImagesOptions& options) {
  auto settings = common_settings(options, "images");
  settings["val_fraction"] = options.val_fraction;
  settings["masks"] = options.masks;
  settings["depth"] = options.depth;
  const Folder folder(options,
                      settings,
                      {"train", "val", "masks", "parts", "depth", "manifest.csv", "classes.json"});
  folder.write_classes();
  const std::vector<Entry> entries = list_entries(options);
  std::string manifest = "path,label,split,style,background,seed\n";
  for (const Entry& e : entries) {
    manifest += fmt::format("{}.jpg,{},{},{},{},{}\n",
                            e.name,
                            catalog()[e.plan.label].name,
                            e.split,
                            kStyleNames[static_cast<int>(e.plan.style)],
                            kBackgroundNames[static_cast<int>(e.plan.background)],
                            e.plan.seed);
  }
  Progress progress("images", entries.size(), options.progress);
  parallel_for(
      entries.size(),
      [&](size_t i) {
        stop_if_interrupted();
        make_one(options, folder, entries[i]);
        progress.advance();
      },
      options.threads);
  folder.write("manifest.csv", manifest);
}

}  // namespace troodon::world
