#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/file.hpp"
#include "output/commands.hpp"

namespace troodon::world {

/// A folder that one command fills. world.json records the settings: the same settings go on where
/// they stopped (existing files stay), other settings are refused, a foreign folder is refused.
class Folder {
 public:
  /// `settings` must hold everything that decides the files' content; `entries` are the top-level
  /// names that the command makes, which overwriting removes.
  Folder(const CommonOptions& options,
         nlohmann::json settings,
         const std::vector<std::string>& entries);

  /// True if the file is there already.
  bool has(const std::string& name) const;
  /// Writes atomically, whatever was there.
  void write(const std::string& name, std::string_view bytes) const;
  /// Also writes classes.json: per class its label, mask value and part names.
  void write_classes() const;

 private:
  fs::path path_;
};

/// The settings that all commands share.
nlohmann::json common_settings(const CommonOptions& options, std::string_view command);

/// A camera as JSON: focal length and centre in pixels, eye in metres, and the three axes.
nlohmann::json to_json(const Camera& camera, int size);

}  // namespace troodon::world
