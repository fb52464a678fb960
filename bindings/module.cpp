#include <nanobind/nanobind.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>

#include "options.hpp"
#include "troodon/troodon.hpp"
#include "work.hpp"

namespace troodon::python {

using namespace nb::literals;

void bind_convert(nb::module_& m) {
  nb::class_<Conversion>(m, "Conversion", "What convert() wrote, and how alike both sides are.")
      .def_ro("network", &Conversion::network, "in words")
      .def_ro("names", &Conversion::names, "official, huggingface or timm")
      .def_ro("largest_difference", &Conversion::largest_difference, "of any token")
      .def_ro("smallest_cosine", &Conversion::smallest_cosine, "of any token");
  m.def(
      "convert",
      [](const std::filesystem::path& source,
         const std::filesystem::path& to,
         const std::string& names,
         bool half,
         bool overwrite,
         int64_t num_heads) {
        return without_gil(
            [&] { return convert({source, to, names, half, overwrite, num_heads}); });
      },
      "source"_a,
      "to"_a,
      nb::kw_only(),
      "names"_a = "",
      "half"_a = false,
      "overwrite"_a = false,
      "num_heads"_a = 0,
      "A backbone of any dialect into any other, proved by running both; `troodon convert`.\n\n"
      "to: .pth, .safetensors, or a name without extension: a Hugging Face folder.\n"
      "names: 'official', 'huggingface' or 'timm'. num_heads: where the file doesn't say and\n"
      "width / 64 is wrong.");
}

namespace {

/// troodon.Error: a RuntimeError with the exit code that the program would have.
void bind_error(nb::module_& m) {
  nb::dict members;
  members["code"] = 1;
  PyObject* type = PyErr_NewExceptionWithDoc("troodon.Error",
                                             "Something that the caller can mend; the message says "
                                             "what, where and how. code: the program's exit code.",
                                             PyExc_RuntimeError,
                                             members.ptr());
  if (type == nullptr) throw nb::python_error();
  m.attr("Error") = nb::steal(type);
  const auto translate = [](const std::exception_ptr& thrown, void* payload) {
    try {
      std::rethrow_exception(thrown);
    } catch (const Error& error) {
      const nb::handle error_type(static_cast<PyObject*>(payload));
      nb::object object = error_type(error.what());
      object.attr("code") = static_cast<int>(error.code());
      PyErr_SetObject(error_type.ptr(), object.ptr());
    }
  };
  nb::register_exception_translator(translate, type);
}

}  // namespace
}  // namespace troodon::python

NB_MODULE(_troodon, m) {
  m.doc() = "Troodon's library for Python; import troodon, not this.";
  m.attr("__version__") = troodon::version();
  troodon::python::bind_error(m);
  troodon::python::bind_embedder(m);
  troodon::python::bind_features(m);
  troodon::python::bind_predictor(m);
  troodon::python::bind_train(m);
  troodon::python::bind_convert(m);
  troodon::python::bind_collection(m);
  troodon::python::bind_masks(m);
  troodon::python::bind_matching(m);
  troodon::python::bind_depth_stream(m);
}
