#pragma once

#include <functional>
#include <memory>

#include "engine/engine.hpp"
#include "engine/network.hpp"

namespace troodon::engine {

/// Whether this CPU has what our own engine is made of: AMX tiles and AVX-512.
bool has_native();

/// The network by our own kernels (engine/native/): float32 products by integers of 24 bits on
/// tiles, as exact as float32's and faster; bf16; int8. Takes pictures of any shape at the same
/// speed. The weights are copied and forgotten one by one; `again` gives them once more, for
/// calibrate() below float32. Throws Error (exit 6) on other CPUs.
std::unique_ptr<Engine> native_engine(Network network,
                                      const EngineOptions& options,
                                      std::function<Network()> again);

}  // namespace troodon::engine
