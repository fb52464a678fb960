#pragma once

#include <optional>

#include "heads/head_file.hpp"
#include "model/checkpoint.hpp"

namespace troodon::heads {

/// The head that an official file holds, by the names in it (see read_head); nothing if they are
/// none that we know. `origin` begins every message.
std::optional<Head> official_head(const model::StateDict& state,
                                  int64_t embed_dim,
                                  const std::string& origin);

}  // namespace troodon::heads
