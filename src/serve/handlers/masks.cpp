#include <algorithm>

#include "annotate/clicks.hpp"
#include "annotate/propagate.hpp"
#include "annotate/proposals.hpp"
#include "base/error.hpp"
#include "collection/codes.hpp"
#include "serve/handlers/groups.hpp"
#include "serve/handlers/json.hpp"
#include "serve/handlers/tokens.hpp"
#include "serve/http/problem.hpp"
#include "serve/site/site.hpp"

namespace troodon::serve {
namespace {

constexpr size_t kClicks = 200, kExamples = 32;

std::vector<annotate::Click> clicks_in(const Json& body) {
  const auto found = body.find("clicks");
  if (found == body.end() || found->is_null()) return {};
  if (!found->is_array() || found->size() > kClicks) {
    refuse(400, "clicks is a list of at most {} clicks", kClicks);
  }
  std::vector<annotate::Click> clicks;
  for (const Json& one : *found) {
    if (!one.is_object() || !one.contains("x") || !one.contains("y")) {
      refuse(400, "a click is {{x, y, positive}}");
    }
    clicks.push_back({.x = real_in(one, "x", {0, -1e6, 1e6}),
                      .y = real_in(one, "y", {0, -1e6, 1e6}),
                      .positive = flag_in(one, "positive", true)});
  }
  return clicks;
}

/// POST /v1/masks {"picture", "clicks", "box", "refine"} -> a mask. 400, 404, 422: off the picture.
Reply mask(const Request& request, Site& site) {
  const Json body = object_of(request);
  const std::string ref = ref_in(body, "picture");
  const std::vector<annotate::Click> clicks = clicks_in(body);
  const auto box = box_in(body, "box");
  const bool pointed = std::any_of(
      clicks.begin(), clicks.end(), [](const annotate::Click& click) { return click.positive; });
  if (!pointed && !box) refuse(400, "a positive click or a box is needed");
  const auto sight = site.sights.of(ref, request.deadline);
  return Reply::json(annotate::mask_json(
      annotate::mask_of_clicks(*sight, clicks, box, {.refine = flag_in(body, "refine", true)})));
}

/// POST /v1/proposals {"picture", "count"} -> {"masks"}. 400, 404.
Reply proposals(const Request& request, Site& site) {
  const Json body = object_of(request);
  const auto count = static_cast<size_t>(whole_in(body, "count", {10, 1, 100}));
  const auto sight = site.sights.of(ref_in(body, "picture"), request.deadline);
  std::string masks;
  for (const annotate::Mask& one : annotate::proposals(*sight, count)) {
    masks += (masks.empty() ? "" : ",") + annotate::mask_json(one);
  }
  return Reply::json("{\"masks\":[" + masks + "]}");
}

frozen::Tokens kept_tokens(const collection::TokenCodes& codes) {
  const int64_t dim = codes.dim / 2;
  frozen::Tokens tokens{.layers = 1, .rows = codes.rows, .columns = codes.columns, .dim = dim};
  tokens.values.assign(static_cast<size_t>(dim), 0);  // the class token's place
  const std::vector<float> patches = collection::decode_late_block(codes);
  tokens.values.insert(tokens.values.end(), patches.begin(), patches.end());
  return tokens;
}

/// Of a collection that keeps tokens those, of examples as well as of what they are sought in:
/// only tokens of one block are alike. Else the network looks.
frozen::Tokens known_tokens(const std::string& ref, Site& site, Clock::time_point deadline) {
  if (site.settings.token_side > 0) return kept_tokens(tokens_of(ref, site, deadline));
  return site.sights.of(ref, deadline)->tokens;
}

/// What propagation was asked for; everything is checked before the stream begins.
struct Propagation {
  annotate::Pattern pattern;
  std::vector<int64_t> ids;  // of pictures to look at
  int64_t limit = 200;
};

Propagation propagation_in(const Json& body, Site& site, Clock::time_point deadline) {
  const auto found = body.find("examples");
  if (found == body.end() || !found->is_array() || found->empty() || found->size() > kExamples) {
    refuse(400, "examples is a list of 1 to {} masks", kExamples);
  }
  std::vector<frozen::Tokens> tokens;
  std::vector<annotate::Mask> masks;
  std::vector<std::string> refs;
  for (const Json& one : *found) {
    if (!one.is_object()) refuse(400, "an example is {{picture, rle}}");
    refs.push_back(ref_in(one, "picture"));
    tokens.push_back(known_tokens(refs.back(), site, deadline));
    masks.push_back(annotate::mask_of_json(text_of(one)));
  }
  std::vector<annotate::Example> examples;
  for (size_t i = 0; i < masks.size(); ++i) examples.push_back({&tokens[i], &masks[i]});
  Propagation asked{.pattern = annotate::pattern_of(examples),
                    .limit = whole_in(body, "limit", {200, 1, 100'000})};
  for (const int64_t id : site.store->ids(collection::parse_filter(string_in(body, "filter")))) {
    if (std::find(refs.begin(), refs.end(), std::to_string(id)) == refs.end()) {
      asked.ids.push_back(id);
    }
  }
  return asked;
}

/// The pictures to look at.
annotate::Pictures pictures_of(const Propagation& asked, Site& site) {
  const auto ref = [&asked](size_t i) { return std::to_string(asked.ids[i]); };
  return {.count = asked.ids.size(),
          .tokens =
              [&, ref](size_t i) {
                try {
                  return known_tokens(ref(i), site, Clock::time_point::max());
                } catch (const Problem& problem) {
                  throw Error(problem.detail, Exit::input);
                }
              },
          .picture =
              [&, ref](size_t i) {
                try {
                  return site.pictures.pixels(ref(i), Clock::time_point::max());
                } catch (const Problem& problem) {
                  throw Error(problem.detail, Exit::input);
                }
              }};
}

void propagate(const Propagation& asked, Site& site, Events& out) {
  std::mutex sending;
  bool gone = false;
  size_t found = 0;
  const auto send = [&](const char* event, const std::string& data) {
    const std::lock_guard lock(sending);
    gone = gone || !out.send(event, data);
  };
  const annotate::Pictures pictures = pictures_of(asked, site);
  annotate::propagate(
      asked.pattern,
      pictures,
      [&](const annotate::Found& one) {
        send("found",
             fmt::format("{{\"ref\":\"{}\",\"mask\":{}}}",
                         asked.ids[one.picture],
                         annotate::mask_json(one.mask)));
        ++found;
      },
      [&](size_t done, size_t total) {
        send("progress", fmt::format("{{\"done\":{},\"total\":{}}}", done, total));
        return !gone;
      },
      {.limit = asked.limit, .threads = site.options.embed.threads});
  send("end", fmt::format("{{\"found\":{}}}", found));
}

}  // namespace

void add_masks(Routes& routes, Site& site) {
  const auto route = [&](const char* pattern, const char* summary, auto handler) {
    routes.push_back({"POST",
                      pattern,
                      summary,
                      [&site, handler](const Request& request) { return handler(request, site); },
                      {},
                      {"application/json"}});
  };
  route("/v1/masks", "The object that clicks or a box point at", mask);
  route("/v1/proposals", "Objects nobody pointed at", proposals);
  route("/v1/propagate",
        "Server-sent events: the same object or part on other pictures",
        [](const Request& request, Site& at) {
          const Json body = object_of(request);
          auto asked =
              std::make_shared<const Propagation>(propagation_in(body, at, request.deadline));
          return Reply::stream([asked, &at](Events& out) { propagate(*asked, at, out); });
        });
}

}  // namespace troodon::serve
