#pragma once

#include <span>
#include <vector>

#include "exports/depth.hpp"

namespace troodon::depth {

/// Which way each pixel's surface faces: [height, width, 3] of unit length, x right, y down, z
/// forward, towards the camera (a wall straight ahead: 0, 0, -1); zeros where depth isn't known.
/// Each side of an edge keeps its own: of the two neighbours the nearer in depth counts.
std::vector<float> normals(const exports::Depth& depth, const exports::Camera& camera);

/// The usual colours: red right, green up, blue towards the camera; black where not known.
image::Image normals_picture(std::span<const float> normals, int width, int height);

/// NumPy's .npy, float32 [height, width, 3]. Atomic.
void write_normals(const fs::path& path, std::span<const float> normals, int width, int height);

}  // namespace troodon::depth
