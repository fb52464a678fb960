#pragma once

#include <memory>
#include <openvino/core/attribute_visitor.hpp>
#include <openvino/op/op.hpp>
#include <string>
#include <utility>

#include "engine/int8_linear.hpp"

namespace troodon::engine {

/// int8_linear() as an operation of a graph: f32 [1,T,I] -> f32 [1,T,O]. OpenVINO's CPU plugin
/// calls evaluate() on the stream's own thread.
class Int8Linear : public ov::op::Op {
 public:
  OPENVINO_OP("Int8Linear", "troodon");

  Int8Linear() = default;
  Int8Linear(const ov::Output<ov::Node>& x,
             std::shared_ptr<const Int8Weights> weights,
             std::string layer,
             size_t threads)
      : Op({x}), weights_(std::move(weights)), layer_(std::move(layer)), threads_(threads) {
    constructor_validate_and_infer_types();
  }

  void validate_and_infer_types() override {
    ov::PartialShape shape = get_input_partial_shape(0);
    shape[2] = weights_->outputs;
    set_output_type(0, ov::element::f32, shape);
  }

  std::shared_ptr<ov::Node> clone_with_new_inputs(const ov::OutputVector& inputs) const override {
    return std::make_shared<Int8Linear>(inputs.at(0), weights_, layer_, threads_);
  }

  /// OpenVINO merges operations of equal inputs and attributes: the layer's name tells them apart.
  bool visit_attributes(ov::AttributeVisitor& visitor) override {
    visitor.on_attribute("layer", layer_);
    return true;
  }
  bool has_evaluate() const override { return true; }
  bool evaluate(ov::TensorVector& outputs, const ov::TensorVector& inputs) const override {
    const ov::Shape& shape = inputs[0].get_shape();
    outputs[0].set_shape({shape[0], shape[1], static_cast<size_t>(weights_->outputs)});
    int8_linear(inputs[0].data<const float>(),
                static_cast<int64_t>(shape[0] * shape[1]),
                *weights_,
                outputs[0].data<float>(),
                threads_);
    return true;
  }

 private:
  std::shared_ptr<const Int8Weights> weights_;
  std::string layer_;
  size_t threads_ = 1;
};

}  // namespace troodon::engine
