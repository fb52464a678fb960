#pragma once

#include <memory>

#include "engine/engine.hpp"
#include "model/checkpoint.hpp"

namespace troodon::engine {

/// The network as LibTorch runs it, on a CPU or CUDA. Throws Error (exit 2, 6) for a precision that
/// this device lacks.
std::unique_ptr<Engine> torch_engine(model::Backbone backbone, const EngineOptions& options);

}  // namespace troodon::engine
