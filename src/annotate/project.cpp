#include "annotate/project.hpp"

#include <algorithm>
#include <array>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

namespace troodon::annotate {
namespace {

using nlohmann::ordered_json;

constexpr std::array<const char*, 3> kStates = {"draft", "accepted", "rejected"};

State state_of(const std::string& word) {
  const auto* found = std::ranges::find(kStates, word);
  if (found == kStates.end())
    fail(Exit::input, "a shape's state is draft, accepted or rejected, not '{}'", word);
  return static_cast<State>(found - kStates.begin());
}

Shape shape_of(const ordered_json& object, const std::string& picture, size_t classes) {
  Shape out{.id = object.at("id"),
            .label = object.at("class"),
            .width = object.at("rle").at("size").at(1),
            .height = object.at("rle").at("size").at(0),
            .counts = object.at("rle").at("counts"),
            .score = object.value("score", 1.0),
            .state = state_of(object.value("state", "draft"))};
  if (out.label < 0 || static_cast<size_t>(out.label) >= classes)
    fail(Exit::input,
         "picture {}, shape {}: class {} is none of the project's {}",
         picture,
         out.id,
         out.label,
         classes);
  for (const auto& click : object.value("clicks", ordered_json::array()))
    out.clicks.push_back({click.at("x"), click.at("y"), click.value("positive", true)});
  static_cast<void>(out.mask());  // throws where the run lengths are none
  return out;
}

ordered_json json_of(const Shape& shape) {
  auto clicks = ordered_json::array();
  for (const Click& click : shape.clicks)
    clicks.push_back({{"x", click.x}, {"y", click.y}, {"positive", click.positive}});
  return {{"id", shape.id},
          {"class", shape.label},
          {"rle", {{"size", {shape.height, shape.width}}, {"counts", shape.counts}}},
          {"score", shape.score},
          {"state", kStates[static_cast<size_t>(shape.state)]},
          {"clicks", clicks}};
}

/// One writer of a folder at a time, also among processes, while this lives.
class FolderLock {
 public:
  explicit FolderLock(const fs::path& folder) {
    fs::create_directories(folder);
    const fs::path file = folder / ".lock";
    descriptor_ = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
    if (descriptor_ < 0 || ::flock(descriptor_, LOCK_EX) != 0)
      fail(Exit::resource, "{}: cannot be locked; may this user write there?", file.string());
  }
  ~FolderLock() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  FolderLock(const FolderLock&) = delete;
  FolderLock& operator=(const FolderLock&) = delete;

 private:
  int descriptor_ = -1;
};

/// A step of a history, forwards or backwards.
void give(Project& project, const std::string& picture, const std::vector<Shape>& shapes) {
  if (shapes.empty())
    project.pictures.erase(picture);
  else
    project.pictures[picture] = shapes;
}

}  // namespace

Project project_of_json(std::string_view json) {
  try {
    const auto object = ordered_json::parse(json);
    Project out{.name = object.value("name", ""), .revision = object.value("revision", int64_t{0})};
    out.classes = object.at("classes").get<std::vector<std::string>>();
    for (const auto& [ref, picture] : object.at("pictures").items()) {
      auto& shapes = out.pictures[ref];
      for (const auto& shape : picture.at("shapes"))
        shapes.push_back(shape_of(shape, ref, out.classes.size()));
    }
    return out;
  } catch (const nlohmann::json::exception& error) {
    fail(Exit::input, "this is no project as docs/http.md describes it: {}", error.what());
  }
}

std::string project_json(const Project& project) {
  auto pictures = ordered_json::object();
  for (const auto& [ref, shapes] : project.pictures) {
    auto list = ordered_json::array();
    for (const Shape& shape : shapes) list.push_back(json_of(shape));
    pictures[ref] = {{"shapes", std::move(list)}};
  }
  return ordered_json{{"name", project.name},
                      {"revision", project.revision},
                      {"classes", project.classes},
                      {"pictures", std::move(pictures)}}
      .dump();
}

fs::path project_file(const fs::path& folder, const std::string& name) {
  const auto plain = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  const bool good = !name.empty() && name.size() <= 64 && plain(name[0]) && name.back() != ' ' &&
                    std::ranges::all_of(name, [&](char c) {
                      return plain(c) || c == ' ' || c == '.' || c == '_' || c == '-';
                    });
  if (!good)
    fail(Exit::input,
         "a project's name is 1 to 64 letters, digits, blanks and . _ -, a letter or digit first");
  return folder / (name + ".json");
}

bool project_exists(const fs::path& folder, const std::string& name) {
  return fs::is_regular_file(project_file(folder, name));
}

Project load_project(const fs::path& folder, const std::string& name) {
  const fs::path file = project_file(folder, name);
  if (!fs::is_regular_file(file))
    fail(Exit::input, "{}: there is no project of this name", file.string());
  try {
    Project out = project_of_json(read_text(file));
    out.name = name;
    return out;
  } catch (const Error& error) {
    fail(Exit::input, "{}: {}", file.string(), error.what());
  }
}

std::optional<int64_t> save_project(const fs::path& folder, const Project& project) {
  const fs::path file = project_file(folder, project.name);
  const FolderLock lock(folder);
  const int64_t stored =
      fs::is_regular_file(file) ? load_project(folder, project.name).revision : 0;
  if (stored != project.revision) return std::nullopt;
  Project next = project;
  ++next.revision;
  write_atomically(file, project_json(next) + "\n");
  return next.revision;
}

bool remove_project(const fs::path& folder, const std::string& name) {
  const fs::path file = project_file(folder, name);
  if (!fs::is_regular_file(file)) return false;
  const FolderLock lock(folder);
  return fs::remove(file);
}

std::vector<ProjectLine> list_projects(const fs::path& folder) {
  std::vector<ProjectLine> out;
  if (!fs::is_directory(folder)) return out;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    try {
      const Project project = load_project(folder, entry.path().stem().string());
      ProjectLine line{.name = project.name,
                       .pictures = static_cast<int64_t>(project.pictures.size()),
                       .revision = project.revision};
      for (const auto& [ref, shapes] : project.pictures)
        line.shapes += static_cast<int64_t>(shapes.size());
      out.push_back(std::move(line));
    } catch (const Error&) {
      continue;  // another program's file
    }
  }
  std::ranges::sort(out, {}, &ProjectLine::name);
  return out;
}

std::string projects_json(const std::vector<ProjectLine>& lines) {
  auto list = ordered_json::array();
  for (const ProjectLine& line : lines)
    list.push_back({{"name", line.name},
                    {"pictures", line.pictures},
                    {"shapes", line.shapes},
                    {"revision", line.revision}});
  return ordered_json{{"projects", std::move(list)}}.dump();
}

void change(Project& project, History& history, const std::string& picture, std::vector<Shape> to) {
  const auto now = project.pictures.find(picture);
  history.done.push_back(
      {picture, now == project.pictures.end() ? std::vector<Shape>{} : now->second, to});
  if (history.done.size() > history.limit) history.done.erase(history.done.begin());
  history.undone.clear();
  give(project, picture, to);
}

bool undo(Project& project, History& history) {
  if (history.done.empty()) return false;
  give(project, history.done.back().picture, history.done.back().before);
  history.undone.push_back(std::move(history.done.back()));
  history.done.pop_back();
  return true;
}

bool redo(Project& project, History& history) {
  if (history.undone.empty()) return false;
  give(project, history.undone.back().picture, history.undone.back().after);
  history.done.push_back(std::move(history.undone.back()));
  history.undone.pop_back();
  return true;
}

}  // namespace troodon::annotate
