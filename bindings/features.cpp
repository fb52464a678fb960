#include "troodon/features.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "options.hpp"
#include "troodon/error.hpp"
#include "troodon/knn.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;
using Rows = nb::ndarray<const float, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
using Labels = nb::ndarray<const int64_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

/// Features from a file's path, a Features object, an array [N, D], or a pair of such an array and
/// labels [N].
Features features_of(nb::handle given) {
  if (nb::isinstance<Features>(given)) return nb::cast<Features>(given);
  if (nb::isinstance<nb::str>(given) || nb::hasattr(given, "__fspath__"))
    return read_features(nb::cast<std::filesystem::path>(given));
  Features out;
  Rows rows;
  Labels labels;
  nb::handle values = given;
  if (nb::isinstance<nb::tuple>(given) && nb::len(given) == 2) {
    values = given[0].ptr();
    if (!nb::try_cast(given[1], labels))
      throw Error("labels are whole numbers in one dimension: [rows]", Exit::input);
    out.labels.assign(labels.data(), labels.data() + labels.size());
  }
  if (!nb::try_cast(values, rows))
    throw Error(
        "features are a file's path, an array [rows, dim], or a pair of such an array and "
        "labels [rows]",
        Exit::input);
  out.rows = static_cast<int64_t>(rows.shape(0));
  out.dim = static_cast<int64_t>(rows.shape(1));
  out.values.assign(rows.data(), rows.data() + rows.size());
  return out;
}

FeaturesResult features(const std::string& input,
                        const std::filesystem::path& out,
                        const std::filesystem::path& model,
                        const std::string& output,
                        int64_t size,
                        const std::string& fit,
                        int64_t layers,
                        const std::string& device,
                        const std::string& backend,
                        const std::string& precision,
                        int threads,
                        int64_t batch,
                        int64_t part,
                        int64_t limit,
                        bool strict,
                        bool overwrite,
                        bool progress) {
  const FeaturesOptions options{
      .embed = embed_options(output, size, fit, layers, device, backend, precision, threads),
      .model = model,
      .input = input,
      .out = out,
      .batch = batch,
      .part = part,
      .limit = limit,
      .strict = strict,
      .overwrite = overwrite,
      .progress = progress};
  return without_gil([&] { return extract_features(options); });
}

std::vector<KnnResult> knn_of(nb::handle train,
                              nb::handle val,
                              const std::vector<int64_t>& k,
                              double temperature,
                              const std::vector<int64_t>& per_class,
                              int64_t tries) {
  const Features examples = features_of(train), queries = features_of(val);
  return without_gil([&] { return knn(examples, queries, {k, temperature, per_class, tries}); });
}

auto nearest_of(nb::handle queries, nb::handle base, int64_t k, bool skip_self, int threads) {
  const Features q = features_of(queries), b = features_of(base);
  Neighbours found = without_gil([&] { return nearest(q, b, {k, skip_self, threads}); });
  const std::vector<size_t> shape = {static_cast<size_t>(q.rows), static_cast<size_t>(found.k)};
  return std::pair(to_numpy(std::move(found.index), shape),
                   to_numpy(std::move(found.score), shape));
}

constexpr const char* kFeatures =
    "Features of every picture of a source, in its order, in one file; `troodon features`.\n\n"
    "input: folder, list (.txt), manifest (.csv) or picture; '?split=val' picks a split.\n"
    "out: .safetensors, or .npy with a .json beside it; read_features() opens both.\n"
    "batch: pictures at once. part: pictures saved at a time, what a kill can cost at most; 0: "
    "512, fewer if large.\n"
    "Unreadable pictures are left out and listed, unless strict. A call that was stopped goes on\n"
    "where it was when repeated. The other options are those of load().";

constexpr const char* kKnn =
    "Accuracy of frozen features by a weighted vote of nearest neighbours; `troodon knn`.\n\n"
    "train, val: a features file, Features, or a pair (values [N, D], labels [N]).\n"
    "k: numbers of neighbours. per_class: also with only so many examples of each class.";

constexpr const char* kNearest =
    "The k nearest rows of `base` for each row of `queries`, by cosine, exact.\n\n"
    "Both: a features file, Features or an array [N, D].\n"
    "Returns rows of the base, int64 [Q, k], best first, and their cosines, float32 [Q, k].";

void bind_types(nb::module_& m) {
  nb::class_<FeaturesResult>(m, "FeaturesResult", "How a call of features() ended.")
      .def_ro("rows", &FeaturesResult::rows)
      .def_ro("item_shape", &FeaturesResult::item_shape, "of one picture's features")
      .def_ro("resumed", &FeaturesResult::resumed, "pictures that an earlier call had done")
      .def_ro("seconds", &FeaturesResult::seconds)
      .def_ro("images_per_second", &FeaturesResult::images_per_second)
      .def_ro("bad_files", &FeaturesResult::bad_files, "left out: path to reason")
      .def_ro("interrupted", &FeaturesResult::interrupted, "the same call goes on");
  nb::class_<Features>(
      m, "Features", "One vector per picture, and what is known about the pictures.")
      .def_prop_ro(
          "values",
          [](Features& f) {
            return nb::ndarray<nb::numpy, float, nb::ndim<2>>(
                f.values.data(), {static_cast<size_t>(f.rows), static_cast<size_t>(f.dim)});
          },
          nb::rv_policy::reference_internal,
          "float32 [N, D], not copied")
      .def_prop_ro(
          "labels",
          [](Features& f) {
            return nb::ndarray<nb::numpy, int64_t, nb::ndim<1>>(f.labels.data(), {f.labels.size()});
          },
          nb::rv_policy::reference_internal,
          "int64 [N], -1: none; or [0]")
      .def_ro("ids", &Features::ids, "[N], or empty")
      .def_ro("classes", &Features::classes, "names of labels 0, 1, ...");
  nb::class_<KnnResult>(m, "KnnResult", "One line of the kNN table; shares in [0, 1].")
      .def_ro("per_class", &KnnResult::per_class, "examples of each class; -1: all")
      .def_ro("k", &KnnResult::neighbours)
      .def_ro("top1", &KnnResult::top1)
      .def_ro("top5", &KnnResult::top5)
      .def_ro("macro_top1", &KnnResult::macro_top1, "mean over the classes");
}

}  // namespace

void bind_features(nb::module_& m) {
  bind_types(m);
  m.def("features",
        &features,
        "input"_a,
        "out"_a,
        nb::kw_only(),
        "model"_a,
        "output"_a = "cls",
        "size"_a = 0,
        "fit"_a = "crop",
        "layers"_a = 4,
        "device"_a = "auto",
        "backend"_a = "auto",
        "precision"_a = "fp32",
        "threads"_a = 0,
        "batch"_a = 8,
        "part"_a = 0,
        "limit"_a = 0,
        "strict"_a = false,
        "overwrite"_a = false,
        "progress"_a = false,
        kFeatures);
  m.def("read_features",
        &read_features,
        "file"_a,
        "Opens what features() wrote, one vector a picture.");
  m.def("knn",
        &knn_of,
        "train"_a,
        "val"_a,
        nb::kw_only(),
        "k"_a = std::vector<int64_t>{10, 20, 100, 200},
        "temperature"_a = 0.07,
        "per_class"_a = std::vector<int64_t>{},
        "tries"_a = 1,
        kKnn);
  m.def("nearest",
        &nearest_of,
        "queries"_a,
        "base"_a,
        "k"_a = 10,
        nb::kw_only(),
        "skip_self"_a = false,
        "threads"_a = 0,
        kNearest);
}

}  // namespace troodon::python
