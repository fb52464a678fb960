#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/parallel.hpp"
#include "image/encode.hpp"
#include "output/folder.hpp"
#include "output/truth.hpp"
#include "render/styles.hpp"
#include "shapes/catalog.hpp"

namespace troodon::world {

namespace {

struct Views {
  Scene first, second;
};

Views two_views(const PairOptions& options, const Plan& plan) {
  Views out{.first = compose(plan), .second = {}};
  out.second = out.first;
  Random random(mix(plan.seed, 7));
  const bool left = random.chance(0.5);
  const auto around = static_cast<float>(random.uniform(8, 35)) * (left ? -1.0F : 1.0F);
  const auto upward = static_cast<float>(random.uniform(-10, 10));
  out.second.camera =
      orbit(out.first, around, upward, static_cast<float>(random.uniform(0.8, 1.2)));
  if (options.cross_style) {
    const auto other = (static_cast<int64_t>(plan.style) + random.integer(1, 3)) % 4;
    out.second.plan.style = static_cast<Style>(other);
  }
  return out;
}

void write_view(const Folder& folder,
                const std::string& stem,
                const Scene& scene,
                const Drawing& drawing,
                int size) {
  const Truth truth = observe(scene, drawing, size);
  folder.write(stem + "_parts.png", image::encode_png_gray(truth.parts, size, size));
  folder.write(stem + "_depth.png", image::encode_png_gray16(truth.millimetres, size, size));
  folder.write(stem + ".jpg",
               image::encode_jpeg(draw_scene(scene, shade(scene, drawing, size)), 92));
}

void make_pair_files(const PairOptions& options,
                     const Folder& folder,
                     const std::string& name,
                     const Plan& plan) {
  if (folder.has(name + "/points.csv")) return;  // written last
  const Views views = two_views(options, plan);
  const Drawing drawing = assemble(views.first);  // nothing moves but the camera
  write_view(folder, name + "/a", views.first, drawing, options.size);
  write_view(folder, name + "/b", views.second, drawing, options.size);
  const nlohmann::json cameras = {{"a", to_json(views.first.camera, options.size)},
                                  {"b", to_json(views.second.camera, options.size)}};
  folder.write(name + "/cameras.json", cameras.dump(2) + "\n");
  folder.write(
      name + "/points.csv",
      to_csv(correspond(views.first, drawing, views.second.camera, options.size, options.points)));
}

}  // namespace

void make_pairs(const PairOptions& options) {
  auto settings = common_settings(options, "pairs");
  settings["points"] = options.points;
  settings["cross_style"] = options.cross_style;
  std::vector<std::string> entries = {"pairs.csv", "classes.json"}, names;
  std::vector<Plan> plans;
  std::string list = "a,b,points,label,style,background,seed\n";
  const std::vector<int> labels = labels_of(options);
  for (int i = 0; i < options.count; ++i) {
    plans.push_back(plan_of(options, labels[i % labels.size()], i));
    const Plan& plan = plans.back();
    const std::string_view kind = catalog()[plan.label].name;
    names.push_back(fmt::format("pair_{:05}_{}", i, kind));
    entries.push_back(names.back());
    list += fmt::format("{0}/a.jpg,{0}/b.jpg,{0}/points.csv,{1},{2},{3},{4}\n",
                        names.back(),
                        kind,
                        kStyleNames[static_cast<int>(plan.style)],
                        kBackgroundNames[static_cast<int>(plan.background)],
                        plan.seed);
  }
  const Folder folder(options, settings, entries);
  folder.write_classes();
  Progress progress("pairs", plans.size(), options.progress);
  parallel_for(
      plans.size(),
      [&](size_t i) {
        stop_if_interrupted();
        make_pair_files(options, folder, names[i], plans[i]);
        progress.advance();
      },
      options.threads);
  folder.write("pairs.csv", list);
}

}  // namespace troodon::world
