#include "output/folder.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "shapes/catalog.hpp"

namespace troodon::world {

namespace {

constexpr const char* kRecord = "world.json";

std::string first_difference(const nlohmann::json& have, const nlohmann::json& want) {
  for (const auto& [key, value] : want.items()) {
    if (!have.contains(key)) return fmt::format("no {}", key);
    if (have[key] != value)
      return fmt::format("{} {}, now {}", key, have[key].dump(), value.dump());
  }
  return "other settings";
}

std::vector<double> numbers(const Vec& v) {
  return {v.x, v.y, v.z};
}

}  // namespace

Folder::Folder(const CommonOptions& options,
               nlohmann::json settings,
               const std::vector<std::string>& entries)
    : path_(options.out) {
  settings["entries"] = entries;
  std::error_code error;
  if (fs::exists(path_, error) && !fs::is_directory(path_, error))
    fail(Exit::usage, "{} is a file; --out wants a folder", path_.string());
  const bool filled = fs::exists(path_, error) && !fs::is_empty(path_, error);
  if (filled && !fs::exists(path_ / kRecord)) {
    fail(Exit::usage,
         "{} is not empty and was not made by troodon-world; choose another --out",
         path_.string());
  }
  if (filled) {
    const auto found =
        nlohmann::json::parse(read_text(path_ / kRecord), nullptr, /*allow_exceptions=*/false);
    if (found == settings && !options.overwrite) return;
    if (!options.overwrite) {
      fail(Exit::usage,
           "{} was made with {}; choose another --out, or --overwrite",
           path_.string(),
           first_difference(found, settings));
    }
    if (found.is_object() && found.contains("entries")) {
      for (const auto& entry : found["entries"]) {
        // Only plain names below the folder, whatever the record says.
        const fs::path name = entry.is_string() ? fs::path(entry.get<std::string>()) : fs::path();
        if (!name.empty() && name == name.filename() && name != ".." && name != ".")
          fs::remove_all(path_ / name);
      }
    }
  }
  write(kRecord, settings.dump(2) + "\n");
}

bool Folder::has(const std::string& name) const {
  return fs::exists(path_ / name);
}

void Folder::write(const std::string& name, std::string_view bytes) const {
  write_atomically(path_ / name, bytes);
}

void Folder::write_classes() const {
  auto classes = nlohmann::json::array();
  for (const ObjectClass& kind : catalog()) {
    const int label = static_cast<int>(classes.size());
    classes.push_back(
        {{"name", kind.name}, {"label", label}, {"mask_value", label + 1}, {"parts", kind.parts}});
  }
  write("classes.json", classes.dump(2) + "\n");
}

nlohmann::json common_settings(const CommonOptions& options, std::string_view command) {
  nlohmann::json out = {{"command", command},
                        {"count", options.count},
                        {"size", options.size},
                        {"seed", options.seed}};
  for (const int label : labels_of(options)) out["classes"].push_back(catalog()[label].name);
  for (const Style style : options.styles)
    out["styles"].push_back(kStyleNames[static_cast<int>(style)]);
  return out;
}

nlohmann::json to_json(const Camera& camera, int size) {
  return {{"focal", camera.focal * size},
          {"centre", {size / 2.0, size / 2.0}},
          {"eye", numbers(camera.eye)},
          {"right", numbers(camera.right)},
          {"up", numbers(camera.up)},
          {"forward", numbers(camera.forward)}};
}

}  // namespace troodon::world
