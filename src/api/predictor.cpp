#include "troodon/predictor.hpp"

#include <mutex>

#include "api/call.hpp"
#include "api/pictures.hpp"
#include "api/predictor_options.hpp"
#include "apply/label.hpp"
#include "infer/predictor.hpp"
#include "kernels/backend.hpp"
#include "troodon/interrupt.hpp"

namespace troodon {
namespace {

Prediction told(infer::Prediction said) {
  if (auto* classes = std::get_if<infer::ClassPrediction>(&said))
    return ClassPrediction{std::move(classes->classes), std::move(classes->probabilities)};
  if (auto* masks = std::get_if<infer::MaskPrediction>(&said))
    return MaskPrediction{masks->width,
                          masks->height,
                          std::move(masks->classes),
                          std::move(masks->labels),
                          std::move(masks->confidence)};
  auto& depth = std::get<infer::DepthPrediction>(said);
  return DepthPrediction{depth.width, depth.height, std::move(depth.metres)};
}

}  // namespace

struct Predictor::Body {
  infer::Predictor predictor;
  int threads;
  std::mutex computing;  // the predictor of the rooms is not reentrant

  Body(const fs::path& model, const std::vector<fs::path>& heads, const PredictorOptions& options)
      : predictor(model, heads, api::room_options(options)), threads(options.threads) {}
};

Predictor::Predictor(const fs::path& model,
                     const std::vector<fs::path>& heads,
                     const PredictorOptions& options) {
  body_ = api::call([&] {
    kernels::use_threads(options.threads);
    return std::make_unique<Body>(model, heads, options);
  });
}
Predictor::~Predictor() = default;
Predictor::Predictor(Predictor&&) noexcept = default;
Predictor& Predictor::operator=(Predictor&&) noexcept = default;

std::vector<Prediction> Predictor::predict(const Picture& picture) {
  return api::call([&] {
    if (interrupted()) fail(Exit::interrupted, "stopped before a picture");
    const image::Image pixels = api::open(picture);
    const std::lock_guard lock(body_->computing);
    kernels::use_threads(body_->threads);  // counts for the calling thread alone
    std::vector<Prediction> out;
    for (auto& said : body_->predictor.predict(pixels)) out.push_back(told(std::move(said)));
    return out;
  });
}

std::string Predictor::description() const {
  return body_->predictor.description();
}

PredictPicturesResult predict_pictures(const PredictPicturesOptions& options) {
  return api::call([&] {
    kernels::use_threads(options.predictor.threads);
    apply::PredictResult done =
        apply::predict_pictures({.model = options.model,
                                 .heads = options.heads,
                                 .input = options.input,
                                 .out = options.out,
                                 .formats = options.formats,
                                 .predictor = api::room_options(options.predictor),
                                 .intrinsics = options.intrinsics,
                                 .field_of_view = options.field_of_view,
                                 .overwrite = options.overwrite,
                                 .strict = options.strict,
                                 .progress = api::speak(options.progress)});
    return PredictPicturesResult{done.pictures,
                                 done.computed,
                                 done.kept,
                                 std::move(done.written),
                                 std::move(done.bad_files),
                                 done.interrupted};
  });
}

}  // namespace troodon
