#include "serve/handlers/groups.hpp"
#include "serve/openapi.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {

Routes routes_of(Site& site) {
  Routes routes;
  add_about(routes, site);
  add_collection(routes, site);
  add_pictures(routes, site);
  add_search(routes, site);
  add_explored(routes, site);
  add_masks(routes, site);
  add_projects(routes, site);
  add_depth(routes, site);
  add_matches(routes, site);
  routes.push_back({"GET", "/openapi.json", "This list", nullptr});
  routes.back().handler = [document = openapi_document(routes)](const Request&) {
    return Reply::json(document);
  };
  routes.push_back(
      {"GET", "/", "", [&site](const Request& request) { return site.page.serve(request); }});
  routes.push_back({"GET", "/{path...}", "", routes.back().handler});
  return routes;
}

}  // namespace troodon::serve
