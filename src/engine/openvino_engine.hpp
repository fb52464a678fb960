#pragma once

#include <memory>

#include "engine/engine.hpp"
#include "engine/network.hpp"

namespace troodon::engine {

/// Whether this build has OpenVINO.
bool has_openvino();

/// The network as OpenVINO's CPU plugin runs it. The first shape of pictures gets a compiled
/// network of its own; all further shapes share one that takes any. `height`, `width`: the first
/// shape in pixels, where it is known, so that it is compiled at once. Throws Error (exit 6) for a
/// precision that this CPU lacks, and where OpenVINO is not built in.
std::unique_ptr<Engine> openvino_engine(Network network,
                                        const EngineOptions& options,
                                        int64_t height = 0,
                                        int64_t width = 0);

}  // namespace troodon::engine
