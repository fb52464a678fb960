#include "troodon/masks.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "options.hpp"
#include "pictures.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;

/// A Mask, or an array [height, width] of bool or uint8. Throws Error (exit 4) for anything else.
Mask mask_of(nb::handle given) {
  if (nb::isinstance<Mask>(given)) return nb::cast<Mask>(given);
  if (nb::ndarray_check(given)) {
    const auto array = nb::cast<nb::ndarray<nb::ro>>(given);
    const bool known = array.dtype() == nb::dtype<bool>() || array.dtype() == nb::dtype<uint8_t>();
    if (known && array.ndim() == 2 && array.device_type() == nb::device::cpu::value) {
      const auto bytes = nb::cast<Bytes>(given);
      Mask out{.width = static_cast<int>(bytes.shape(1)),
               .height = static_cast<int>(bytes.shape(0))};
      out.inside.reserve(bytes.size());
      for (size_t i = 0; i < bytes.size(); ++i) out.inside.push_back(bytes.data()[i] != 0 ? 1 : 0);
      return out;
    }
  }
  throw Error("a mask is a troodon.Mask or an array [height, width] of bool or uint8 on the CPU",
              Exit::input);
}

Click click_of(nb::handle given) {
  std::tuple<double, double> place;
  if (nb::try_cast(given, place)) return {std::get<0>(place), std::get<1>(place)};
  std::tuple<double, double, bool> full;
  if (nb::try_cast(given, full)) return {std::get<0>(full), std::get<1>(full), std::get<2>(full)};
  throw Error("a click is (x, y) or (x, y, positive)", Exit::input);
}

Mask mask_of_clicks(const Sight& self,
                    const nb::iterable& clicks,
                    const std::optional<Sides>& box,
                    bool refine) {
  std::vector<Click> places;
  for (const nb::handle click : clicks) places.push_back(click_of(click));
  const ClickOptions options{.box = box_of(box), .refine = refine};
  return without_gil([&] { return self.mask(places, options); });
}

Pattern learn(const Masker& self, const nb::iterable& examples) {
  std::vector<MaskExample> pairs;
  for (const nb::handle example : examples) {
    std::tuple<const Sight*, nb::object> pair;
    if (!nb::try_cast(example, pair) || std::get<0>(pair) == nullptr)
      throw Error("an example is a pair of a troodon.Sight and a mask", Exit::input);
    pairs.push_back({*std::get<0>(pair), mask_of(std::get<1>(pair))});
  }
  return without_gil([&] { return self.learn(pairs); });
}

constexpr const char* kMasker =
    "Opens the network that looks.\n\n"
    "model: a checkpoint or a name; 'colour': no network. grid: patches along the short side.\n"
    "size: short side in pixels instead; 0: as `grid` says.\n"
    "threads: 0 means all cores; holds for LibTorch in the whole process.";

constexpr const char* kClicks =
    "The object that clicks point at; without clicks, what the box is around.\n\n"
    "clicks: (x, y) or (x, y, positive) in pixels from the top left corner; not positive: beside\n"
    "    the object. box: x, y, width, height; nothing lies outside it but clicks.\n"
    "refine: follow edges pixel by pixel.\n"
    "Error.code is 4 without a positive click or a box, or where they lie outside the picture.";

void bind_mask(nb::module_& m) {
  nb::class_<Mask>(m, "Mask", "Which pixels of a picture belong to something.")
      .def(
          "__init__",
          [](Mask* self, nb::handle inside, double score) {
            Mask made = mask_of(inside);
            made.score = score;
            new (self) Mask(std::move(made));
          },
          "inside"_a,
          "score"_a = 0.0,
          "inside: bool or uint8 [height, width], copied; all but 0 is inside.")
      .def_ro("width", &Mask::width, "pixels")
      .def_ro("height", &Mask::height, "pixels")
      .def_prop_ro(
          "inside",
          [](Mask& self) {
            return nb::ndarray<nb::numpy, bool, nb::ndim<2>>(
                static_cast<void*>(self.inside.data()),
                {static_cast<size_t>(self.height), static_cast<size_t>(self.width)});
          },
          nb::rv_policy::reference_internal,
          "bool [height, width], not copied")
      .def_ro("score", &Mask::score, "how sure its maker is, 0 to 1");
  m.def(
      "read_mask",
      [](const std::filesystem::path& file) {
        return without_gil([&] { return read_mask(file); });
      },
      "file"_a,
      "The Mask of a picture file: every value but 0 is inside.");
  m.def(
      "write_mask",
      [](const std::filesystem::path& file, nb::handle mask) {
        const Mask given = mask_of(mask);
        without_gil([&] { write_mask(file, given); });
      },
      "file"_a,
      "mask"_a,
      "Writes a Mask, or bool or uint8 [height, width], as an 8-bit PNG of 0 and 255.");
}

void bind_sight(nb::module_& m) {
  nb::class_<Sight>(
      m, "Sight", "A picture that was looked at once, so that each click is quick: Masker.look().")
      .def_prop_ro("width", &Sight::width, "of the picture, pixels")
      .def_prop_ro("height", &Sight::height, "of the picture, pixels")
      .def("mask",
           &mask_of_clicks,
           "clicks"_a = nb::tuple(),
           nb::kw_only(),
           "box"_a = nb::none(),
           "refine"_a = true,
           kClicks)
      .def("proposals",
           released(&Sight::proposals),
           "count"_a = 10,
           "Masks of objects that nobody pointed at, best first, at most so many.");
  nb::class_<Pattern>(m, "Pattern", "What an object or a part of one looks like: Masker.learn().")
      .def("presence",
           released(&Pattern::presence),
           "sight"_a,
           "How sure it is that a picture shows it, 0 to 1; quicker than find().")
      .def("find",
           released(&Pattern::find),
           "sight"_a,
           "Its pixels in a picture: a Mask. score 0.5: as likely as not, 0 with an empty mask:\n"
           "nothing is found. Error.code is 4 where another network looked at the picture.");
}

}  // namespace

void bind_masks(nb::module_& m) {
  bind_mask(m);
  bind_sight(m);
  nb::class_<Masker>(
      m, "Masker", "Masks of few clicks, and of one example on other pictures; `troodon label`.")
      .def(
          "__init__",
          [](Masker* self,
             const std::filesystem::path& model,
             const std::string& device,
             const std::string& backend,
             int threads,
             int64_t grid,
             int64_t size) {
            const MaskerOptions options{model, device, backend_of(backend), threads, grid, size};
            new (self) Masker(without_gil([&] { return Masker(options); }));
          },
          "model"_a = "small",
          nb::kw_only(),
          "device"_a = "auto",
          "backend"_a = "auto",
          "threads"_a = 0,
          "grid"_a = 40,
          "size"_a = 0,
          kMasker)
      .def(
          "look",
          [](Masker& self, nb::handle picture) {
            const Pictures given = picture_of(picture);
            return without_gil([&] { return self.look(given.pictures[0]); });
          },
          "picture"_a,
          "A Sight of one picture, as Embedder.embed takes it. Error.code is 4 if it cannot be "
          "read.")
      .def("learn",
           &learn,
           "examples"_a,
           "A Pattern of pairs (Sight, mask); a mask is a Mask or bool or uint8 [height, width] "
           "of any\n"
           "size. Error.code is 4 without examples or for an empty mask.");
}

}  // namespace troodon::python
