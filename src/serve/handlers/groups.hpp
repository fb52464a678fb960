#pragma once

#include "serve/router.hpp"

namespace troodon::serve {

struct Site;

// One file each. They add what can be asked for; a handler's errors are problems (docs/http.md).
void add_about(Routes& routes, Site& site);
void add_collection(Routes& routes, Site& site);
void add_pictures(Routes& routes, Site& site);
void add_search(Routes& routes, Site& site);
void add_explored(Routes& routes, Site& site);
void add_masks(Routes& routes, Site& site);
void add_projects(Routes& routes, Site& site);
void add_depth(Routes& routes, Site& site);
void add_matches(Routes& routes, Site& site);

}  // namespace troodon::serve
