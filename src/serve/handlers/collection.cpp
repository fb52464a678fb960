#include "collection/codes.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/handlers/rows.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

constexpr int64_t kPage = 1000;  // pictures of one reply

/// GET /v1/collection
Reply collection(const Site& site) {
  const collection::FinderState finder = site.searcher.finder().state();
  const search::Words words = site.searcher.words();
  Json labels = Json::array();
  for (const auto& [name, count] : site.store->labels()) {
    labels.push_back({{"name", name}, {"count", count}});
  }
  std::vector<std::string> columns = {"path", "label", "width", "height", "bytes"};
  for (std::string& name : site.store->columns()) columns.push_back(std::move(name));
  const collection::Settings& settings = site.settings;
  return reply_of(
      {{"name", fs::path(settings.folder).filename().string()},
       {"pictures", finder.pictures},
       {"model", settings.description},
       {"dim", settings.dim},
       {"size", settings.size},
       {"index",
        {{"kind", finder.kind}, {"recall", finder.recall}, {"measured_on", finder.measured_on}}},
       {"labels", labels},
       {"columns", columns},
       {"words", {{"copy", words.copy}, {"same", words.same}, {"alike", words.alike}}},
       {"can",
        {{"depth", site.depths.possible()},
         {"regions", settings.token_side > 0},
         {"write", site.options.look}}}});
}

/// GET /v1/pictures?offset=0&limit=100&filter=. 400: a bad filter.
Reply pictures(const Request& request, const Site& site) {
  const int64_t offset = request.whole("offset", {0, 0, INT64_MAX});
  const int64_t limit = request.whole("limit", {100, 0, kPage});
  const collection::Filter filter =
      collection::parse_filter(request.parameter("filter").value_or(""));
  Json rows = Json::array();
  if (limit > 0) {
    for (const collection::Picture& picture : site.store->list(filter, offset, limit)) {
      rows.push_back(row_json(picture));
    }
  }
  return reply_of({{"total", site.store->count(filter)}, {"pictures", std::move(rows)}});
}

/// DELETE /v1/pictures/REF: out of the collection; the file stays. 404.
Reply forget(const Request& request, Site& site) {
  if (!site.options.look) refuse(403, "this server only shows its collection");
  const std::string path = site.pictures.row(request.part("ref")).path;
  site.store->remove(std::span(&path, 1));
  site.searcher.refresh();
  return Reply::nothing();
}

/// POST /v1/index: looks for new, changed and vanished files. 202.
Reply look(Site& site) {
  if (!site.options.look) refuse(403, "this server only shows its collection");
  site.indexing.ask();
  return reply_of({{"state", "scanning"}}, 202);
}

}  // namespace

void add_collection(Routes& routes, Site& site) {
  routes.push_back({"GET", "/v1/collection", "What the collection holds", [&site](const Request&) {
                      return collection(site);
                    }});
  routes.push_back({"GET",
                    "/v1/pictures",
                    "Pictures by path",
                    [&site](const Request& request) { return pictures(request, site); },
                    {"offset", "limit", "filter"}});
  routes.push_back({"DELETE",
                    "/v1/pictures/{ref}",
                    "Forgets a picture; its file stays",
                    [&site](const Request& request) { return forget(request, site); }});
  routes.push_back(
      {"POST", "/v1/index", "Looks for new, changed and vanished files", [&site](const Request&) {
         return look(site);
       }});
}

}  // namespace troodon::serve
