#pragma once

#include <set>
#include <string>

#include "depth/film.hpp"

// Where a film's frames go; private to src/depth.
namespace troodon::depth {

/// Writes frames in a film's formats.
class FrameFiles {
 public:
  /// Throws Error (Exit::usage) for a format that isn't one.
  explicit FrameFiles(const FilmOptions& options);
  void write(const Answer& answer) const;

 private:
  void write_stdout(const Map& map) const;
  void write_cloud(const fs::path& file, const Answer& answer) const;
  exports::Camera camera_for(const Map& map) const;
  bool wants(const char* format) const { return formats_.contains(format); }

  const FilmOptions& options_;
  std::set<std::string> formats_;
};

}  // namespace troodon::depth
