#pragma once

#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "image/pixels.hpp"
#include "serve/http/message.hpp"

// For the handlers' .cpp files alone.
namespace troodon::serve {

using Json = nlohmann::ordered_json;

/// As text; bytes that are no UTF-8 (names of files may hold any) become replacement characters.
std::string text_of(const Json& json);
Reply reply_of(const Json& json, int status = 200);

/// The body, a JSON object. Throws Problem 400.
Json object_of(const Request& request);

/// Members of an object with their fallback where they are missing or null. Throw Problem 400 that
/// names the member: another type, or out of its range.
int64_t whole_in(const Json& object, const char* name, const Whole& range);
double real_in(const Json& object, const char* name, const Real& range);
bool flag_in(const Json& object, const char* name, bool fallback);
std::string string_in(const Json& object, const char* name, std::string fallback = "");
/// At most so many strings.
std::vector<std::string> strings_in(const Json& object, const char* name, size_t most);
/// A ref; refuses a missing one.
std::string ref_in(const Json& object, const char* name);
/// {"x", "y", "width", "height"}, rounded outwards; none where it is missing.
std::optional<image::Box> box_in(const Json& object, const char* name);
Json json_of(const image::Box& box);

}  // namespace troodon::serve
