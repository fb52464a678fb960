#include "infer/predict/whole_picture.hpp"

#include <torch/types.h>

#include "infer/predict/label_pixels.hpp"

namespace troodon::infer {
namespace {

using torch::Tensor;
using Layers = std::vector<model::IntermediateLayer>;

std::vector<Tensor> maps_of(const Layers& layers) {
  std::vector<Tensor> out;
  for (const auto& layer : layers) out.push_back(layer.patches);
  return out;
}

/// Adds a window's map to a larger one's place.
void add_to(Tensor& sum, Tensor& count, const heads::Window& at, const Tensor& map) {
  sum.narrow(2, at.top, at.height).narrow(3, at.left, at.width).add_(map);
  count.narrow(2, at.top, at.height).narrow(3, at.left, at.width).add_(1);
}

}  // namespace

WholePicture::WholePicture(const PlannedHead& head,
                           heads::Extent seen,
                           heads::Extent picture,
                           int64_t patch)
    : head_(head), seen_(seen), picture_(picture), patch_(patch) {}

void WholePicture::add(const heads::Window& window, const Layers& layers, const Layers& mirrored) {
  Tensor map;
  heads::Window at = window;
  heads::Extent size = seen_;
  if (head_.task == Task::masks) {
    // On the patches' grid: a window begins at a patch, and averages come before enlarging.
    map = heads::segment_logits(std::get<heads::SegmentHead>(head_.head.head), maps_of(layers));
    at = {at.top / patch_, at.left / patch_, at.height / patch_, at.width / patch_};
    size = {seen_.height / patch_, seen_.width / patch_};
  } else {
    const bool alone = at.height == seen_.height && at.width == seen_.width;
    if (alone) size = picture_, at = {0, 0, size.height, size.width};  // enlarged once, not twice
    const auto& head = std::get<heads::DepthHead>(head_.head.head);
    const heads::Extent part{at.height, at.width};
    map = heads::predict_depth(head, layers, part);
    if (!mirrored.empty()) map = (map + heads::predict_depth(head, mirrored, part).flip({3})) / 2;
  }
  if (!sum_.defined()) {
    sum_ = torch::zeros({1, map.size(1), size.height, size.width}, map.options());
    count_ = torch::zeros({1, 1, size.height, size.width}, map.options());
  }
  add_to(sum_, count_, at, map);
}

Prediction WholePicture::finish(const PredictorOptions& options) const {
  return head_.task == Task::masks ? finish_masks(options) : finish_depth();
}

Prediction WholePicture::finish_masks(const PredictorOptions& options) const {
  const Tensor logits = (sum_ / count_)[0].permute({1, 2, 0}).to(torch::kFloat).cpu().contiguous();
  const LogitGrid grid{.rows = logits.size(0),
                       .columns = logits.size(1),
                       .classes = logits.size(2),
                       .values = {logits.data_ptr<float>(), static_cast<size_t>(logits.numel())}};
  MaskPrediction out{.width = static_cast<int>(picture_.width),
                     .height = static_cast<int>(picture_.height),
                     .classes = head_.classes};
  PixelLabels pixels =
      label_pixels(grid, out.width, out.height, options.confidence, options.threads);
  out.labels = std::move(pixels.labels);
  out.confidence = std::move(pixels.confidence);
  return out;
}

Prediction WholePicture::finish_depth() const {
  const Tensor metres =
      heads::resize_to(sum_ / count_, picture_).to(torch::kFloat).cpu().contiguous();
  DepthPrediction out{.width = static_cast<int>(picture_.width),
                      .height = static_cast<int>(picture_.height)};
  out.metres.assign(metres.data_ptr<float>(), metres.data_ptr<float>() + metres.numel());
  return out;
}

}  // namespace troodon::infer
