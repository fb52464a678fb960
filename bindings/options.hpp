#pragma once

#include <nanobind/nanobind.h>
#include <string>

#include "troodon/embedder.hpp"

namespace troodon::python {

namespace nb = nanobind;

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

}  // namespace troodon::python
