#include "geometry/mesh.hpp"

#include <cmath>

namespace troodon::world {

namespace {

constexpr float kCrease = 0.76F;  // cosine of 40 degrees

Flat unit(Flat a) {
  return a * (1 / std::max(std::hypot(a.x, a.y), 1e-9F));
}

/// Normals of a polyline's two ends per span: shared between spans where the bend is soft.
std::vector<std::array<Flat, 2>> span_normals(std::span<const Flat> line, bool closed) {
  const size_t n = line.size(), spans = closed ? n : n - 1;
  std::vector<Flat> flat(spans);
  for (size_t i = 0; i < spans; ++i) {
    const Flat d = unit(line[(i + 1) % n] - line[i]);
    flat[i] = {d.y, -d.x};
  }
  std::vector<std::array<Flat, 2>> out(spans);
  for (size_t i = 0; i < spans; ++i) {
    const auto blend = [&](size_t j) {
      const bool soft = flat[i].x * flat[j].x + flat[i].y * flat[j].y > kCrease;
      return soft ? unit(flat[i] + flat[j]) : flat[i];
    };
    out[i] = {i > 0 || closed ? blend((i + spans - 1) % spans) : flat[i],
              i + 1 < spans || closed ? blend((i + 1) % spans) : flat[i]};
  }
  return out;
}

template <class T>
T catmull_rom(const T& a, const T& b, const T& c, const T& d, float t) {
  const float t2 = t * t, t3 = t2 * t;
  return a * (-0.5F * t + t2 - 0.5F * t3) + b * (1 - 2.5F * t2 + 1.5F * t3) +
         c * (0.5F * t + 2 * t2 - 1.5F * t3) + d * (-0.5F * t2 + 0.5F * t3);
}

template <class T>
std::vector<T> curve(const std::vector<T>& p, int pieces, bool closed) {
  const auto n = static_cast<int>(p.size());
  const auto at = [&](int i) { return closed ? p[(i + n) % n] : p[std::clamp(i, 0, n - 1)]; };
  std::vector<T> out;
  for (int i = 0; i < (closed ? n : n - 1); ++i) {
    for (int k = 0; k < pieces; ++k) {
      const float t = static_cast<float>(k) / pieces;
      out.push_back(catmull_rom(at(i - 1), at(i), at(i + 1), at(i + 2), t));
    }
  }
  if (!closed) out.push_back(p.back());
  return out;
}

void add_quad(Mesh& mesh, const std::array<Vec, 4>& corners, const std::array<Vec, 4>& normals) {
  const auto first = static_cast<uint32_t>(mesh.points.size());
  mesh.points.insert(mesh.points.end(), corners.begin(), corners.end());
  mesh.normals.insert(mesh.normals.end(), normals.begin(), normals.end());
  mesh.triangles.push_back({first, first + 1, first + 2});
  mesh.triangles.push_back({first, first + 2, first + 3});
}

float power(float v, float exponent) {
  return std::copysign(std::pow(std::abs(v), exponent), v);
}

}  // namespace

void Mesh::add(const Mesh& other, const Affine& place) {
  const auto first = static_cast<uint32_t>(points.size());
  for (const Vec& p : other.points) points.push_back(place(p));
  for (const Vec& n : other.normals) normals.push_back(place.normal(n));
  for (const auto& t : other.triangles) {
    triangles.push_back({t[0] + first, t[1] + first, t[2] + first});
  }
}

Mesh ball(const Vec& centre, const Vec& radii) {
  return cushion(centre, radii, 1);
}

Mesh cushion(const Vec& centre, const Vec& half, float round) {
  const int columns = 16, rows = 10;
  Mesh mesh;
  for (int j = 0; j <= rows; ++j) {
    const float v = kPi * (static_cast<float>(j) / rows - 0.5F);
    for (int i = 0; i <= columns; ++i) {
      const float u = 2 * kPi * i / columns;
      const Vec unit = {std::cos(v) * std::cos(u), std::sin(v), std::cos(v) * std::sin(u)};
      const Vec p = {power(std::cos(v), round) * power(std::cos(u), round),
                     power(std::sin(v), round),
                     power(std::cos(v), round) * power(std::sin(u), round)};
      const Vec n = {power(unit.x, 2 - round), power(unit.y, 2 - round), power(unit.z, 2 - round)};
      mesh.points.push_back(centre + p * half);
      mesh.normals.push_back(normalized(n * Vec{1 / half.x, 1 / half.y, 1 / half.z}));
      if (i == columns || j == rows) continue;
      const auto a = static_cast<uint32_t>(j * (columns + 1) + i), b = a + columns + 1;
      mesh.triangles.push_back({a, a + 1, b + 1});
      mesh.triangles.push_back({a, b + 1, b});
    }
  }
  return mesh;
}

Mesh box(const Vec& centre, const Vec& half) {
  Mesh mesh;
  const Vec axes[3] = {{half.x, 0, 0}, {0, half.y, 0}, {0, 0, half.z}};
  for (int k = 0; k < 3; ++k) {
    for (const float side : {-1.0F, 1.0F}) {
      const Vec a = axes[(k + 1) % 3], b = axes[(k + 2) % 3], c = centre + axes[k] * side;
      const Vec n = normalized(axes[k] * side);
      add_quad(mesh, {c - a - b, c + a - b, c + a + b, c - a + b}, {n, n, n, n});
    }
  }
  return mesh;
}

Mesh lathe(std::span<const Flat> profile, int segments) {
  Mesh mesh;
  const auto normals = span_normals(profile, false);
  for (size_t i = 0; i + 1 < profile.size(); ++i) {
    const auto first = static_cast<uint32_t>(mesh.points.size());
    for (int k = 0; k <= segments; ++k) {
      const float angle = 2 * kPi * k / segments, c = std::cos(angle), s = std::sin(angle);
      for (size_t e = 0; e < 2; ++e) {
        const Flat p = profile[i + e], n = normals[i][e];
        mesh.points.push_back({p.x * c, p.y, p.x * s});
        mesh.normals.push_back({n.x * c, n.y, n.x * s});
      }
      if (k == segments) continue;
      const uint32_t a = first + 2 * k;
      mesh.triangles.push_back({a, a + 1, a + 3});
      mesh.triangles.push_back({a, a + 3, a + 2});
    }
  }
  return mesh;
}

Mesh rod(const Vec& a, const Vec& b, float radius_a, float radius_b, int segments) {
  const float tall = length(b - a);
  const Flat profile[] = {{0, 0}, {radius_a, 0}, {radius_b, tall}, {0, tall}};
  Mesh mesh;
  mesh.add(lathe(std::span<const Flat>(profile), segments), shift(a) * along(b - a));
  return mesh;
}

Mesh ring(const Vec& centre, const Vec& axis, float radius, float thickness) {
  const Affine place = shift(centre) * along(axis);
  return sheet(24, 8, [&](float u, float v) {
    const float a = 2 * kPi * u, b = 2 * kPi * v, r = radius + thickness * std::cos(b);
    return place({r * std::cos(a), thickness * std::sin(b), r * std::sin(a)});
  });
}

Mesh tube(const Path& path, const std::vector<float>& radii, int sides) {
  Path thickness;
  for (const float r : radii) thickness.push_back({r, 0, 0});
  const int pieces = path.size() > 2 ? 4 : 1;
  Path line = smooth(path, pieces), wide = smooth(thickness, pieces);
  // One more ring beyond each end, nearly closed, makes the end look round.
  const Vec start = normalized(line[0] - line[1]) * (0.6F * wide[0].x);
  const Vec end = normalized(line.back() - line[line.size() - 2]) * (0.6F * wide.back().x);
  line.insert(line.begin(), line[0] + start), wide.insert(wide.begin(), {0.02F * wide[0].x, 0, 0});
  line.push_back(line.back() + end), wide.push_back({0.02F * wide.back().x, 0, 0});
  Mesh mesh;
  Vec side = along(line[1] - line[0]).x;
  for (size_t i = 0; i < line.size(); ++i) {
    const size_t before = i > 0 ? i - 1 : 0, after = std::min(i + 1, line.size() - 1);
    const Vec forward = normalized(line[after] - line[before]);
    side = normalized(side - forward * dot(side, forward));  // carried along without twisting
    const Vec up = cross(forward, side);
    const float tip = i == 0 ? -1.0F : i + 1 == line.size() ? 1.0F : 0.0F;
    for (int k = 0; k <= sides; ++k) {
      const float angle = 2 * kPi * k / sides;
      const Vec out = side * std::cos(angle) + up * std::sin(angle);
      mesh.points.push_back(line[i] + out * wide[i].x);
      mesh.normals.push_back(tip == 0 ? out : normalized(out * 0.2F + forward * tip));
      if (k == sides || i + 1 == line.size()) continue;
      const auto a = static_cast<uint32_t>(i * (sides + 1) + k), b = a + sides + 1;
      mesh.triangles.push_back({a, a + 1, b + 1});
      mesh.triangles.push_back({a, b + 1, b});
    }
  }
  return mesh;
}

Mesh slab(const Outline& outline, float half) {
  Mesh mesh;
  Flat mean;
  for (const Flat p : outline) mean = mean + p * (1.0F / outline.size());
  const auto normals = span_normals(outline, true);
  for (size_t i = 0; i < outline.size(); ++i) {
    const Flat a = outline[i], b = outline[(i + 1) % outline.size()];
    const Vec na = {normals[i][0].x, normals[i][0].y, 0},
              nb = {normals[i][1].x, normals[i][1].y, 0};
    add_quad(mesh,
             {Vec{a.x, a.y, -half}, {b.x, b.y, -half}, {b.x, b.y, half}, {a.x, a.y, half}},
             {na, nb, nb, na});
    for (const float z : {-half, half}) {
      const auto first = static_cast<uint32_t>(mesh.points.size());
      for (const Flat p : {mean, a, b}) {
        mesh.points.push_back({p.x, p.y, z});
        mesh.normals.push_back({0, 0, z < 0 ? -1.0F : 1.0F});
      }
      mesh.triangles.push_back({first, first + 1, first + 2});
    }
  }
  return mesh;
}

Path smooth(const Path& path, int pieces) {
  return curve(path, pieces, false);
}
Outline smooth(const Outline& outline, int pieces) {
  return curve(outline, pieces, false);
}
Outline smooth_loop(const Outline& outline, int pieces) {
  return curve(outline, pieces, true);
}

}  // namespace troodon::world
