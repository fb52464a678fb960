#include "serve/http/message.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "serve/http/problem.hpp"

namespace troodon::serve {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// The whole text as a number.
template <class Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string Request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

std::optional<std::string> Request::parameter(std::string_view name) const {
  for (const auto& [key, value] : parameters) {
    if (key == name) return value;
  }
  return std::nullopt;
}

const std::string& Request::part(const std::string& name) const {
  const auto found = parts.find(name);
  if (found == parts.end()) refuse(404, "no {} in {}", name, path);
  return found->second;
}

int64_t Request::whole(std::string_view name, const Whole& range) const {
  const auto text = parameter(name);
  if (!text || text->empty()) return range.fallback;
  const auto value = number<int64_t>(*text);
  if (!value || *value < range.min || *value > range.max) {
    refuse(400, "{} is a whole number from {} to {}", name, range.min, range.max);
  }
  return *value;
}

double Request::real(std::string_view name, const Real& range) const {
  const auto text = parameter(name);
  if (!text || text->empty()) return range.fallback;
  const auto value = number<double>(*text);
  if (!value || !(*value >= range.min && *value <= range.max)) {
    refuse(400, "{} is a number from {} to {}", name, range.min, range.max);
  }
  return *value;
}

bool Request::flag(std::string_view name, bool fallback) const {
  const auto text = parameter(name);
  if (!text || text->empty()) return fallback;
  if (*text == "true" || *text == "1") return true;
  if (*text == "false" || *text == "0") return false;
  refuse(400, "{} is true or false", name);
}

std::string Request::choice(std::string_view name,
                            std::span<const std::string_view> options) const {
  const auto text = parameter(name);
  if (!text || text->empty()) return std::string(options.front());
  if (std::find(options.begin(), options.end(), *text) != options.end()) return *text;
  std::string known;
  for (const std::string_view option : options) known += fmt::format(" {}", option);
  refuse(400, "{} is one of:{}", name, known);
}

Reply Reply::json(std::string text, int status) {
  return {.status = status, .type = "application/json", .body = std::move(text)};
}

Reply Reply::text(std::string text, int status) {
  return {.status = status, .type = "text/plain; charset=utf-8", .body = std::move(text)};
}

Reply Reply::bytes(std::string bytes, std::string type) {
  return {.type = std::move(type), .body = std::move(bytes)};
}

Reply Reply::nothing() {
  return {.status = 204};
}

Reply Reply::stream(std::function<void(Events&)> events) {
  return {.type = "text/event-stream", .events = std::move(events)};
}

Reply&& Reply::with(std::string name, std::string value) && {
  headers.emplace_back(std::move(name), std::move(value));
  return std::move(*this);
}

std::string attachment(std::string_view name) {
  std::string plain, escaped;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool safe = (std::isalnum(byte) != 0 && byte < 128) || c == '.' || c == '-' || c == '_';
    plain += safe ? c : '_';
    escaped += safe ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  // A leading dot would hide the file.
  if (plain.empty() || plain.front() == '.') plain.insert(0, "file");
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, escaped);
}

std::string percent_decoded(std::string_view text, bool plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      decoded += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      decoded += plus && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

std::vector<std::pair<std::string, std::string>> query_pairs(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    if (pair.empty()) continue;
    const size_t equals = std::min(pair.find('='), pair.size());
    const std::string_view value = pair.substr(std::min(pair.size(), equals + 1));
    pairs.emplace_back(percent_decoded(pair.substr(0, equals), true), percent_decoded(value, true));
  }
  return pairs;
}

}  // namespace troodon::serve
