#pragma once

#include <string>
#include <vector>

#include "export/verify.hpp"

namespace troodon::onnx {

/// Whether an export is compared with the network before it is kept.
enum class Verify {
  automatic,  ///< where ONNX Runtime is found
  required,   ///< without ONNX Runtime the export fails
  off,
};

struct ExportOptions {
  fs::path model;  ///< anything that is a model: file, run's folder, Hugging Face folder
  fs::path out;    ///< .onnx
  GraphOptions graph;
  bool weights_beside = false;  ///< in OUT.data even if they fit into OUT
  bool overwrite = false;
  bool dry_run = false;   ///< build the graph, write nothing
  int64_t num_heads = 0;  ///< 0: what `model` says, else width / 64
  Verify verify = Verify::automatic;
  std::string python;  ///< with onnxruntime; "": see find_runtime
};

struct ExportResult {
  std::string network;  ///< in words
  std::vector<Port> inputs, outputs;
  size_t nodes = 0;
  int64_t weight_bytes = 0;
  bool weights_beside = false;
  Verification verification;
};

/// Above this many bytes weights go beside the file: protobuf, and so ONNX, ends at 2 GB.
inline constexpr int64_t kMostBytesInside = 1'900'000'000;

/// Writes OUT (and OUT.data), compares it with the network (verify.hpp), and only then puts it
/// where it belongs. A kill leaves the old export, the new one, or with OUT.data none. Throws
/// Error.
ExportResult export_onnx(const ExportOptions& options);

}  // namespace troodon::onnx
