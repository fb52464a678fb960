#include "collection/settings.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/hash.hpp"

namespace troodon::collection {
namespace {

int64_t integer(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? 0 : std::atoll(found->second.c_str());
}

std::string text(const std::map<std::string, std::string>& values, const std::string& name) {
  const auto found = values.find(name);
  return found == values.end() ? "" : found->second;
}

}  // namespace

std::map<std::string, std::string> values_of(const Settings& settings) {
  return {{"folder", settings.folder},
          {"model", settings.model},
          {"model_key", settings.model_key},
          {"description", settings.description},
          {"dim", std::to_string(settings.dim)},
          {"size", std::to_string(settings.size)},
          {"fit", settings.fit},
          {"early_block", std::to_string(settings.early_block)},
          {"late_block", std::to_string(settings.late_block)},
          {"token_side", std::to_string(settings.token_side)}};
}

Settings settings_of(const std::map<std::string, std::string>& values) {
  return {
      .folder = text(values, "folder"),
      .model = text(values, "model"),
      .model_key = text(values, "model_key"),
      .description = text(values, "description"),
      .dim = integer(values, "dim"),
      .size = integer(values, "size"),
      .fit = text(values, "fit"),
      .early_block = integer(values, "early_block"),
      // Of a collection that kept the tokens of the last one.
      .late_block = integer(values, values.contains("late_block") ? "late_block" : "last_block"),
      .token_side = integer(values, "token_side")};
}

void check_same(const Settings& kept, const Settings& asked, const std::string& where) {
  const auto refuse = [&](const std::string& what, const std::string& a, const std::string& b) {
    fail(Exit::input,
         "{}: its pictures were looked at with {} {}, not {}; leave that option out to go on, or "
         "remove the collection to begin another",
         where,
         what,
         a,
         b);
  };
  if (kept.model_key != asked.model_key) refuse("the model", kept.model, asked.model);
  if (kept.size != asked.size)
    refuse("size", std::to_string(kept.size), std::to_string(asked.size));
  if (kept.fit != asked.fit) refuse("fit", kept.fit, asked.fit);
  if (kept.token_side != asked.token_side)
    refuse("regions", std::to_string(kept.token_side), std::to_string(asked.token_side));
}

std::string json_of(const std::map<std::string, std::string>& columns) {
  return nlohmann::json(columns).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::map<std::string, std::string> columns_of(const std::string& json) {
  std::map<std::string, std::string> out;
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  if (!parsed.is_object()) return out;
  for (const auto& [name, value] : parsed.items())
    out[name] = value.is_string() ? value.get<std::string>() : value.dump();
  return out;
}

int64_t checksum_of(std::span<const std::byte> vector, std::span<const std::byte> tokens) {
  return static_cast<int64_t>(xxh64(tokens, xxh64(vector)));
}

}  // namespace troodon::collection
