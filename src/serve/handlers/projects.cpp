#include <array>
#include <filesystem>

#include "annotate/project.hpp"
#include "annotate/project_export.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/http/gate.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"
#include "serve/zip.hpp"

namespace troodon::serve {
namespace {

/// Where a site keeps its projects.
fs::path folder_of(const Site& site) {
  return collection::collection_folder(site.options.folder) / "projects";
}

const std::string& name_of(const Request& request) {
  return request.part("name");
}

void check_writable(const Site& site) {
  if (!site.options.look) refuse(403, "this server only shows its collection");
}

/// GET /v1/projects
Reply list(const Request&, Site& site) {
  return Reply::json(annotate::projects_json(annotate::list_projects(folder_of(site))));
}

/// The project of a request. Throws Problem 404.
annotate::Project existing(const Request& request, Site& site) {
  if (!annotate::project_exists(folder_of(site), name_of(request))) {
    refuse(404, "no project of that name");
  }
  return annotate::load_project(folder_of(site), name_of(request));
}

/// GET /v1/projects/NAME. 404.
Reply read(const Request& request, Site& site) {
  return Reply::json(annotate::project_json(existing(request, site)));
}

/// PUT /v1/projects/NAME -> {"revision"}. 409: somebody else saved meanwhile; 422: no project.
Reply save(const Request& request, Site& site) {
  check_writable(site);
  annotate::Project project = annotate::project_of_json(request.body);
  project.name = name_of(request);
  const auto revision = annotate::save_project(folder_of(site), project);
  if (!revision) {
    refuse(409, "somebody else saved this project meanwhile; load it again and repeat the change");
  }
  return reply_of({{"revision", *revision}});
}

/// DELETE /v1/projects/NAME. 404.
Reply remove(const Request& request, Site& site) {
  check_writable(site);
  if (!annotate::remove_project(folder_of(site), name_of(request))) {
    refuse(404, "no project of that name");
  }
  return Reply::nothing();
}

/// A folder that goes with this object.
struct Scratch {
  fs::path path = fs::temp_directory_path() / ("troodon-export-" + random_word());
  Scratch() { fs::create_directories(path); }
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

/// GET /v1/projects/NAME/export?format=coco|yolo|voc|png: a zip file. 404.
Reply exported(const Request& request, Site& site) {
  constexpr std::array<std::string_view, 4> kFormats = {"coco", "yolo", "voc", "png"};
  const std::string format = request.choice("format", kFormats);
  const annotate::Project project = existing(request, site);
  const Scratch scratch;
  const auto file_of = [&](const std::string& ref) -> std::optional<annotate::PictureFile> {
    try {
      const std::string path = site.pictures.row(ref).path;
      return annotate::PictureFile{path, fs::path(site.settings.folder) / path};
    } catch (const Problem&) {
      return std::nullopt;
    }
  };
  const annotate::Exported written = annotate::export_project(
      project, file_of, {.layout = annotate::layout_of(format), .out = scratch.path});
  return Reply::bytes(zip_of(scratch.path, written.files), "application/zip")
      .with("Content-Disposition", attachment(fmt::format("{}-{}.zip", project.name, format)));
}

}  // namespace

void add_projects(Routes& routes, Site& site) {
  const auto route =
      [&](const char* method, const char* pattern, const char* summary, auto handler) {
        routes.push_back({method, pattern, summary, [&site, handler](const Request& request) {
                            return handler(request, site);
                          }});
      };
  route("GET", "/v1/projects", "Labels of pictures, by project", list);
  route("GET", "/v1/projects/{name}", "A project", read);
  route("PUT", "/v1/projects/{name}", "Saves a project", save);
  routes.back().takes = {"application/json"};
  route("DELETE", "/v1/projects/{name}", "Removes a project", remove);
  route("GET", "/v1/projects/{name}/export", "A project as a zip file", exported);
  routes.back().query = {"format"};
}

}  // namespace troodon::serve
