#pragma once

#include <algorithm>
#include <cmath>

namespace troodon::world {

/// A point, direction or linear RGB colour. Space is right-handed, y up, in metres.
struct Vec {
  float x = 0;
  float y = 0;
  float z = 0;

  Vec& operator+=(const Vec& o) { return x += o.x, y += o.y, z += o.z, *this; }
};

inline Vec operator+(const Vec& a, const Vec& b) {
  return {a.x + b.x, a.y + b.y, a.z + b.z};
}
inline Vec operator-(const Vec& a, const Vec& b) {
  return {a.x - b.x, a.y - b.y, a.z - b.z};
}
inline Vec operator-(const Vec& a) {
  return {-a.x, -a.y, -a.z};
}
inline Vec operator*(const Vec& a, const Vec& b) {
  return {a.x * b.x, a.y * b.y, a.z * b.z};
}
inline Vec operator*(const Vec& a, float s) {
  return {a.x * s, a.y * s, a.z * s};
}
inline float dot(const Vec& a, const Vec& b) {
  return a.x * b.x + a.y * b.y + a.z * b.z;
}
inline Vec cross(const Vec& a, const Vec& b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
inline float length(const Vec& a) {
  return std::sqrt(dot(a, a));
}
inline Vec normalized(const Vec& a) {
  return a * (1.0F / std::max(length(a), 1e-12F));
}
template <class T>
T mix_of(const T& a, const T& b, float t) {
  return a * (1 - t) + b * t;
}
inline float clamp01(float v) {
  return std::clamp(v, 0.0F, 1.0F);
}
inline float smooth_step(float low, float high, float v) {
  const float t = clamp01((v - low) / (high - low));
  return t * t * (3 - 2 * t);
}
/// Rec. 709 luma of a linear colour.
inline float luma(const Vec& c) {
  return 0.2126F * c.x + 0.7152F * c.y + 0.0722F * c.z;
}

/// A point of a plane outline or of the profile of a turned body (x = radius).
struct Flat {
  float x = 0;
  float y = 0;
};
inline Flat operator+(Flat a, Flat b) {
  return {a.x + b.x, a.y + b.y};
}
inline Flat operator-(Flat a, Flat b) {
  return {a.x - b.x, a.y - b.y};
}
inline Flat operator*(Flat a, float s) {
  return {a.x * s, a.y * s};
}

inline constexpr float kPi = 3.14159265F;

/// A linear map (columns x, y, z) and a shift t.
struct Affine {
  Vec x{1, 0, 0};
  Vec y{0, 1, 0};
  Vec z{0, 0, 1};
  Vec t;

  Vec turn(const Vec& d) const { return x * d.x + y * d.y + z * d.z; }
  Vec operator()(const Vec& p) const { return turn(p) + t; }
  /// How normals turn: the matrix of cofactors, which also undoes uneven stretching.
  Vec normal(const Vec& n) const {
    return normalized(cross(y, z) * n.x + cross(z, x) * n.y + cross(x, y) * n.z);
  }
};

/// First b, then a.
inline Affine operator*(const Affine& a, const Affine& b) {
  return {a.turn(b.x), a.turn(b.y), a.turn(b.z), a(b.t)};
}
inline Affine shift(const Vec& by) {
  return {.t = by};
}
inline Affine stretch(const Vec& by) {
  return {{by.x, 0, 0}, {0, by.y, 0}, {0, 0, by.z}, {}};
}
inline Affine turn_x(float degrees) {
  const float c = std::cos(degrees * kPi / 180), s = std::sin(degrees * kPi / 180);
  return {{1, 0, 0}, {0, c, s}, {0, -s, c}, {}};
}
inline Affine turn_y(float degrees) {
  const float c = std::cos(degrees * kPi / 180), s = std::sin(degrees * kPi / 180);
  return {{c, 0, -s}, {0, 1, 0}, {s, 0, c}, {}};
}
inline Affine turn_z(float degrees) {
  const float c = std::cos(degrees * kPi / 180), s = std::sin(degrees * kPi / 180);
  return {{c, s, 0}, {-s, c, 0}, {0, 0, 1}, {}};
}
/// Brings the y axis onto `axis`.
inline Affine along(const Vec& axis) {
  const Vec y = normalized(axis);
  const Vec aside = std::abs(y.x) < 0.9F ? Vec{1, 0, 0} : Vec{0, 0, 1};
  const Vec x = normalized(aside - y * dot(aside, y));
  return {x, y, cross(x, y), {}};
}

}  // namespace troodon::world
