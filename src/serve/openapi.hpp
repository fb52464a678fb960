#pragma once

#include <string>

#include "serve/router.hpp"

namespace troodon::serve {

/// The routes as an OpenAPI 3.1 document, JSON.
std::string openapi_document(const Routes& routes);

}  // namespace troodon::serve
