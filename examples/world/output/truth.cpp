#include "output/truth.hpp"

#include <cmath>

#include <fmt/format.h>

namespace troodon::world {

std::vector<uint8_t> Truth::mask(uint8_t value) const {
  std::vector<uint8_t> out;
  out.reserve(parts.size());
  for (const uint8_t part : parts) out.push_back(part > 0 ? value : 0);
  return out;
}

Truth observe(const Scene& scene, const Drawing& drawing, int size) {
  const Visibility seen = look(drawing, scene.camera, size);
  Truth out{.size = size,
            .parts = std::vector<uint8_t>(seen.face.size()),
            .millimetres = std::vector<uint16_t>(seen.face.size())};
  for (size_t i = 0; i < seen.face.size(); ++i) {
    if (seen.face[i] < 0) continue;
    out.parts[i] = static_cast<uint8_t>(scene.solids[drawing.faces[seen.face[i]].solid].part);
    const float depth = std::round(1000 / seen.nearness[i]);
    out.millimetres[i] = depth <= 65535 ? static_cast<uint16_t>(depth) : 0;
  }
  return out;
}

std::vector<Correspondence> correspond(
    const Scene& scene, const Drawing& drawing, const Camera& second, int size, int count) {
  const Visibility seen = look(drawing, scene.camera, size);
  std::vector<size_t> object, around;
  for (size_t i = 0; i < seen.face.size(); ++i) {
    if (seen.face[i] < 0) continue;
    const bool own = scene.solids[drawing.faces[seen.face[i]].solid].part > 0;
    (own ? object : around).push_back(i);
  }
  Random random(mix(scene.plan.seed, 5));
  std::vector<Correspondence> out;
  const auto side = static_cast<float>(size);
  while (static_cast<int>(out.size()) < count && object.size() + around.size() > 0) {
    const bool own = around.empty() || (!object.empty() && out.size() % 4 != 3);
    const std::vector<size_t>& from = own ? object : around;
    const size_t pixel = from[random.integer(0, static_cast<int64_t>(from.size()) - 1)];
    const float x1 = pixel % size + 0.5F, y1 = pixel / size + 0.5F;
    const Vec p =
        scene.camera.eye + scene.camera.ray(x1 / side, y1 / side) * (1 / seen.nearness[pixel]);
    const Vec at = second.project(p);
    Correspondence c{.x1 = x1, .y1 = y1, .x2 = at.x * side, .y2 = at.y * side};
    c.part = scene.solids[drawing.faces[seen.face[pixel]].solid].part;
    if (at.z > 0 && at.x >= 0 && at.y >= 0 && at.x < 1 && at.y < 1) {
      const Traced first = trace(drawing, second, at.x, at.y);
      c.visible = first.face >= 0 && std::abs(first.depth - at.z) < 2e-3F * at.z &&
                  scene.solids[drawing.faces[first.face].solid].part == c.part;
    }
    out.push_back(c);
  }
  return out;
}

std::string to_csv(const std::vector<Correspondence>& points) {
  std::string text = "x1,y1,x2,y2,part,visible\n";
  for (const Correspondence& c : points) {
    text += fmt::format(
        "{:.3f},{:.3f},{:.3f},{:.3f},{},{}\n", c.x1, c.y1, c.x2, c.y2, c.part, c.visible ? 1 : 0);
  }
  return text;
}

}  // namespace troodon::world
