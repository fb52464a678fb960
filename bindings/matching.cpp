#include "troodon/matching.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "arrays.hpp"
#include "options.hpp"
#include "pictures.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;

template <auto Member>
auto of_pairs(const MatchResult& self) {
  return column(self.pairs, Member);
}

auto map_of(const MatchResult& self) {
  std::optional<nb::ndarray<nb::numpy, double>> out;
  if (const auto& m = self.model) out = to_numpy(std::vector<double>(m->begin(), m->end()), {3, 3});
  return out;
}

/// Points from anything that NumPy makes [N, 2] of. Throws Error (exit 4) for another shape.
std::vector<Point> points_of(nb::handle given) {
  const nb::object array = nb::module_::import_("numpy").attr("asarray")(given, "float64");
  const auto values = nb::cast<nb::ndarray<const double, nb::c_contig, nb::device::cpu>>(array);
  std::vector<Point> out;
  if (values.size() == 0) return out;
  if (values.ndim() != 2 || values.shape(1) != 2)
    throw Error("points are x, y in pixels, [points, 2]", Exit::input);
  for (size_t i = 0; i < values.size(); i += 2)
    out.push_back({values.data()[i], values.data()[i + 1]});
  return out;
}

MatchResult match(Matcher& self,
                  nb::handle a,
                  nb::handle b,
                  int64_t limit,
                  bool mutual,
                  double cycle,
                  const std::string& verify,
                  double tolerance,
                  double reach,
                  double edges) {
  const auto map = choose<Verify>(
      "verify",
      verify,
      {{"none", Verify::none}, {"affine", Verify::affine}, {"homography", Verify::homography}});
  const MatchOptions options{limit, mutual, cycle, map, tolerance, reach, edges};
  const Pictures first = picture_of(a), second = picture_of(b);
  return without_gil([&] { return self.match(first.pictures[0], second.pictures[0], options); });
}

auto carry(
    Matcher& self, nb::handle a, nb::handle points, nb::handle b, double reach, double edges) {
  const Pictures from = picture_of(a), to = picture_of(b);
  const std::vector<Point> asked = points_of(points);
  const MatchOptions options{.reach = reach, .edges = edges};
  const auto found =
      without_gil([&] { return self.carry(from.pictures[0], asked, to.pictures[0], options); });
  return std::tuple(column(found, &FoundPoint::at),
                    column(found, &FoundPoint::score),
                    column(found, &FoundPoint::cycle));
}

nb::ndarray<nb::numpy, uint8_t> restyle(Matcher& self,
                                        nb::handle content,
                                        nb::handle style,
                                        double strength,
                                        double texture,
                                        int64_t regions) {
  const Pictures taken = picture_of(content), other = picture_of(style);
  const RestyleOptions options{strength, texture, regions};
  Image made =
      without_gil([&] { return self.restyle(taken.pictures[0], other.pictures[0], options); });
  return to_numpy(std::move(made.rgb),
                  {static_cast<size_t>(made.height), static_cast<size_t>(made.width), 3});
}

constexpr const char* kMatcher =
    "Opens the network that looks.\n\n"
    "model: a checkpoint or a name; or 'colour', 'hog', 'colour+hog': no network.\n"
    "grid: patches along the short side. size: short side in pixels instead; 0: as `grid` says.\n"
    "layers: so many last blocks are compared together.\n"
    "threads: 0 means all cores; holds for LibTorch in the whole process.";

constexpr const char* kMatch =
    "Pairs of places that show the same thing, spread over two pictures: a MatchResult.\n\n"
    "a, b: pictures, as Embedder.embed takes one. limit: pairs, the best; 0: all.\n"
    "mutual: only places that are each other's best match.\n"
    "cycle: only pairs whose way back ends within so many pixels; 0: any.\n"
    "verify: 'none', 'affine' or 'homography', the map that pairs of a rigid scene agree on.\n"
    "tolerance: of verify, pixels; 0: one and a half patches.\n"
    "reach: share of the shorter side within which neighbours vote; 0: none.\n"
    "edges: how much edges count beside what the network says, 0 to 1.\n"
    "Error.code is 4 if a picture cannot be read.";

constexpr const char* kCarry =
    "Where points of a are in b, one for each: (at [N, 2], score [N], cycle [N]), float64.\n\n"
    "points: [N, 2], x and y in pixels. score: cosine, -1 to 1. cycle: pixels from where the way\n"
    "back ends. reach, edges: as match() has them. Error.code is 4 if a picture cannot be read.";

constexpr const char* kRestyle =
    "The content in the colours of what is like it in the style: uint8 RGB of the content's size,\n"
    "[height, width, 3].\n\n"
    "strength: 0 leaves the content as it is, 1 takes the style's colours. texture: 0 to 1, how\n"
    "much of the style's texture comes, too. regions: kinds of things told apart in both pictures\n"
    "together. Error.code is 4 if a picture cannot be read, 2 for shares beyond 0 and 1.";

void bind_types(nb::module_& m) {
  nb::class_<MatchResult> type(m, "MatchResult", "N pairs of places, best first; pixels are x, y.");
  const auto array = [&](const char* name, auto get, const char* what) {
    type.def_prop_ro(name, get, nb::rv_policy::move, what);  // it owns its memory
  };
  array("a", &of_pairs<&PointPair::a>, "places in the first picture, float64 [N, 2]");
  array("b", &of_pairs<&PointPair::b>, "places in the second, float64 [N, 2]");
  array("score", &of_pairs<&PointPair::score>, "cosine, -1 to 1, float64 [N]");
  array("mutual", &of_pairs<&PointPair::mutual>, "each is the other's best match, bool [N]");
  array("cycle", &of_pairs<&PointPair::cycle>, "pixels from a to the way back's end, float64 [N]");
  array("inlier", &of_pairs<&PointPair::inlier>, "agrees with the model, bool [N]");
  array("model", &map_of, "a's pixels to b's, float64 [3, 3]; None without verify");
  type.def_ro("inliers", &MatchResult::inliers, "how many; without a model all pairs");
  type.def("__len__", [](const MatchResult& self) { return self.pairs.size(); });
}

}  // namespace

void bind_matching(nb::module_& m) {
  bind_types(m);
  nb::class_<Matcher>(
      m, "Matcher", "Like to like in two pictures; `troodon match` and `troodon restyle`.")
      .def(
          "__init__",
          [](Matcher* self,
             const std::filesystem::path& model,
             const std::string& device,
             const std::string& backend,
             int threads,
             int64_t grid,
             int64_t size,
             int64_t layers) {
            const MatcherOptions options{
                model, device, backend_of(backend), threads, grid, size, layers};
            new (self) Matcher(without_gil([&] { return Matcher(options); }));
          },
          "model"_a = "small",
          nb::kw_only(),
          "device"_a = "auto",
          "backend"_a = "auto",
          "threads"_a = 0,
          "grid"_a = 32,
          "size"_a = 0,
          "layers"_a = 1,
          kMatcher)
      .def("match",
           &match,
           "a"_a,
           "b"_a,
           nb::kw_only(),
           "limit"_a = 200,
           "mutual"_a = true,
           "cycle"_a = 0.0,
           "verify"_a = "none",
           "tolerance"_a = 0.0,
           "reach"_a = 0.19,
           "edges"_a = 0.5,
           kMatch)
      .def("carry",
           &carry,
           "a"_a,
           "points"_a,
           "b"_a,
           nb::kw_only(),
           "reach"_a = 0.19,
           "edges"_a = 0.5,
           kCarry)
      .def("restyle",
           &restyle,
           "content"_a,
           "style"_a,
           nb::kw_only(),
           "strength"_a = 1.0,
           "texture"_a = 0.0,
           "regions"_a = 6,
           kRestyle);
}

}  // namespace troodon::python
