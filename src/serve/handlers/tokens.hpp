#pragma once

#include <string>

#include "collection/picture.hpp"
#include "serve/http/message.hpp"

// For the handlers' .cpp files alone.
namespace troodon::serve {

struct Site;

/// What is kept of a picture's patches; of an upload it is made. 404, 501 none are kept.
collection::TokenCodes tokens_of(const std::string& ref, Site& site, Clock::time_point deadline);

}  // namespace troodon::serve
