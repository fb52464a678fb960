#include <algorithm>
#include <array>
#include <cstring>

#include "explore/outliers.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

template <class Number>
void append(std::string& bytes, Number number) {
  std::array<char, sizeof(number)> raw;
  std::memcpy(raw.data(), &number, sizeof(number));
  bytes.append(raw.data(), raw.size());
}

uint16_t narrow(int64_t place) {
  constexpr int64_t kNone = 65535;
  return static_cast<uint16_t>(place < 0 || place >= kNone ? kNone : place);
}

Json refs(const std::vector<int64_t>& ids, const std::vector<int64_t>& rows) {
  Json list = Json::array();
  for (const int64_t row : rows) list.push_back(std::to_string(ids[static_cast<size_t>(row)]));
  return list;
}

/// GET /v1/map: columns one after another (docs/http.md). 503 while it is computed.
Reply map(const Request&, Site& site) {
  const auto explored = site.explorer.now();
  const size_t rows = explored->ids.size();
  std::string bytes;
  append(bytes, static_cast<uint32_t>(rows));
  for (const int64_t id : explored->ids) append(bytes, static_cast<uint32_t>(id));
  for (const size_t axis : {0, 1}) {
    for (size_t i = 0; i < rows; ++i) append(bytes, explored->places[2 * i + axis]);
  }
  for (const uint32_t cluster : explored->clusters.cluster) append(bytes, narrow(cluster));
  for (const int64_t label : explored->labels) append(bytes, narrow(label));
  for (const float outlier : explored->outliers) append(bytes, outlier);
  return Reply::bytes(std::move(bytes), "application/octet-stream");
}

/// GET /v1/clusters. 503 while they are computed.
Reply clusters(const Request&, Site& site) {
  const auto explored = site.explorer.now();
  Json list = Json::array();
  for (const explore::Cluster& cluster : explored->clusters.clusters) {
    const bool named =
        cluster.label >= 0 && cluster.label < static_cast<int64_t>(explored->label_names.size());
    list.push_back(
        {{"number", list.size()},
         {"count", cluster.rows.size()},
         {"label", named ? explored->label_names[static_cast<size_t>(cluster.label)] : ""},
         {"examples", refs(explored->ids, cluster.examples)}});
  }
  return reply_of({{"clusters", std::move(list)}});
}

/// GET /v1/outliers?k=24. 503 while they are computed.
Reply outliers(const Request& request, Site& site) {
  const auto k = static_cast<size_t>(request.whole("k", {24, 1, 1000}));
  const auto explored = site.explorer.now();
  std::vector<int64_t> rows = explore::strangest_first(explored->outliers);
  rows.resize(std::min(rows.size(), k));
  std::vector<int64_t> ids;
  for (const int64_t row : rows) ids.push_back(explored->ids[static_cast<size_t>(row)]);
  std::map<int64_t, std::string> paths;
  for (const collection::Picture& picture : site.store->pictures(ids)) {
    paths[picture.id] = picture.path;
  }
  Json hits = Json::array();
  for (size_t i = 0; i < rows.size(); ++i) {
    if (paths.count(ids[i]) == 0) continue;  // it went since
    hits.push_back({{"ref", std::to_string(ids[i])},
                    {"path", paths[ids[i]]},
                    {"score", explored->outliers[static_cast<size_t>(rows[i])]}});
  }
  return reply_of({{"hits", std::move(hits)}});
}

/// GET /v1/duplicates?tier=copy. 400.
Reply duplicates(const Request& request, Site& site) {
  constexpr std::array<std::string_view, 3> kTiers = {"copy", "identical", "same"};
  const auto alike = site.explorer.alike(explore::tier_named(request.choice("tier", kTiers)));
  Json groups = Json::array();
  for (const explore::DuplicateGroup& group : alike->groups) {
    groups.push_back({{"tier", explore::name_of(group.tier)},
                      {"refs", refs(alike->ids, group.rows)},
                      {"keep", std::to_string(alike->ids[static_cast<size_t>(group.keep())])}});
  }
  return reply_of({{"groups", std::move(groups)}});
}

}  // namespace

void add_explored(Routes& routes, Site& site) {
  const auto route = [&](const char* pattern, const char* summary, auto handler) {
    routes.push_back({"GET", pattern, summary, [&site, handler](const Request& request) {
                        return handler(request, site);
                      }});
  };
  route("/v1/map", "Where pictures lie in two dimensions, likes near likes", map);
  route("/v1/clusters", "Pictures that belong together", clusters);
  route("/v1/outliers", "The strangest pictures", outliers);
  routes.back().query = {"k"};
  route("/v1/duplicates", "Pictures that resemble each other", duplicates);
  routes.back().query = {"tier"};
}

}  // namespace troodon::serve
