#pragma once

#include "infer/embedder.hpp"
#include "troodon/embedder.hpp"

namespace troodon::api {

/// The same options as the rooms spell them.
infer::EmbedOptions embed_options(const EmbedOptions& options);

}  // namespace troodon::api
