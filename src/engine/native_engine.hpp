#pragma once

#include <memory>

#include "engine/engine.hpp"
#include "engine/network.hpp"

namespace troodon::engine {

/// Whether this CPU has what our own engine is made of: AMX tiles and AVX-512.
bool has_native();

/// The network by our own kernels (engine/native/): float32 products as six of bfloat16 on tiles,
/// as exact as float32's and faster; bf16; int8. Takes pictures of any shape at the same speed.
/// Copies the weights, so that `network` may let its own go. Throws Error (exit 6) on other CPUs.
std::unique_ptr<Engine> native_engine(Network network, const EngineOptions& options);

}  // namespace troodon::engine
