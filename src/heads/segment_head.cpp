#include "heads/segment_head.hpp"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>

#include "base/error.hpp"

namespace troodon::heads {
namespace {

constexpr double kBatchNormEps = 1e-5, kBatchNormMomentum = 0.1;  // of the batch norm

/// Maps brought to the first one's size, stacked: [B,layers*D,h,w].
Tensor stacked(const SegmentHead& head, const std::vector<Tensor>& maps) {
  if (static_cast<int64_t>(maps.size()) != head.layers) {
    fail(Exit::input, "the head sees maps of {} blocks, not of {}", head.layers, maps.size());
  }
  std::vector<Tensor> out;
  for (const Tensor& map : maps) {
    if (map.dim() != 4 || map.size(1) != head.embed_dim) {
      fail(Exit::input,
           "the head is for maps of width {}, these have {}",
           head.embed_dim,
           map.dim() == 4 ? map.size(1) : map.size(-1));
    }
    out.push_back(resize_to(map, {maps[0].size(2), maps[0].size(3)}));
  }
  return out.size() == 1 ? out[0] : at::cat(out, 1);
}

Tensor classify(const Weights& w, const Tensor& normed) {
  return at::conv2d(normed, w.at("conv_seg.weight"), w.at("conv_seg.bias"));
}

Tensor normed(const Weights& w, const Tensor& x, bool training) {
  return at::batch_norm(x,
                        w.at("bn.weight"),
                        w.at("bn.bias"),
                        w.at("bn.running_mean"),
                        w.at("bn.running_var"),
                        training,
                        kBatchNormMomentum,
                        kBatchNormEps,
                        /*cudnn_enabled=*/false);
}

void check_target(const SegmentHead& head, const SegmentBatch& batch, int64_t ignore) {
  if (batch.target.dim() != 3 || batch.target.size(0) != batch.maps.at(0).size(0)) {
    fail(Exit::input,
         "a batch of {} feature maps has {} masks",
         batch.maps.at(0).size(0),
         batch.target.dim() == 3 ? batch.target.size(0) : 0);
  }
  const Tensor target = batch.target.to(at::kLong);
  const Tensor wrong =
      (target != ignore).logical_and((target < 0).logical_or(target >= head.classes));
  if (wrong.any().item<bool>()) {
    fail(Exit::input,
         "a mask holds class {}, but the head has classes 0 to {} (and {} for pixels to ignore)",
         target.masked_select(wrong)[0].item<int64_t>(),
         head.classes - 1,
         ignore);
  }
}

}  // namespace

Shapes shapes_of(const SegmentHead& head) {
  const int64_t inputs = head.layers * head.embed_dim;
  return {{"bn.weight", {inputs}},
          {"bn.bias", {inputs}},
          {"bn.running_mean", {inputs}},
          {"bn.running_var", {inputs}},
          {"bn.num_batches_tracked", {}},
          {"conv_seg.weight", {head.classes, inputs, 1, 1}},
          {"conv_seg.bias", {head.classes}}};
}

SegmentHead make_segment_head(int64_t embed_dim, int64_t layers, int64_t classes, uint64_t seed) {
  if (embed_dim < 1 || layers < 1 || classes < 2) {
    fail(Exit::input,
         "a segmentation head needs a width, a layer and two classes at least, not {}, {} and {}",
         embed_dim,
         layers,
         classes);
  }
  auto generator = at::make_generator<at::CPUGeneratorImpl>(seed);
  const int64_t inputs = layers * embed_dim;
  return {.embed_dim = embed_dim,
          .layers = layers,
          .classes = classes,
          .weights = {
              {"bn.weight", at::ones({inputs})},
              {"bn.bias", at::zeros({inputs})},
              {"bn.running_mean", at::zeros({inputs})},
              {"bn.running_var", at::ones({inputs})},
              {"bn.num_batches_tracked", at::zeros({}, at::kLong)},
              {"conv_seg.weight", at::empty({classes, inputs, 1, 1}).normal_(0, 0.01, generator)},
              {"conv_seg.bias", at::zeros({classes})}}};
}

Tensor segment_logits(const SegmentHead& head, const std::vector<Tensor>& maps) {
  return classify(head.weights, normed(head.weights, stacked(head, maps), false));
}

Tensor segment_logits_training(SegmentHead& head, const std::vector<Tensor>& maps) {
  head.weights.at("bn.num_batches_tracked") += 1;
  return classify(head.weights, normed(head.weights, stacked(head, maps), true));
}

Tensor segment_classes(const SegmentHead& head, const std::vector<Tensor>& maps, Extent size) {
  return resize_to(segment_logits(head, maps), size).argmax(1);
}

Tensor segment_loss(const Tensor& logits, const Tensor& target, Average average, int64_t ignore) {
  const Tensor classes = target.to(at::kLong);
  const Tensor sum = at::cross_entropy_loss(
      logits, classes, /*weight=*/{}, at::Reduction::Sum, ignore, /*label_smoothing=*/0.0);
  // Without a single judged pixel the loss is 0, not NaN.
  return sum / (average == Average::all_pixels ? at::scalar_tensor(classes.numel())
                                               : (classes != ignore).sum().clamp_min(1));
}

void train_segment_head(SegmentHead& head,
                        const std::function<SegmentBatch(int64_t iteration)>& next,
                        const SegmentOptions& options,
                        const Observer& observer) {
  const auto loss = [&](int64_t iteration) {
    const SegmentBatch batch = next(iteration);
    for (const Tensor& map : batch.maps) check_finite(map, "a feature map to train masks on");
    const Tensor logits = segment_logits_training(head, batch.maps);
    check_target(head, batch, options.ignore);
    return segment_loss(resize_to(logits, {batch.target.size(1), batch.target.size(2)}),
                        batch.target,
                        options.average,
                        options.ignore);
  };
  train_weights(head.weights,
                {"bn.weight", "bn.bias", "conv_seg.weight", "conv_seg.bias"},
                options.training,
                loss,
                observer);
}

}  // namespace troodon::heads
