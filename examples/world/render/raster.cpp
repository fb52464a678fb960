#include "render/raster.hpp"

#include <algorithm>
#include <cmath>

namespace troodon::world {

namespace {

constexpr float kNearPlane = 0.05F;  // metres

/// Fills one triangle; corners are (x, y) in pixels and nearness, which is linear on the screen.
void fill(Visibility& out, const Vec& a, const Vec& b, const Vec& c, int face) {
  const float area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
  if (std::abs(area) < 1e-9F) return;
  const float last = static_cast<float>(out.size - 1);
  const auto low = [&](float p, float q, float r) {
    return static_cast<int>(std::ceil(std::clamp(std::min({p, q, r}) - 0.5F, 0.0F, last + 1)));
  };
  const auto high = [&](float p, float q, float r) {
    return static_cast<int>(std::floor(std::clamp(std::max({p, q, r}) - 0.5F, -1.0F, last)));
  };
  const int x0 = low(a.x, b.x, c.x), x1 = high(a.x, b.x, c.x);
  const int y0 = low(a.y, b.y, c.y), y1 = high(a.y, b.y, c.y);
  // Barycentric weights of b and c are linear in x and y.
  const float inverse = 1 / area;
  const float wb_x = (c.y - a.y) * inverse, wb_y = -(c.x - a.x) * inverse;
  const float wc_x = -(b.y - a.y) * inverse, wc_y = (b.x - a.x) * inverse;
  for (int y = y0; y <= y1; ++y) {
    const float dy = y + 0.5F - a.y;
    for (int x = x0; x <= x1; ++x) {
      const float dx = x + 0.5F - a.x, wb = dx * wb_x + dy * wb_y, wc = dx * wc_x + dy * wc_y;
      if (wb < 0 || wc < 0 || wb + wc > 1) continue;
      const float near = a.z + wb * (b.z - a.z) + wc * (c.z - a.z);
      const size_t i = out.at(x, y);
      if (near > out.nearness[i]) out.nearness[i] = near, out.face[i] = face;
    }
  }
}

/// Cuts the triangle at the near plane and fills what is left; corners in camera space, z = depth.
void fill_clipped(Visibility& out, const Vec (&corner)[3], float focal, int face) {
  Vec kept[4];
  int n = 0;
  for (int i = 0; i < 3; ++i) {
    const Vec &p = corner[i], &q = corner[(i + 1) % 3];
    if (p.z >= kNearPlane) kept[n++] = p;
    if ((p.z >= kNearPlane) != (q.z >= kNearPlane)) {
      kept[n++] = mix_of(p, q, (kNearPlane - p.z) / (q.z - p.z));
    }
  }
  const auto size = static_cast<float>(out.size);
  for (int i = 0; i < n; ++i) {
    const float near = 1 / kept[i].z;
    kept[i] = {
        size * (0.5F + focal * kept[i].x * near), size * (0.5F - focal * kept[i].y * near), near};
  }
  for (int i = 2; i < n; ++i) fill(out, kept[0], kept[i - 1], kept[i], face);
}

}  // namespace

Drawing assemble(const Scene& scene) {
  Drawing out;
  for (size_t s = 0; s < scene.solids.size(); ++s) {
    const Solid& solid = scene.solids[s];
    const auto first = static_cast<uint32_t>(out.points.size());
    out.locals.insert(out.locals.end(), solid.mesh.points.begin(), solid.mesh.points.end());
    for (const Vec& p : solid.mesh.points) out.points.push_back(solid.part > 0 ? scene.pose(p) : p);
    for (const Vec& n : solid.mesh.normals)
      out.normals.push_back(solid.part > 0 ? scene.pose.normal(n) : n);
    for (const auto& t : solid.mesh.triangles) {
      out.faces.push_back({t[0] + first, t[1] + first, t[2] + first, static_cast<int>(s)});
    }
  }
  return out;
}

Visibility look(const Drawing& drawing, const Camera& camera, int size) {
  std::vector<Vec> seen;
  seen.reserve(drawing.points.size());
  for (const Vec& p : drawing.points) {
    const Vec d = p - camera.eye;
    seen.push_back({dot(d, camera.right), dot(d, camera.up), dot(d, camera.forward)});
  }
  Visibility out(size);
  for (size_t i = 0; i < drawing.faces.size(); ++i) {
    const Drawing::Face& f = drawing.faces[i];
    fill_clipped(out, {seen[f.a], seen[f.b], seen[f.c]}, camera.focal, static_cast<int>(i));
  }
  return out;
}

ShadowMap cast_shadows(const Scene& scene, const Drawing& drawing, int size) {
  const Affine frame = along(scene.light.toward);
  ShadowMap map{.depth = Visibility(size),
                .right = frame.x,
                .up = frame.z,
                .toward = frame.y,
                .centre = {0, 0.5F, 0}};
  const float half = static_cast<float>(size) / 2, scale = half / map.reach;
  std::vector<Vec> seen;
  seen.reserve(drawing.points.size());
  for (const Vec& p : drawing.points) {
    const Vec d = p - map.centre;
    seen.push_back({half + scale * dot(d, map.right),
                    half + scale * dot(d, map.up),
                    100 + dot(d, map.toward)});
  }
  for (size_t i = 0; i < drawing.faces.size(); ++i) {
    const Drawing::Face& f = drawing.faces[i];
    if (scene.solids[f.solid].casts_shadow)
      fill(map.depth, seen[f.a], seen[f.b], seen[f.c], static_cast<int>(i));
  }
  return map;
}

float ShadowMap::lit(const Vec& p) const {
  const Vec d = p - centre;
  const float half = static_cast<float>(depth.size) / 2, scale = half / reach;
  const float x = half + scale * dot(d, right), y = half + scale * dot(d, up),
              z = 100 + dot(d, toward);
  const int column = static_cast<int>(std::floor(x)), row = static_cast<int>(std::floor(y));
  if (column < 2 || row < 2 || column >= depth.size - 2 || row >= depth.size - 2) return 1;
  // A 4 x 4 window slides with the fraction of x and y, so that the edge has no steps.
  const float fx = x - column, fy = y - row;
  float sum = 0;
  for (int j = -1; j <= 2; ++j) {
    const float wy = j == -1 ? 1 - fy : j == 2 ? fy : 1;
    for (int i = -1; i <= 2; ++i) {
      const float wx = i == -1 ? 1 - fx : i == 2 ? fx : 1;
      if (z + 0.012F >= depth.nearness[depth.at(column + i, row + j)]) sum += wx * wy;
    }
  }
  return sum / 9;
}

Hit hit_at(const Drawing& drawing, int face, const Camera& camera, const Vec& ray, float nearness) {
  const Drawing::Face& f = drawing.faces[face];
  const Vec a = drawing.points[f.a], ab = drawing.points[f.b] - a, ac = drawing.points[f.c] - a;
  Hit hit{.depth = 1 / nearness};
  hit.position = camera.eye + ray * hit.depth;
  const Vec ap = hit.position - a;
  const float bb = dot(ab, ab), bc = dot(ab, ac), cc = dot(ac, ac), pb = dot(ap, ab),
              pc = dot(ap, ac);
  const float inverse = 1 / std::max(bb * cc - bc * bc, 1e-20F);
  const float wb = clamp01((cc * pb - bc * pc) * inverse),
              wc = clamp01((bb * pc - bc * pb) * inverse), wa = 1 - wb - wc;
  hit.local = drawing.locals[f.a] * wa + drawing.locals[f.b] * wb + drawing.locals[f.c] * wc;
  hit.normal =
      normalized(drawing.normals[f.a] * wa + drawing.normals[f.b] * wb + drawing.normals[f.c] * wc);
  Vec plane = cross(ab, ac);
  if (dot(plane, ray) > 0) plane = -plane;
  if (dot(plane, hit.normal) < 0) hit.normal = -hit.normal;
  return hit;
}

Traced trace(const Drawing& drawing, const Camera& camera, float x, float y) {
  const Vec ray = camera.ray(x, y);
  Traced first;
  for (size_t i = 0; i < drawing.faces.size(); ++i) {
    const Drawing::Face& f = drawing.faces[i];
    const Vec a = drawing.points[f.a], ab = drawing.points[f.b] - a, ac = drawing.points[f.c] - a;
    const Vec p = cross(ray, ac);
    const float determinant = dot(ab, p);
    if (std::abs(determinant) < 1e-12F) continue;
    const Vec from = camera.eye - a, q = cross(from, ab);
    const float u = dot(from, p) / determinant, v = dot(ray, q) / determinant;
    const float depth = dot(ac, q) / determinant;
    if (u < 0 || v < 0 || u + v > 1 || depth < kNearPlane) continue;
    if (first.face < 0 || depth < first.depth) first = {static_cast<int>(i), depth};
  }
  return first;
}

}  // namespace troodon::world
