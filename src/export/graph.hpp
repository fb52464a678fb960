#pragma once

#include <set>
#include <string>
#include <vector>

#include "export/onnx_model.hpp"

namespace troodon::onnx {

/// A model under construction. Every function adds what it says and returns the name of the value,
/// to be used as the input of what comes next.
struct Graph {
  OnnxModel model;
  std::string scope;  ///< in front of the names of nodes, e.g. "blocks.0.attn"
  std::set<std::string> stored;
  int64_t counter = 0;

  /// One node with one output.
  std::string add(const std::string& op,
                  const std::vector<std::string>& inputs,
                  const Attributes& attributes = {});
  /// One node with `count` outputs.
  std::vector<std::string> add_many(const std::string& op,
                                    const std::vector<std::string>& inputs,
                                    size_t count,
                                    const Attributes& attributes = {});
  /// Gives the last node a name for people, who meet it in a runtime's error messages.
  void name_last(const std::string& name) { model.nodes.back().name = name; }
  /// Makes the last node's output one of the graph's.
  void output(const Port& port);

  /// A stored tensor, once per name.
  std::string store(const std::string& name, const Tensor& values, Element type = Element::float32);
  std::string whole(int64_t value);                                 ///< int64 scalar
  std::string wholes(const std::vector<int64_t>& values);           ///< int64 [n]
  std::string real(double value, Element type = Element::float32);  ///< scalar

  std::string cast(const std::string& value, Element type);
  /// Size along an axis, int64 scalar.
  std::string size_of(const std::string& value, int64_t axis);
  /// int64 scalars and vectors one after the other: a shape.
  std::string shape_from(const std::vector<std::string>& scalars);
};

}  // namespace troodon::onnx
