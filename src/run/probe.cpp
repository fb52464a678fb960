#include "run/probe.hpp"

#include "base/error.hpp"
#include "index/knn.hpp"

namespace troodon::run {
namespace {

double top1(const index::Features& train, const index::Features& val) {
  return index::knn_evaluate(train, val, {.neighbours = {20}}).front().top1;
}

}  // namespace

Probe::Probe(const std::string& folder, const EmbedSettings& settings)
    : train_(data::open_source(folder, {.split = "train"})),
      val_(data::open_source(folder,
                             {.split = fs::is_directory(fs::path(folder) / "test") &&
                                               !fs::is_directory(fs::path(folder) / "val")
                                           ? "test"
                                           : "val"})),
      settings_(settings) {
  data::align_labels(val_, train_.classes);
  if (train_.classes.empty())
    fail(Exit::input, "{}: a probe wants labels: train/<class>/ and val/<class>/", folder);
}

double Probe::accuracy(model::VisionTransformer& backbone) const {
  return top1(embed(backbone, train_, settings_), embed(backbone, val_, settings_));
}

double Probe::pixel_accuracy() const {
  return top1(raw_pixels(train_, settings_), raw_pixels(val_, settings_));
}

}  // namespace troodon::run
