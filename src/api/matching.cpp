#include "troodon/matching.hpp"

#include "api/call.hpp"
#include "api/dense.hpp"
#include "api/pictures.hpp"
#include "match/pairs.hpp"
#include "restyle/restyle.hpp"

namespace troodon {
namespace {

static_assert(static_cast<int>(Verify::affine) == static_cast<int>(match::Verify::affine));
static_assert(static_cast<int>(Verify::homography) == static_cast<int>(match::Verify::homography));

Point told(const match::Point& point) {
  return {point.x, point.y};
}

MatchResult told(const match::Matches& found) {
  MatchResult out{.model = found.model, .inliers = found.inliers};
  for (const match::Pair& p : found.pairs)
    out.pairs.push_back({told(p.a), told(p.b), p.score, p.mutual, p.cycle, p.inlier});
  return out;
}

void check_share(const char* name, double value) {
  if (!(value >= 0 && value <= 1)) fail(Exit::usage, "{} is {}; it goes from 0 to 1", name, value);
}

}  // namespace

struct Matcher::Body {
  int threads;
  api::Dense dense;

  explicit Body(const MatcherOptions& options)
      : threads(options.threads), dense([&] {
          frozen::DenseOptions looking = api::dense_options(options);
          looking.layers = options.layers;
          return looking;
        }()) {}

  match::Places places_of(const image::Image& picture, double edges) {
    return match::places_of(dense.look(picture), picture, {.edges = edges});
  }

  match::Likeness likeness(const Picture& a, const Picture& b, const MatchOptions& options) {
    check_share("MatchOptions::edges", options.edges);
    const image::Image first = api::open(a), second = api::open(b);
    return match::likeness(places_of(first, options.edges),
                           places_of(second, options.edges),
                           {.reach = options.reach, .threads = static_cast<size_t>(threads)});
  }
};

Matcher::Matcher(const MatcherOptions& options)
    : body_(api::call([&] { return std::make_unique<Body>(options); })) {}
Matcher::~Matcher() = default;
Matcher::Matcher(Matcher&&) noexcept = default;
Matcher& Matcher::operator=(Matcher&&) noexcept = default;

MatchResult Matcher::match(const Picture& a, const Picture& b, const MatchOptions& options) {
  return api::call([&] {
    const match::PairOptions pairs{.limit = options.limit,
                                   .mutual = options.mutual,
                                   .cycle = options.cycle,
                                   .verify = static_cast<match::Verify>(options.verify),
                                   .tolerance = options.tolerance};
    return told(match::find_pairs(body_->likeness(a, b, options), pairs));
  });
}

std::vector<FoundPoint> Matcher::carry(const Picture& from,
                                       const std::vector<Point>& points,
                                       const Picture& to,
                                       const MatchOptions& options) {
  return api::call([&] {
    std::vector<match::Point> asked;
    for (const Point& point : points) asked.push_back({point.x, point.y});
    std::vector<FoundPoint> out;
    for (const match::Found& found : match::carry_points(body_->likeness(from, to, options), asked))
      out.push_back({told(found.at), found.score, found.cycle});
    return out;
  });
}

Image Matcher::restyle(const Picture& content,
                       const Picture& style,
                       const RestyleOptions& options) {
  return api::call([&] {
    check_share("RestyleOptions::strength", options.strength);
    check_share("RestyleOptions::texture", options.texture);
    const image::Image taken = api::open(content), other = api::open(style);
    // By meaning alone, without edges, as the verb has it.
    return api::told(restyle::restyle(taken,
                                      body_->places_of(taken, 0),
                                      other,
                                      body_->places_of(other, 0),
                                      {.strength = options.strength,
                                       .texture = options.texture,
                                       .regions = options.regions,
                                       .threads = static_cast<size_t>(body_->threads)}));
  });
}

}  // namespace troodon
