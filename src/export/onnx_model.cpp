#include "export/onnx_model.hpp"

#include <ostream>

#include <ATen/ATen.h>

#include "base/error.hpp"
#include "export/wire.hpp"

namespace troodon::onnx {
namespace {

/// Tensors below this stay in the graph, where tools look for shapes and constants.
constexpr int64_t kSmallTensor = 1024;
/// Where a tensor may begin in the data file: whole pages can be mapped.
constexpr int64_t kPage = 4096;

torch::ScalarType scalar_type(Element type) {
  switch (type) {
    case Element::uint8:
      return torch::kByte;
    case Element::int64:
      return torch::kLong;
    case Element::float16:
      return torch::kHalf;
    default:
      return torch::kFloat;
  }
}

int64_t bytes_of_tensor(const Initializer& tensor) {
  return tensor.values.numel() * static_cast<int64_t>(c10::elementSize(scalar_type(tensor.type)));
}

void write_values(std::ostream& out, const Initializer& tensor) {
  const Tensor laid_out = tensor.values.to(scalar_type(tensor.type)).contiguous();
  if (tensor.type == Element::float16 && !laid_out.isfinite().all().item<bool>()) {
    fail(Exit::numeric,
         "'{}' holds values beyond float16's 65504 (or none at all); export without --half",
         tensor.name);
  }
  out.write(static_cast<const char*>(laid_out.const_data_ptr()), bytes_of_tensor(tensor));
}

bool lies_beside(const Initializer& tensor, Weights weights) {
  return weights == Weights::beside && bytes_of_tensor(tensor) >= kSmallTensor;
}

int64_t round_up_to_page(int64_t offset) {
  return (offset + kPage - 1) / kPage * kPage;
}

Message entry(const std::string& key, const std::string& value) {
  Message out;
  out.text(1, key);
  out.text(2, value);
  return out;
}

Message attribute_message(const std::string& name, const AttributeValue& value) {
  Message out;
  out.text(1, name);
  if (const auto* real = std::get_if<float>(&value)) {
    out.real(2, *real);
    out.integer(20, 1);  // FLOAT
  } else if (const auto* whole = std::get_if<int64_t>(&value)) {
    out.integer(3, *whole);
    out.integer(20, 2);  // INT
  } else {
    for (const int64_t one : std::get<std::vector<int64_t>>(value)) out.integer(8, one);
    out.integer(20, 7);  // INTS
  }
  return out;
}

Message node_message(const Node& node) {
  Message out;
  for (const auto& name : node.inputs) out.text(1, name);
  for (const auto& name : node.outputs) out.text(2, name);
  out.text(3, node.name);
  out.text(4, node.op);
  for (const auto& [name, value] : node.attributes) {
    out.message(5, attribute_message(name, value));
  }
  return out;
}

Message port_message(const Port& port) {
  Message shape, tensor, type, out;
  for (const auto& side : port.shape) {
    Message dimension;
    if (const auto* number = std::get_if<int64_t>(&side)) {
      dimension.integer(1, *number);
    } else {
      dimension.text(2, std::get<std::string>(side));
    }
    shape.message(1, dimension);
  }
  tensor.integer(1, static_cast<int64_t>(port.type));
  tensor.message(2, shape);
  type.message(1, tensor);
  out.text(1, port.name);
  out.message(2, type);
  out.text(3, port.meaning);
  return out;
}

/// A TensorProto up to its values: those follow at once, or lie in `data_file` at `offset`.
Message tensor_head(const Initializer& tensor, const std::string& data_file, int64_t offset) {
  Message out;
  for (const int64_t side : tensor.values.sizes()) out.integer(1, side);
  out.integer(2, static_cast<int64_t>(tensor.type));
  out.text(8, tensor.name);
  if (data_file.empty()) {
    out.head(9, static_cast<uint64_t>(bytes_of_tensor(tensor)));
    return out;
  }
  out.message(13, entry("location", data_file));
  out.message(13, entry("offset", std::to_string(offset)));
  out.message(13, entry("length", std::to_string(bytes_of_tensor(tensor))));
  out.integer(14, 1);  // EXTERNAL
  return out;
}

/// A GraphProto's stored tensors, as heads in front of the values that are written later.
struct StoredTensor {
  const Initializer* tensor;
  bool beside;
  Message head;
};

std::vector<StoredTensor> stored_tensors(const OnnxModel& model,
                                         Weights weights,
                                         const std::string& data_file) {
  std::vector<StoredTensor> out;
  int64_t offset = 0;
  for (const auto& tensor : model.initializers) {
    const bool beside = lies_beside(tensor, weights);
    const auto inside_bytes = static_cast<uint64_t>(beside ? 0 : bytes_of_tensor(tensor));
    const Message fields = tensor_head(tensor, beside ? data_file : "", offset);
    Message head;
    head.head(5, fields.bytes.size() + inside_bytes);
    head.bytes += fields.bytes;
    out.push_back({&tensor, beside, std::move(head)});
    if (beside) offset = round_up_to_page(offset + bytes_of_tensor(tensor));
  }
  return out;
}

Message model_head(const OnnxModel& model) {
  Message out, opset;
  out.integer(1, model.opset >= 20 ? 9 : 8);  // the IR version that came with the opset
  out.text(2, "troodon");
  out.text(3, TROODON_VERSION);
  out.text(6, model.description);
  opset.text(1, "");
  opset.integer(2, model.opset);
  out.message(8, opset);
  for (const auto& [key, value] : model.metadata) out.message(14, entry(key, value));
  return out;
}

void write_data_file(const fs::path& path, const OnnxModel& model) {
  write_atomically(path, [&](std::ostream& out) {
    int64_t offset = 0;
    for (const auto& tensor : model.initializers) {
      if (!lies_beside(tensor, Weights::beside)) continue;
      write_values(out, tensor);
      const int64_t end = offset + bytes_of_tensor(tensor);
      offset = round_up_to_page(end);
      out << std::string(static_cast<size_t>(offset - end), '\0');
    }
  });
}

}  // namespace

int64_t weight_bytes(const OnnxModel& model) {
  int64_t bytes = 0;
  for (const auto& tensor : model.initializers) bytes += bytes_of_tensor(tensor);
  return bytes;
}

void write_onnx(const fs::path& path, const OnnxModel& model, Weights weights) {
  const fs::path data_file = path.string() + ".data";
  if (weights == Weights::beside) write_data_file(data_file, model);
  Message fields;
  for (const auto& node : model.nodes) fields.message(1, node_message(node));
  fields.text(2, "troodon");
  for (const auto& port : model.inputs) fields.message(11, port_message(port));
  for (const auto& port : model.outputs) fields.message(12, port_message(port));
  const auto tensors = stored_tensors(model, weights, data_file.filename().string());
  uint64_t size = fields.bytes.size();
  for (const auto& stored : tensors) {
    size += stored.head.bytes.size();
    if (!stored.beside) size += static_cast<uint64_t>(bytes_of_tensor(*stored.tensor));
  }
  Message head = model_head(model);
  head.head(7, size);
  write_atomically(path, [&](std::ostream& out) {
    out << head.bytes << fields.bytes;
    for (const auto& stored : tensors) {
      out << stored.head.bytes;
      if (!stored.beside) write_values(out, *stored.tensor);
    }
  });
}

}  // namespace troodon::onnx
