#pragma once

#include <map>
#include <memory>
#include <openvino/core/model.hpp>
#include <string>

#include "engine/engine.hpp"
#include "engine/network.hpp"

namespace troodon::engine {

/// Sizes of the pictures that a graph takes, in pixels; 0: any multiple of the patch.
struct GraphSize {
  int64_t height = 0, width = 0;
};

/// The network as an OpenVINO graph of one picture.
/// Inputs: "pixels" u8 [1,height,width,3]; when the size is open also "positions" f32 [1,T,D]
/// (see token_positions). Output: f32 [1,item...]. The weights are seen, not copied, so `network`
/// must outlive the graph; but LayerScale and normalisation of pixels are folded into the weights
/// beside them, which are copies.
std::shared_ptr<ov::Model> vit_graph(const Network& network,
                                     const EngineOptions& options,
                                     const GraphSize& size);

/// What is added to the embedded patches behind the class token and the registers, which come
/// complete with their own: [1+R+N,D].
std::vector<float> token_positions(const Network& network, int64_t rows, int64_t columns);

}  // namespace troodon::engine
