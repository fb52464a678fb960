#pragma once

#include "engine/network.hpp"
#include "model/checkpoint.hpp"

namespace troodon::engine {

/// The backbone's weights as other engines see them. Shares their memory; where nobody else does,
/// a weight that is forgotten is freed.
Network network_of(model::Backbone backbone);

}  // namespace troodon::engine
