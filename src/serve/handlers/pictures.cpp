#include <set>

#include "collection/codes.hpp"
#include "image/encode.hpp"
#include "index/pca.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/handlers/rows.hpp"
#include "serve/handlers/tokens.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

/// A number stands for the same picture until the collection is made anew.
Reply&& kept_by_browser(Reply&& reply, const std::string& etag) {
  reply.headers.emplace_back("ETag", etag);
  reply.headers.emplace_back("Cache-Control", "private, max-age=300");
  return std::move(reply);
}

/// GET /v1/pictures/REF. 404.
Reply one(const Request& request, const Site& site) {
  const std::string& ref = request.part("ref");
  if (!is_upload(ref)) return reply_of(row_json(site.pictures.row(ref)));
  const auto upload = site.pictures.upload(ref);
  return reply_of({{"ref", ref},
                   {"path", ""},
                   {"label", ""},
                   {"width", upload->picture.width},
                   {"height", upload->picture.height},
                   {"meta", Json::object()}});
}

/// GET /v1/pictures/REF/image?size=256: JPEG; without size the file as it is. 404, 422.
Reply image(const Request& request, Site& site) {
  const std::string& ref = request.part("ref");
  const int size = static_cast<int>(request.whole("size", {0, 16, 2048}));
  const std::string content =
      is_upload(ref)
          ? ref
          : fmt::format("{:x}", static_cast<uint64_t>(site.pictures.row(ref).content_hash));
  const std::string etag = fmt::format("\"{}-{}\"", content, size);
  if (request.header("if-none-match").find(etag) != std::string::npos) {
    return kept_by_browser({.status = 304}, etag);
  }
  if (size > 0) {
    const auto file = site.pictures.smaller(ref, size, request.deadline);
    return kept_by_browser(Reply::bytes(file->bytes, file->type), etag);
  }
  PictureFile file = site.pictures.whole(ref);
  return kept_by_browser(Reply::bytes(std::move(file.bytes), std::move(file.type)), etag);
}

/// GET /v1/pictures/REF/tokens: bytes as collection::bytes_of writes them.
Reply tokens(const Request& request, Site& site) {
  const auto bytes = collection::bytes_of(tokens_of(request.part("ref"), site, request.deadline));
  return Reply::bytes({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                      "application/octet-stream");
}

/// "3,17,u-..." -> refs; all of them and this one, each once, in an order of their own: the same
/// pictures have the same colours whichever of them is asked for.
std::vector<std::string> joint(const std::string& ref, const std::string& others) {
  constexpr size_t kMost = 24;
  std::set<std::string> refs = {ref};
  for (size_t from = 0; from < others.size();) {
    const size_t comma = std::min(others.find(',', from), others.size());
    if (comma > from) refs.insert(others.substr(from, comma - from));
    from = comma + 1;
  }
  if (refs.size() > kMost) refuse(400, "with names at most {} pictures", kMost - 1);
  return {refs.begin(), refs.end()};
}

/// GET /v1/pictures/REF/pca?with=REF,REF: PNG, one pixel a patch. 400, 404.
Reply pca(const Request& request, Site& site) {
  const std::string& ref = request.part("ref");
  index::Features features;
  int64_t first = 0, rows = 0, columns = 0;
  for (const std::string& one : joint(ref, request.parameter("with").value_or(""))) {
    const auto sight = site.sights.of(one, request.deadline);
    const frozen::Tokens& tokens = sight->tokens;
    if (one == ref) {
      first = features.rows;
      rows = tokens.rows;
      columns = tokens.columns;
    }
    const float* patches = tokens.patches(0);
    features.values.insert(
        features.values.end(), patches, patches + tokens.rows * tokens.columns * tokens.dim);
    features.rows += tokens.rows * tokens.columns;
    features.dim = tokens.dim;
  }
  const index::Pca basis = index::fit_pca(features.matrix(), 3);
  const std::vector<uint8_t> colours = index::to_rgb(basis.project(features.matrix()), {}, 0.01);
  image::Image picture(static_cast<int>(columns), static_cast<int>(rows));
  std::copy_n(colours.begin() + first * 3, picture.pixels.size(), picture.pixels.begin());
  return Reply::bytes(image::encode_png(picture), "image/png");
}

/// POST /v1/uploads, body: a picture's file. 201; 413, 415, 422.
Reply upload(const Request& request, Site& site) {
  const auto upload = site.uploads.add(request.body, request.deadline);
  return reply_of(
      {{"ref", upload->ref}, {"width", upload->picture.width}, {"height", upload->picture.height}},
      201);
}

}  // namespace

void add_pictures(Routes& routes, Site& site) {
  const auto route =
      [&](const char* method, const char* pattern, const char* summary, auto handler) {
        routes.push_back({method, pattern, summary, [&site, handler](const Request& request) {
                            return handler(request, site);
                          }});
      };
  route("GET", "/v1/pictures/{ref}", "One picture", one);
  route("GET", "/v1/pictures/{ref}/image", "Its pixels", image);
  routes.back().query = {"size"};
  route("GET", "/v1/pictures/{ref}/tokens", "Its patch features", tokens);
  route("GET", "/v1/pictures/{ref}/pca", "Its patch features as colours", pca);
  routes.back().query = {"with"};
  route("POST", "/v1/uploads", "Takes in a picture", upload);
  routes.back().takes = {"image/*"};
}

}  // namespace troodon::serve
