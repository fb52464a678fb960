#include <cmath>

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

/// How camera and object move over a clip: half a slow swing each.
struct Motion {
  float around, upward, nearer, spin, sway;
};

Motion motion_of(uint64_t seed) {
  Random random(mix(seed, 6));
  const auto either = [&](double low, double high) {
    const bool left = random.chance(0.5);
    return static_cast<float>(random.uniform(low, high)) * (left ? -1.0F : 1.0F);
  };
  Motion m{};
  m.around = either(8, 30);
  m.upward = either(0, 8);
  m.nearer = either(0, 0.2);
  const bool moves = random.chance(0.6);
  m.spin = moves ? either(10, 45) : 0;
  m.sway = moves ? either(0.05, 0.3) : 0;
  return m;
}

/// The scene at time t in [0, 1].
Scene at_time(const Scene& start, const Motion& m, float t) {
  Scene scene = start;
  const float s = 0.5F - 0.5F * std::cos(kPi * t);
  scene.camera =
      orbit(start, m.around * (s - 0.5F), m.upward * (s - 0.5F), 1 + m.nearer * (s - 0.5F));
  const Affine home = shift({start.pose.t.x, 0, start.pose.t.z});
  const Affine away = shift({-start.pose.t.x, 0, -start.pose.t.z});
  scene.pose =
      shift({m.sway * (s - 0.5F), 0, 0}) * home * turn_y(m.spin * (s - 0.5F)) * away * start.pose;
  return scene;
}

nlohmann::json frame_json(const Scene& scene, int size) {
  nlohmann::json out = to_json(scene.camera, size);
  const Affine& p = scene.pose;
  out["object_pose"] = {
      {p.x.x, p.y.x, p.z.x, p.t.x}, {p.x.y, p.y.y, p.z.y, p.t.y}, {p.x.z, p.y.z, p.z.z, p.t.z}};
  return out;
}

void make_frame(const ClipOptions& options,
                const Folder& folder,
                const std::string& name,
                const Scene& scene,
                int frame) {
  const std::string file = fmt::format("{}/{:05}", name, frame);
  const std::string picture = "JPEGImages/" + file + ".jpg";
  if (folder.has(picture)) return;  // written last, so the rest is there too
  const Drawing drawing = assemble(scene);
  const Truth truth = observe(scene, drawing, options.size);
  const int s = options.size;
  folder.write("Annotations/" + file + ".png", image::encode_png_gray(truth.mask(1), s, s));
  folder.write("Parts/" + file + ".png", image::encode_png_gray(truth.parts, s, s));
  folder.write("Depth/" + file + ".png", image::encode_png_gray16(truth.millimetres, s, s));
  // Only a photo's grain changes between frames; strokes stay where they are.
  const uint64_t grain = scene.plan.style == Style::photo ? frame : 0;
  folder.write(picture, image::encode_jpeg(draw_scene(scene, shade(scene, drawing, s), grain), 92));
}

}  // namespace

void make_clips(const ClipOptions& options) {
  auto settings = common_settings(options, "clip");
  settings["frames"] = options.frames;
  const Folder folder(
      options,
      settings,
      {"JPEGImages", "Annotations", "Parts", "Depth", "Cameras", "clips.csv", "classes.json"});
  folder.write_classes();
  const std::vector<int> labels = labels_of(options);
  Progress progress("clips", static_cast<size_t>(options.count) * options.frames, options.progress);
  std::string list = "name,label,style,background,frames,seed\n";
  for (int i = 0; i < options.count; ++i) {
    const Plan plan = plan_of(options, labels[i % labels.size()], i);
    const std::string name = fmt::format("{}_{:04}", catalog()[plan.label].name, i);
    list += fmt::format("{},{},{},{},{},{}\n",
                        name,
                        catalog()[plan.label].name,
                        kStyleNames[static_cast<int>(plan.style)],
                        kBackgroundNames[static_cast<int>(plan.background)],
                        options.frames,
                        plan.seed);
    const Scene start = compose(plan);
    const Motion motion = motion_of(plan.seed);
    const auto scene_at = [&](size_t f) {
      return at_time(
          start, motion, options.frames > 1 ? static_cast<float>(f) / (options.frames - 1) : 0);
    };
    parallel_for(
        static_cast<size_t>(options.frames),
        [&](size_t f) {
          stop_if_interrupted();
          make_frame(options, folder, name, scene_at(f), static_cast<int>(f));
          progress.advance();
        },
        options.threads);
    auto cameras = nlohmann::json::array();
    for (int f = 0; f < options.frames; ++f)
      cameras.push_back(frame_json(scene_at(f), options.size));
    folder.write("Cameras/" + name + ".json", cameras.dump() + "\n");
  }
  folder.write("clips.csv", list);
}

}  // namespace troodon::world
