#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "options.hpp"
#include "pictures.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;

nb::ndarray<nb::numpy, float> embed(Embedder& self, nb::handle images) {
  const Pictures given = pictures_of(images);
  std::vector<float> values = without_gil([&] { return self.embed_batch(given.pictures); });
  std::vector<size_t> shape;
  if (!given.one) shape.push_back(given.pictures.size());
  for (const int64_t side : self.item_shape()) shape.push_back(static_cast<size_t>(side));
  return to_numpy(std::move(values), shape);
}

Fidelity calibrate(Embedder& self, nb::handle images) {
  const Pictures given = pictures_of(images);
  return without_gil([&] { return self.calibrate(given.pictures); });
}

constexpr const char* kLoad =
    "Opens a frozen backbone.\n\n"
    "model: a checkpoint (.pth, .safetensors), a run's folder or a Hugging Face folder.\n"
    "output: 'cls' [D], 'pooled' [2D] (class token and mean patch), 'patches' [N, D],\n"
    "    'layers' [n, D] (class tokens of the last `layers` blocks) or 'probe' [n+1, D] (those "
    "and\n"
    "    the mean patch).\n"
    "size: pixels, a multiple of the patch; 0: what the model's file says.\n"
    "fit: 'crop' (the official evaluation), 'pad' or 'stretch'.\n"
    "backend: 'auto', 'native', 'openvino' or 'torch'. precision: 'fp32', 'bf16' or 'int8'.\n"
    "threads: 0 means all cores; holds for LibTorch in the whole process.";

constexpr const char* kEmbed =
    "Features of pictures, float32, the GIL released.\n\n"
    "images: a path, the bytes of a picture file, uint8 RGB [H, W, 3] (NumPy, anything with\n"
    "    DLPack on the CPU, PIL), a batch [B, H, W, 3], or a list of single pictures.\n"
    "Returns item_shape for one picture, [B, *item_shape] for a batch or a list. The array owns\n"
    "its memory; torch.from_dlpack takes it without a copy.";

}  // namespace

Backend backend_of(const std::string& name) {
  return choose<Backend>("backend",
                         name,
                         {{"auto", Backend::automatic},
                          {"torch", Backend::torch},
                          {"openvino", Backend::openvino},
                          {"native", Backend::native}});
}

Precision precision_of(const std::string& name) {
  return choose<Precision>(
      "precision",
      name,
      {{"fp32", Precision::fp32}, {"bf16", Precision::bf16}, {"int8", Precision::int8}});
}

EmbedOptions embed_options(const std::string& output,
                           int64_t size,
                           const std::string& fit,
                           int64_t layers,
                           const std::string& device,
                           const std::string& backend,
                           const std::string& precision,
                           int threads) {
  return {.device = device,
          .size = size,
          .fit = choose<Fit>(
              "fit", fit, {{"crop", Fit::crop}, {"pad", Fit::pad}, {"stretch", Fit::stretch}}),
          .output = choose<Output>("output",
                                   output,
                                   {{"cls", Output::cls},
                                    {"pooled", Output::pooled},
                                    {"patches", Output::patches},
                                    {"layers", Output::layers},
                                    {"probe", Output::probe}}),
          .layers = layers,
          .backend = backend_of(backend),
          .precision = precision_of(precision),
          .threads = threads};
}

void bind_embedder(nb::module_& m) {
  nb::class_<Fidelity>(
      m, "Fidelity", "How like the float32 features those of a lower precision are.")
      .def_ro("pictures", &Fidelity::pictures, "on which it was measured")
      .def_ro("mean_cosine", &Fidelity::mean_cosine)
      .def_ro("smallest_cosine", &Fidelity::smallest_cosine);
  nb::class_<Embedder>(
      m, "Embedder", "A frozen backbone: pictures in, features out. Made by load().")
      .def("embed", &embed, "images"_a, kEmbed)
      .def("calibrate",
           &calibrate,
           "images"_a,
           "Gives a precision below float32 the pictures that it needs: two or more, better 64, "
           "like\n"
           "those that will be embedded.")
      .def_prop_ro("size", &Embedder::size, "pixels that the network sees, squared")
      .def_prop_ro("patch_size", &Embedder::patch_size, "pixels")
      .def_prop_ro(
          "item_shape",
          [](const Embedder& self) { return nb::tuple(nb::cast(self.item_shape())); },
          nb::sig("def item_shape(self) -> tuple[int, ...]"),
          "shape of one picture's features")
      .def_prop_ro("description", &Embedder::description, "the network, in words")
      .def_prop_ro("provenance", &Embedder::provenance, "backend, precision and fidelity")
      .def("__repr__",
           [](const Embedder& self) { return "<troodon.Embedder " + self.description() + ">"; });
  m.def(
      "load",
      [](const std::filesystem::path& model,
         const std::string& output,
         int64_t size,
         const std::string& fit,
         int64_t layers,
         const std::string& device,
         const std::string& backend,
         const std::string& precision,
         int threads) {
        const auto options =
            embed_options(output, size, fit, layers, device, backend, precision, threads);
        return without_gil([&] { return Embedder(model, options); });
      },
      "model"_a,
      nb::kw_only(),
      "output"_a = "cls",
      "size"_a = 0,
      "fit"_a = "crop",
      "layers"_a = 4,
      "device"_a = "auto",
      "backend"_a = "auto",
      "precision"_a = "fp32",
      "threads"_a = 0,
      kLoad);
}

}  // namespace troodon::python
