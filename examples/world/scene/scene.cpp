#include "scene/scene.hpp"

#include "shapes/catalog.hpp"

namespace troodon::world {

namespace {

constexpr float kLeastHeight = 0.12F;  // of the camera above the ground

float draw(Random& random, float low, float high) {
  return static_cast<float>(random.uniform(low, high));
}

/// Calls visit(point) for each object point, in object space.
template <class Visit>
void for_object_points(const Scene& scene, Visit visit) {
  for (const Solid& solid : scene.solids) {
    if (solid.part == 0) continue;
    for (const Vec& p : solid.mesh.points) visit(p);
  }
}

/// Turns the object to a random view and sets it on the ground or in the air.
void pose_object(Scene& scene, Stance stance, bool laid, Random& random) {
  const float yaw = draw(random, -62, 62) + (random.chance(0.4) ? 180.0F : 0.0F);
  const float roll = draw(random, -1, 1), pitch = draw(random, -1, 1);
  Affine turn = turn_y(yaw);
  if (stance == Stance::stands) turn = turn_z(3 * roll) * turn;
  if (stance == Stance::hovers) turn = turn_x(15 * pitch) * turn_z(22 * roll) * turn;
  if (stance == Stance::tumbles) {
    turn = laid ? turn_y(180 * roll) * turn_x(-90) : turn_z(60 * roll) * turn_x(20 * pitch) * turn;
  }
  float lowest = 1e9F;
  for_object_points(scene, [&](const Vec& p) { lowest = std::min(lowest, turn(p).y); });
  float height = stance == Stance::hovers ? draw(random, 0.1F, 0.7F) : 0;
  if (stance == Stance::tumbles && !laid) height = draw(random, 0, 0.15F);
  const bool floats = scene.plan.background == Background::sea && stance == Stance::stands &&
                      catalog()[scene.plan.label].name == "boat";
  scene.pose = shift({0, height - lowest - (floats ? 0.05F : 0), 0}) * turn;
}

struct Span {
  Vec low{1e9F, 1e9F, 1e9F};
  Vec high{-1e9F, -1e9F, -1e9F};
  void include(const Vec& p) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y), std::min(low.z, p.z)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y), std::max(high.z, p.z)};
  }
  Vec middle() const { return (low + high) * 0.5F; }
};

Vec object_middle(const Scene& scene) {
  Span span;
  for_object_points(scene, [&](const Vec& p) { span.include(scene.pose(p)); });
  return span.middle();
}

/// Places the camera so that the object fills a random share of the frame, a little off centre.
void aim_camera(Scene& scene, bool laid, Random& random) {
  const float focal = draw(random, 1.1F, 2.2F), share = draw(random, 0.6F, 0.92F);
  const float around = draw(random, -18, 18) * kPi / 180;
  const float upward = (laid ? draw(random, 40, 70) : draw(random, 2, 30)) * kPi / 180;
  const float roll = draw(random, -5, 5);
  const Vec back = {
      std::sin(around) * std::cos(upward), std::sin(upward), std::cos(around) * std::cos(upward)};
  Vec target = object_middle(scene);
  float distance = 3;
  for (int pass = 0; pass < 3; ++pass) {
    Vec eye = target + back * distance;
    eye.y = std::max(eye.y, kLeastHeight);
    scene.camera = look_at(eye, target, focal, roll);
    Span span;
    for_object_points(scene,
                      [&](const Vec& p) { span.include(scene.camera.project(scene.pose(p))); });
    const Vec middle = span.middle();
    target += scene.camera.right * ((middle.x - 0.5F) * distance / focal);
    target += scene.camera.up * ((0.5F - middle.y) * distance / focal);
    distance *= std::max(span.high.x - span.low.x, span.high.y - span.low.y) / share;
    distance = std::max(distance, 0.9F);
  }
  const float slack = 0.04F + 0.45F * (1 - share);
  const Vec aside = scene.camera.right * draw(random, -slack, slack) +
                    scene.camera.up * draw(random, -slack, slack);
  target += aside * (distance / focal);
  Vec eye = target + back * distance;
  eye.y = std::max(eye.y, kLeastHeight);
  scene.camera = look_at(eye, target, focal, roll);
}

}  // namespace

Scene compose(const Plan& plan) {
  Scene scene{.plan = plan};
  const ObjectClass& kind = catalog()[plan.label];
  for (Part& part : build_object(kind, mix(plan.seed, 1))) {
    scene.solids.push_back(
        {.material = part.material, .mesh = std::move(part.mesh), .part = part.index});
  }
  Random random(mix(plan.seed, 2));
  const bool laid = kind.stance == Stance::tumbles && random.chance(0.35);
  pose_object(scene, kind.stance, laid, random);
  aim_camera(scene, laid, random);
  Random around(mix(plan.seed, 3));
  add_background(scene, around);
  return scene;
}

Camera orbit(const Scene& scene, float around, float upward, float nearer) {
  const Vec centre = object_middle(scene);
  const Camera& from = scene.camera;
  const Vec side = normalized(cross(from.forward, {0, 1, 0}));
  // Rodrigues' turn about `side`, then about the vertical.
  const auto turned = [&](const Vec& v) {
    const float c = std::cos(upward * kPi / 180), s = std::sin(upward * kPi / 180);
    const Vec tipped = v * c - cross(side, v) * s + side * (dot(side, v) * (1 - c));
    return turn_y(around)(tipped);
  };
  Camera camera = from;
  camera.eye = centre + turned(from.eye - centre) * nearer;
  camera.right = turned(from.right), camera.up = turned(from.up),
  camera.forward = turned(from.forward);
  camera.eye.y = std::max(camera.eye.y, kLeastHeight);
  return camera;
}

}  // namespace troodon::world
