#include "serve/handlers/json.hpp"

#include <cmath>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

constexpr double kFarthest = 1e6;  // pixels

/// The member, or null where it is missing.
const Json& member(const Json& object, const char* name) {
  static const Json kNull;
  const auto found = object.find(name);
  return found == object.end() ? kNull : *found;
}

}  // namespace

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Reply reply_of(const Json& json, int status) {
  return Reply::json(text_of(json), status);
}

Json object_of(const Request& request) {
  Json body = Json::parse(request.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) refuse(400, "the body is a JSON object (docs/http.md)");
  return body;
}

int64_t whole_in(const Json& object, const char* name, const Whole& range) {
  const Json& value = member(object, name);
  if (value.is_null()) return range.fallback;
  const double number = value.is_number() ? value.get<double>() : NAN;
  if (!(number >= static_cast<double>(range.min) && number <= static_cast<double>(range.max)) ||
      number != std::floor(number)) {
    refuse(400, "{} is a whole number from {} to {}", name, range.min, range.max);
  }
  return static_cast<int64_t>(number);
}

double real_in(const Json& object, const char* name, const Real& range) {
  const Json& value = member(object, name);
  if (value.is_null()) return range.fallback;
  const double number = value.is_number() ? value.get<double>() : NAN;
  if (!(number >= range.min && number <= range.max)) {
    refuse(400, "{} is a number from {} to {}", name, range.min, range.max);
  }
  return number;
}

bool flag_in(const Json& object, const char* name, bool fallback) {
  const Json& value = member(object, name);
  if (value.is_null()) return fallback;
  if (!value.is_boolean()) refuse(400, "{} is true or false", name);
  return value.get<bool>();
}

std::string string_in(const Json& object, const char* name, std::string fallback) {
  const Json& value = member(object, name);
  if (value.is_null()) return fallback;
  if (!value.is_string()) refuse(400, "{} is a string", name);
  return value.get<std::string>();
}

std::vector<std::string> strings_in(const Json& object, const char* name, size_t most) {
  const Json& value = member(object, name);
  if (value.is_null()) return {};
  if (!value.is_array() || value.size() > most) {
    refuse(400, "{} is a list of at most {} strings", name, most);
  }
  std::vector<std::string> strings;
  for (const Json& one : value) {
    if (!one.is_string()) refuse(400, "{} is a list of strings", name);
    strings.push_back(one.get<std::string>());
  }
  return strings;
}

std::string ref_in(const Json& object, const char* name) {
  std::string ref = string_in(object, name);
  if (ref.empty()) refuse(400, "{}, a picture's ref, is needed", name);
  return ref;
}

std::optional<image::Box> box_in(const Json& object, const char* name) {
  const Json& value = member(object, name);
  if (value.is_null()) return std::nullopt;
  if (!value.is_object()) refuse(400, "{} is {{x, y, width, height}}", name);
  const double x = real_in(value, "x", {0, -kFarthest, kFarthest});
  const double y = real_in(value, "y", {0, -kFarthest, kFarthest});
  const double width = real_in(value, "width", {0, 0, kFarthest});
  const double height = real_in(value, "height", {0, 0, kFarthest});
  if (width <= 0 || height <= 0) refuse(400, "{} has a width and a height above 0", name);
  const int left = static_cast<int>(std::floor(x)), top = static_cast<int>(std::floor(y));
  return image::Box{.top = top,
                    .left = left,
                    .height = static_cast<int>(std::ceil(y + height)) - top,
                    .width = static_cast<int>(std::ceil(x + width)) - left};
}

Json json_of(const image::Box& box) {
  return {{"x", box.left}, {"y", box.top}, {"width", box.width}, {"height", box.height}};
}

}  // namespace troodon::serve
