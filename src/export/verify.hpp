#pragma once

#include <string>
#include <utility>
#include <vector>

#include "export/runtime.hpp"
#include "export/vit_graph.hpp"

namespace troodon::onnx {

/// One output of the exported model beside the network's own.
struct OutputCheck {
  std::string output;
  double largest_difference = 0;  ///< of any element
  double smallest_cosine = 1;     ///< of any token
  double largest_error = 0;       ///< of any token: length of the difference / length of the token
};

/// All outputs for pictures of one size.
struct SizeCheck {
  int64_t batch = 1, height = 0, width = 0;  ///< pictures, pixels
  std::vector<OutputCheck> outputs;
};

struct Verification {
  std::string by;        ///< e.g. "ONNX Runtime 1.32.0"; "": not verified
  std::string without;   ///< why not
  bool checker = false;  ///< onnx's own checker was there and agreed
  double wanted_cosine = 0;
  std::vector<SizeCheck> sizes;
};

/// The smallest cosine that counts as equal: 0.99999 in float32, 0.9995 with float16 products. A
/// token's relative error may be what such an angle makes of it, 0.0045 and 0.032.
double wanted_cosine(bool half);

/// Runs the written model and the network on the same pictures: at the stored grid, at another
/// square and at one that is not square. Throws Error (exit 7) if they differ.
Verification verify(const fs::path& file,
                    model::Backbone& backbone,
                    const GraphOptions& options,
                    const Runtime& runtime);

}  // namespace troodon::onnx
