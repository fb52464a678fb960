#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troodon/embedder.hpp"
#include "troodon/export.hpp"

namespace troodon {

struct MatcherOptions {
  std::filesystem::path model = "small";  ///< checkpoint or name; or colour, hog, colour+hog
  std::string device = "auto";            ///< auto, cpu, cuda, cuda:N
  Backend backend = Backend::automatic;
  int threads = 0;          ///< 0: all cores; holds for LibTorch in the whole process
  std::int64_t grid = 32;   ///< patches along the short side
  std::int64_t size = 0;    ///< short side in pixels instead; 0: as `grid` says
  std::int64_t layers = 1;  ///< so many last blocks are compared together
};

/// The map that pairs of a rigid scene agree on.
enum class Verify { none, affine, homography };

struct MatchOptions {
  std::int64_t limit = 200;  ///< pairs, the best; 0: all
  bool mutual = true;        ///< only places that are each other's best match
  double cycle = 0;          ///< only pairs whose way back ends within so many pixels; 0: any
  Verify verify = Verify::none;
  double tolerance = 0;  ///< of verify, pixels; 0: one and a half patches
  double reach = 0.19;   ///< share of the shorter side within which neighbours vote; 0: none
  double edges = 0.5;    ///< how much edges count beside what the network says, 0 to 1
};

/// Two places that show the same thing.
struct PointPair {
  Point a, b;
  double score = 0;     ///< cosine, -1 to 1
  bool mutual = false;  ///< each is the other's best match
  double cycle = 0;     ///< pixels from `a` to where the way back ends
  bool inlier = true;   ///< agrees with the map; true without one
};

struct MatchResult {
  std::vector<PointPair> pairs;                ///< best first
  std::optional<std::array<double, 9>> model;  ///< 3 x 3 row by row: a's pixels to b's
  std::int64_t inliers = 0;                    ///< without a map: all pairs
};

/// A place found in the other picture.
struct FoundPoint {
  Point at;
  double score = 0;  ///< cosine, -1 to 1
  double cycle = 0;  ///< pixels from where the way back ends
};

struct RestyleOptions {
  double strength = 1;       ///< 0 leaves the content as it is, 1 takes the style's colours
  double texture = 0;        ///< 0 to 1: how much of the style's texture comes, too
  std::int64_t regions = 6;  ///< kinds of things told apart in both pictures together
};

/// Like to like between two pictures of any style: the verbs `troodon match` and `troodon restyle`.
/// One object may be used from several threads.
class TROODON_API Matcher {
 public:
  explicit Matcher(const MatcherOptions& options = {});  ///< throws Error
  ~Matcher();
  Matcher(Matcher&&) noexcept;
  Matcher& operator=(Matcher&&) noexcept;

  /// Pairs of places that show the same thing, spread over the pictures. Throws Error (exit 4) if
  /// a picture cannot be read; so do the others.
  MatchResult match(const Picture& a, const Picture& b, const MatchOptions& options = {});
  /// Where points of the one are in the other, one for each; of the options `reach` and `edges`
  /// count.
  std::vector<FoundPoint> carry(const Picture& from,
                                const std::vector<Point>& points,
                                const Picture& to,
                                const MatchOptions& options = {});
  /// The content, of its own size, in the colours of what is like it in the style.
  Image restyle(const Picture& content, const Picture& style, const RestyleOptions& options = {});

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon
