#include <algorithm>

#include "collection/codes.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

constexpr size_t kExamples = 64;  // pictures that one question names
constexpr int64_t kMostHits = 1000;

/// A part of a picture that is looked for.
struct Part {
  std::string ref;
  image::Box box;
};

/// What was asked, as it was sent.
struct Asked {
  std::vector<std::string> plus, minus;
  std::optional<Part> part;
  search::Options options;
};

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Asked asked_in(const Json& body) {
  Asked asked{.plus = strings_in(body, "plus", kExamples),
              .minus = strings_in(body, "minus", kExamples)};
  const auto region = body.find("region");
  if (region != body.end() && !region->is_null()) {
    if (!region->is_object()) refuse(400, "region is {{picture, box}}");
    const auto box = box_in(*region, "box");
    if (!box) refuse(400, "region has a box");
    asked.part = {ref_in(*region, "picture"), *box};
  }
  asked.options.k = whole_in(body, "k", {24, 1, kMostHits});
  asked.options.filter = collection::parse_filter(string_in(body, "filter"));
  asked.options.diversity = real_in(body, "diversity", {0, 0, 1});
  asked.options.collapse = flag_in(body, "collapse", false);
  if (asked.plus.empty() && !asked.part) refuse(400, "plus or region is needed");
  return asked;
}

/// The same of a request whose body is a picture: the upload is what is looked for.
Asked asked_of(const Request& request, const Upload& upload) {
  Asked asked;
  if (request.parameter("width")) {
    const Real place{0, -1e6, 1e6}, length{0, 0, 1e6};
    const Json box = {{"x", request.real("x", place)},
                      {"y", request.real("y", place)},
                      {"width", request.real("width", length)},
                      {"height", request.real("height", length)}};
    asked.part = {upload.ref, *box_in({{"box", box}}, "box")};
  } else {
    asked.plus = {upload.ref};
  }
  asked.options.k = request.whole("k", {24, 1, kMostHits});
  asked.options.filter = collection::parse_filter(request.parameter("filter").value_or(""));
  asked.options.diversity = request.real("diversity", {0, 0, 1});
  asked.options.collapse = request.flag("collapse", false);
  return asked;
}

/// A picture's vector: known of the collection's, looked at for uploads.
std::vector<float> vector_of(const std::string& ref, Site& site, Clock::time_point deadline) {
  if (is_upload(ref)) return site.looks.of(*site.pictures.upload(ref), deadline)->vector;
  const int64_t id = site.pictures.row(ref).id;
  return site.searcher.finder().vectors_of(std::span(&id, 1));
}

std::vector<search::Region> region_of(const Part& part, Site& site, Clock::time_point deadline) {
  if (site.store->settings().token_side == 0) {
    refuse(501, "this collection keeps no patch features; make it anew with --regions 32");
  }
  const image::Image picture = site.pictures.pixels(part.ref, deadline);
  return site.looks.region(
      picture, search::share_of(part.box, picture.width, picture.height), deadline);
}

Json hit_json(const search::Found& found) {
  const collection::Picture& picture = found.picture;
  Json hit = {{"ref", std::to_string(picture.id)},
              {"path", picture.path},
              {"label", picture.label},
              {"width", picture.width},
              {"height", picture.height},
              {"score", found.score},
              {"word", found.word}};
  if (found.place)
    hit["box"] = json_of(search::box_of(*found.place, picture.width, picture.height));
  Json copies = Json::array();
  for (const int64_t id : found.copies) copies.push_back(std::to_string(id));
  hit["copies"] = std::move(copies);
  return hit;
}

Json answer(const Asked& asked, Site& site, Clock::time_point deadline) {
  const auto start = Clock::now();
  search::Question question;
  for (const std::string& ref : asked.plus) question.plus.push_back(vector_of(ref, site, deadline));
  for (const std::string& ref : asked.minus)
    question.minus.push_back(vector_of(ref, site, deadline));
  if (asked.part) question.region = region_of(*asked.part, site, deadline);
  const double look = milliseconds_since(start);
  search::Options options = asked.options;
  for (const auto* refs : {&asked.plus, &asked.minus}) {
    for (const std::string& ref : *refs) {
      if (!is_upload(ref)) options.except.push_back(id_of(ref));
    }
  }
  const search::Answer found = site.searcher.ask(question, options);
  Json hits = Json::array();
  for (const search::Found& hit : found.hits) hits.push_back(hit_json(hit));
  return {
      {"hits", std::move(hits)},
      {"exact", found.exact},
      {"milliseconds", {{"look", look}, {"search", found.search_ms}, {"fetch", found.fetch_ms}}}};
}

bool is_json(const Request& request) {
  const std::string type = request.header("content-type");
  if (type.find("json") != std::string::npos) return true;
  // Programs that don't say what they send: no picture's file begins so.
  const size_t first = request.body.find_first_not_of(" \t\r\n");
  return !type.starts_with("image/") && first != std::string::npos && request.body[first] == '{';
}

/// POST /v1/search. 400: nothing is asked for, a bad filter; 404: an unknown ref; 413, 415, 422:
/// the picture in the body; 503.
Reply search_pictures(const Request& request, Site& site) {
  if (is_json(request))
    return reply_of(answer(asked_in(object_of(request)), site, request.deadline));
  const auto start = Clock::now();
  const auto upload = site.uploads.add(request.body, request.deadline);
  const double decoding = milliseconds_since(start);
  Json reply = answer(asked_of(request, *upload), site, request.deadline);
  reply["milliseconds"]["look"] = reply["milliseconds"]["look"].get<double>() + decoding;
  reply["ref"] = upload->ref;
  return reply_of(reply);
}

}  // namespace

void add_search(Routes& routes, Site& site) {
  routes.push_back({"POST",
                    "/v1/search",
                    "Pictures like these, unlike those, or with a part like this one",
                    [&site](const Request& request) { return search_pictures(request, site); },
                    {"k", "filter", "x", "y", "width", "height", "diversity", "collapse"},
                    {"application/json", "image/*"}});
}

}  // namespace troodon::serve
