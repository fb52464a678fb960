#pragma once

#include "engine/network.hpp"
#include "model/checkpoint.hpp"

namespace troodon::engine {

/// The backbone's weights as other engines see them; shares and keeps their memory.
Network network_of(const model::Backbone& backbone);

}  // namespace troodon::engine
