#pragma once

#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <torch/types.h>

#include "base/file.hpp"

/// C++ keeps the word `export` for itself, so this room's namespace is `onnx`.
namespace troodon::onnx {

using torch::Tensor;

/// Element types, by their number in onnx.proto.
enum class Element : int64_t { float32 = 1, uint8 = 2, int64 = 7, float16 = 10 };

using AttributeValue = std::variant<int64_t, float, std::vector<int64_t>>;
using Attributes = std::vector<std::pair<std::string, AttributeValue>>;

struct Node {
  std::string name, op;
  std::vector<std::string> inputs, outputs;
  Attributes attributes;
};

/// A stored tensor. `values` may be any view (a transpose costs no memory); it is laid out in
/// row-major order and converted to `type` while it is written, one tensor at a time.
struct Initializer {
  std::string name;
  Element type = Element::float32;
  Tensor values;
};

/// An input or output of the graph; a dimension is a number or a name.
struct Port {
  std::string name;
  Element type = Element::float32;
  std::vector<std::variant<int64_t, std::string>> shape;
  std::string meaning;
};

/// An ONNX model in memory; the weights are views of the network's own.
struct OnnxModel {
  int64_t opset = 17;
  std::string description;
  std::vector<Node> nodes;
  std::vector<Initializer> initializers;
  std::vector<Port> inputs, outputs;
  std::vector<std::pair<std::string, std::string>> metadata;
};

/// Bytes of all stored tensors.
int64_t weight_bytes(const OnnxModel& model);

enum class Weights {
  inside,  ///< in the file; protobuf ends at 2 GB
  beside,  ///< in PATH.data, which must stay beside PATH
};

/// Writes PATH (and PATH.data), each atomically and with one tensor in memory at a time. Throws
/// Error.
void write_onnx(const fs::path& path, const OnnxModel& model, Weights weights);

}  // namespace troodon::onnx
