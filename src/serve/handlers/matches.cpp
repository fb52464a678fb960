#include <array>

#include "image/encode.hpp"
#include "match/pairs.hpp"
#include "restyle/restyle.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

match::Verify verify_in(const Json& body) {
  const std::string word = string_in(body, "verify", "none");
  if (word == "none") return match::Verify::none;
  if (word == "affine") return match::Verify::affine;
  if (word == "homography") return match::Verify::homography;
  refuse(400, "verify is none, affine or homography");
}

/// POST /v1/matches {"a", "b", "limit", "mutual", "cycle", "verify"}. 400, 404.
Reply matches(const Request& request, Site& site) {
  const Json body = object_of(request);
  const std::string a = ref_in(body, "a"), b = ref_in(body, "b");
  const match::PairOptions options{.limit = whole_in(body, "limit", {200, 1, 5000}),
                                   .mutual = flag_in(body, "mutual", true),
                                   .cycle = real_in(body, "cycle", {0, 0, 1e6}),
                                   .verify = verify_in(body)};
  const auto places_a = site.sights.places_of(a, request.deadline);
  const auto places_b = site.sights.places_of(b, request.deadline);
  return Reply::json(
      match::to_json(match::find_pairs(match::likeness(*places_a, *places_b), options)));
}

/// POST /v1/restyles {"content", "style", "strength", "texture"}: PNG. 400, 404.
Reply restyles(const Request& request, Site& site) {
  const Json body = object_of(request);
  const std::string content = ref_in(body, "content"), style = ref_in(body, "style");
  const restyle::RestyleOptions options{.strength = real_in(body, "strength", {1, 0, 1}),
                                        .texture = real_in(body, "texture", {0, 0, 1})};
  const auto content_places = site.sights.places_of(content, request.deadline);
  const auto style_places = site.sights.places_of(style, request.deadline);
  const image::Image picture = restyle::restyle(site.pictures.pixels(content, request.deadline),
                                                *content_places,
                                                site.pictures.pixels(style, request.deadline),
                                                *style_places,
                                                options);
  return Reply::bytes(image::encode_png(picture), "image/png");
}

}  // namespace

void add_matches(Routes& routes, Site& site) {
  routes.push_back({"POST",
                    "/v1/matches",
                    "Places of two pictures that show the same",
                    [&site](const Request& request) { return matches(request, site); },
                    {},
                    {"application/json"}});
  routes.push_back({"POST",
                    "/v1/restyles",
                    "A picture in the colours of another",
                    [&site](const Request& request) { return restyles(request, site); },
                    {},
                    {"application/json"}});
}

}  // namespace troodon::serve
