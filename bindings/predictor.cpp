#include "troodon/predictor.hpp"

#include <nanobind/stl/array.h>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "options.hpp"
#include "pictures.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;

/// One head's word as a dict: {classes, probabilities}, {classes, labels[, confidence]} or
/// {metres}.
nb::dict dict_of(Prediction said) {
  nb::dict out;
  if (auto* classes = std::get_if<ClassPrediction>(&said)) {
    out["classes"] = nb::cast(classes->classes);
    const size_t count = classes->probabilities.size();
    out["probabilities"] = nb::cast(to_numpy(std::move(classes->probabilities), {count}));
  } else if (auto* masks = std::get_if<MaskPrediction>(&said)) {
    const std::vector<size_t> shape = {static_cast<size_t>(masks->height),
                                       static_cast<size_t>(masks->width)};
    out["classes"] = nb::cast(masks->classes);
    out["labels"] = nb::cast(to_numpy(std::move(masks->labels), shape));
    if (!masks->confidence.empty())
      out["confidence"] = nb::cast(to_numpy(std::move(masks->confidence), shape));
  } else {
    auto& depth = std::get<DepthPrediction>(said);
    out["metres"] =
        nb::cast(to_numpy(std::move(depth.metres),
                          {static_cast<size_t>(depth.height), static_cast<size_t>(depth.width)}));
  }
  return out;
}

/// A list of dicts for one picture, a list of such lists for several.
nb::list predict(Predictor& self, nb::handle images) {
  const Pictures given = pictures_of(images);
  nb::list out;
  for (const Picture& picture : given.pictures) {
    nb::list heads;
    for (auto& said : without_gil([&] { return self.predict(picture); }))
      heads.append(dict_of(std::move(said)));
    if (given.one) return heads;
    out.append(heads);
  }
  return out;
}

constexpr const char* kOpen =
    "Opens a frozen backbone with heads on it.\n\n"
    "heads: files that `troodon head train` or the official code wrote.\n"
    "size: short side, pixels; 0: what the head was trained at, else the model's.\n"
    "window, stride: masks and depth look through sliding windows of so many pixels.\n"
    "flip: depth is the mean with what the mirrored picture gives. confidence: of masks.";

constexpr const char* kPredict =
    "What the heads say of a picture (as Embedder.embed takes it): a list with a dict for each\n"
    "head. classes and probabilities [K]; classes and labels int32 [H, W], with confidence where\n"
    "asked for; or metres float32 [H, W]. Several pictures give a list of such lists.";

constexpr const char* kPredictPictures =
    "What heads say of a source's pictures, as files; `troodon head predict`.\n\n"
    "formats: of masks 'png', 'overlay', 'coco', 'yolo', 'voc'; of depth 'color', 'png16', 'npy',\n"
    "    'ply'; none: the first two of each. Classes become predictions.csv.\n"
    "intrinsics: fx, fy, cx, cy in pixels, for ply. Returns {pictures, computed, kept, written,\n"
    "bad_files}; a call that was interrupted goes on when repeated.";

nb::dict predict_folder(const std::string& source,
                        const std::filesystem::path& out,
                        const std::filesystem::path& model,
                        const std::vector<std::filesystem::path>& heads,
                        const std::vector<std::string>& formats,
                        std::optional<std::array<double, 4>> intrinsics,
                        bool overwrite,
                        bool progress,
                        int threads) {
  const PredictPicturesOptions options{.model = model,
                                       .heads = heads,
                                       .input = source,
                                       .out = out,
                                       .formats = formats,
                                       .predictor = {.threads = threads},
                                       .intrinsics = intrinsics,
                                       .overwrite = overwrite,
                                       .progress = progress};
  const auto done = without_gil([&] { return predict_pictures(options); });
  nb::dict result;
  result["pictures"] = done.pictures;
  result["computed"] = done.computed;
  result["kept"] = done.kept;
  result["written"] = nb::cast(done.written);
  result["bad_files"] = nb::cast(done.bad_files);
  return result;
}

}  // namespace

void bind_predictor(nb::module_& m) {
  nb::class_<Predictor>(m, "Predictor", "A frozen backbone with heads on it.")
      .def(
          "__init__",
          [](Predictor* self,
             const std::filesystem::path& model,
             const std::vector<std::filesystem::path>& heads,
             int64_t size,
             int64_t window,
             int64_t stride,
             bool flip,
             bool confidence,
             const std::string& device,
             int threads) {
            const PredictorOptions options{.device = device,
                                           .threads = threads,
                                           .size = size,
                                           .window = window,
                                           .stride = stride,
                                           .flip = flip,
                                           .confidence = confidence};
            new (self) Predictor(without_gil([&] { return Predictor(model, heads, options); }));
          },
          "model"_a,
          "heads"_a,
          nb::kw_only(),
          "size"_a = 0,
          "window"_a = 0,
          "stride"_a = 0,
          "flip"_a = false,
          "confidence"_a = false,
          "device"_a = "auto",
          "threads"_a = 0,
          kOpen)
      .def("predict", &predict, "images"_a, kPredict)
      .def_prop_ro("description", &Predictor::description, "the backbone, in words");
  m.def("predict_pictures",
        &predict_folder,
        "source"_a,
        "out"_a,
        nb::kw_only(),
        "model"_a,
        "heads"_a,
        "formats"_a = std::vector<std::string>{},
        "intrinsics"_a = nb::none(),
        "overwrite"_a = false,
        "progress"_a = false,
        "threads"_a = 0,
        kPredictPictures);
}

}  // namespace troodon::python
