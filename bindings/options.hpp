#pragma once

#include <initializer_list>
#include <nanobind/nanobind.h>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "troodon/embedder.hpp"
#include "troodon/error.hpp"

namespace troodon::python {

namespace nb = nanobind;

/// The enumerator whose name was given. Throws Error (exit 2) where none has it.
template <class Enum>
Enum choose(const char* what,
            const std::string& name,
            std::initializer_list<std::pair<const char*, Enum>> known) {
  std::string names;
  for (const auto& [known_name, value] : known) {
    if (name == known_name) return value;
    names += (names.empty() ? "" : ", ") + std::string(known_name);
  }
  throw Error(std::string(what) + " '" + name + "' is unknown; write one of " + names, Exit::usage);
}

Backend backend_of(const std::string& name);
Precision precision_of(const std::string& name);

/// A box in Python: x, y, width, height in pixels.
using Sides = std::tuple<int, int, int, int>;

inline std::optional<Box> box_of(const std::optional<Sides>& sides) {
  if (!sides) return std::nullopt;
  const auto [x, y, width, height] = *sides;
  return Box{.x = x, .y = y, .width = width, .height = height};
}

inline std::optional<Sides> sides_of(const std::optional<Box>& box) {
  if (!box) return std::nullopt;
  return Sides{box->x, box->y, box->width, box->height};
}

/// The options of `load` and `features` from their keywords; unknown ones are a TypeError.
EmbedOptions embed_options(const std::string& output,
                           int64_t size,
                           const std::string& fit,
                           int64_t layers,
                           const std::string& device,
                           const std::string& backend,
                           const std::string& precision,
                           int threads);

// Each adds its part of the module.
void bind_embedder(nb::module_& m);
void bind_features(nb::module_& m);
void bind_predictor(nb::module_& m);
void bind_train(nb::module_& m);
void bind_convert(nb::module_& m);
void bind_collection(nb::module_& m);
void bind_masks(nb::module_& m);
void bind_matching(nb::module_& m);
void bind_depth_stream(nb::module_& m);

}  // namespace troodon::python
