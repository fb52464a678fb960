#include "export/graph.hpp"

#include <ATen/ATen.h>
#include <fmt/ranges.h>

namespace troodon::onnx {

std::vector<std::string> Graph::add_many(const std::string& op,
                                         const std::vector<std::string>& inputs,
                                         size_t count,
                                         const Attributes& attributes) {
  const std::string name = fmt::format("{}/{}_{}", scope, op, counter++);
  std::vector<std::string> outputs;
  for (size_t i = 0; i < count; ++i) {
    outputs.push_back(count == 1 ? name : fmt::format("{}.{}", name, i));
  }
  model.nodes.push_back({name, op, inputs, outputs, attributes});
  return outputs;
}

std::string Graph::add(const std::string& op,
                       const std::vector<std::string>& inputs,
                       const Attributes& attributes) {
  return add_many(op, inputs, 1, attributes)[0];
}

void Graph::output(const Port& port) {
  model.nodes.back().outputs[0] = port.name;
  model.outputs.push_back(port);
}

std::string Graph::store(const std::string& name, const Tensor& values, Element type) {
  if (stored.insert(name).second) model.initializers.push_back({name, type, values});
  return name;
}

std::string Graph::whole(int64_t value) {
  return store(fmt::format("int_{}", value), torch::full({}, value, torch::kLong), Element::int64);
}

std::string Graph::wholes(const std::vector<int64_t>& values) {
  return store(fmt::format("ints_{}", fmt::join(values, "_")),
               torch::tensor(values, torch::kLong),
               Element::int64);
}

std::string Graph::real(double value, Element type) {
  const char* kind = type == Element::float16 ? "half" : "float";
  return store(fmt::format("{}_{}", kind, value), torch::full({}, value, torch::kDouble), type);
}

std::string Graph::cast(const std::string& value, Element type) {
  return add("Cast", {value}, {{"to", static_cast<int64_t>(type)}});
}

std::string Graph::size_of(const std::string& value, int64_t axis) {
  return add("Gather", {add("Shape", {value}), whole(axis)}, {{"axis", int64_t{0}}});
}

std::string Graph::shape_from(const std::vector<std::string>& scalars) {
  std::vector<std::string> sides;
  for (const auto& scalar : scalars) sides.push_back(add("Unsqueeze", {scalar, wholes({0})}));
  return add("Concat", sides, {{"axis", int64_t{0}}});
}

}  // namespace troodon::onnx
