#pragma once

#include <string>

#include "export/graph.hpp"
#include "model/vit.hpp"

namespace troodon::onnx {

/// Positions [1,rows*columns,D], float32, for a grid that is known only when the graph runs: the
/// same resampling as model::interpolate_positions, with or without antialiasing, by size or by
/// offset. `patches` [1,M*M,D] is stored; `rows` and `columns` are int64 scalars of the graph.
///
/// ONNX's Resize has no scale that differs from the ratio of the sizes and, before opset 18, no
/// antialiasing, so the weights of both axes are computed here and applied as two products. On the
/// stored grid they are exactly 0 and 1.
std::string add_positions(Graph& graph,
                          const model::VitConfig& config,
                          const Tensor& patches,
                          const std::string& rows,
                          const std::string& columns);

}  // namespace troodon::onnx
