#pragma once

#include "collection/picture.hpp"
#include "serve/handlers/json.hpp"

// For the handlers' .cpp files alone.
namespace troodon::serve {

/// {"ref", "path", "label", "width", "height", "meta"}
Json row_json(const collection::Picture& picture);

}  // namespace troodon::serve
