#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "annotate/clicks.hpp"
#include "annotate/mask.hpp"
#include "base/file.hpp"

namespace troodon::annotate {

enum class State { draft, accepted, rejected };

/// One mask that somebody made on a picture. It keeps run lengths, as projects hold many.
struct Shape {
  std::string id;
  int32_t label = 0;  ///< place in Project::classes
  int width = 0, height = 0;
  std::string counts;  ///< COCO's compressed run lengths
  double score = 1;
  State state = State::draft;
  std::vector<Click> clicks;

  Mask mask() const { return mask_of_runs(width, height, counts); }
};

/// Labels of pictures; docs/http.md shows it as JSON.
struct Project {
  std::string name;
  int64_t revision = 0;  ///< one more with each save
  std::vector<std::string> classes;
  std::map<std::string, std::vector<Shape>> pictures;  ///< by ref (or path)
};

/// Throws Error (Exit::input) that says which member is wrong.
Project project_of_json(std::string_view json);
std::string project_json(const Project& project);

/// Projects are files NAME.json in a folder. A name is 1 to 64 letters, digits, blanks and ._- and
/// begins with a letter or digit; throws Error (Exit::input) for another.
fs::path project_file(const fs::path& folder, const std::string& name);
bool project_exists(const fs::path& folder, const std::string& name);
Project load_project(const fs::path& folder, const std::string& name);

/// Atomic. Returns the new revision, or nothing if somebody else saved since `project` was loaded
/// (its revision is not the stored one's; a new project's is 0).
std::optional<int64_t> save_project(const fs::path& folder, const Project& project);
/// Whether there was one.
bool remove_project(const fs::path& folder, const std::string& name);

struct ProjectLine {
  std::string name;
  int64_t pictures = 0, shapes = 0, revision = 0;
};
/// By name; files that are no projects are passed over.
std::vector<ProjectLine> list_projects(const fs::path& folder);
std::string projects_json(const std::vector<ProjectLine>& lines);  ///< {"projects": [...]}

/// Changes of one project that can be taken back.
struct History {
  struct Change {
    std::string picture;
    std::vector<Shape> before, after;
  };
  std::vector<Change> done, undone;
  size_t limit = 1000;
};

/// Gives a picture these shapes, and remembers which it had.
void change(Project& project, History& history, const std::string& picture, std::vector<Shape> to);
/// False where there is nothing to take back, or to do again. A new change forgets what was undone.
bool undo(Project& project, History& history);
bool redo(Project& project, History& history);

}  // namespace troodon::annotate
