#pragma once

#include <map>
#include <string>

#include "collection/store.hpp"

namespace troodon::collection {

/// Settings as names and values, and back; what a store keeps.
std::map<std::string, std::string> values_of(const Settings& settings);
Settings settings_of(const std::map<std::string, std::string>& values);

/// Throws Error (Exit::input) if pictures looked at so would not fit what `where` holds.
void check_same(const Settings& kept, const Settings& asked, const std::string& where);

/// A picture's further columns as a JSON object of strings, and back; damaged text gives none.
std::string json_of(const std::map<std::string, std::string>& columns);
std::map<std::string, std::string> columns_of(const std::string& json);

/// Over what a picture's look left, to find damage.
int64_t checksum_of(std::span<const std::byte> vector, std::span<const std::byte> tokens);

}  // namespace troodon::collection
