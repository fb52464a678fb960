#include "heads/weights.hpp"

#include <algorithm>

#include <ATen/ATen.h>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/tensor_file.hpp"

namespace troodon::heads {
namespace {

std::string text_of(at::IntArrayRef shape) {
  return fmt::format("[{}]", fmt::join(shape, ","));
}

/// The first row with a number that is none; -1 without one.
int64_t first_broken_row(const Tensor& features) {
  if (features.numel() == 0) return -1;
  // A sum takes one pass and no memory; only what fails it is looked at closely.
  if (features.sum().isfinite().item<bool>()) return -1;
  const Tensor broken = features.isfinite().logical_not().flatten(1).any(1).nonzero();
  return broken.numel() == 0 ? -1 : broken[0].item<int64_t>();
}

void check_range(const Tensor& labels, int64_t classes, const std::string& what) {
  const auto label = labels.accessor<int64_t, 1>();
  bool several = false;
  for (int64_t i = 0; i < labels.size(0); ++i) {
    if (label[i] < 0 || label[i] >= classes) {
      fail(Exit::input,
           "{}: row {} has label {}, but labels run from 0 to {}",
           what,
           i,
           label[i],
           classes - 1);
    }
    several = several || label[i] != label[0];
  }
  if (!several) {
    fail(Exit::input,
         "{}: all {} rows are of class {}; a head needs at least two classes to tell apart",
         what,
         labels.size(0),
         label[0]);
  }
}

}  // namespace

void check_weights(const Weights& weights, const Shapes& shapes, const std::string& origin) {
  std::vector<std::string> known;
  for (const auto& [name, shape] : shapes) known.push_back(name);
  for (const auto& [name, tensor] : weights) {
    if (!shapes.contains(name)) {
      fail(Exit::input,
           "{}: '{}' belongs to no such head (closest name: '{}')",
           origin,
           name,
           closest(name, known));
    }
  }
  for (const auto& [name, shape] : shapes) {
    const auto found = weights.find(name);
    if (found == weights.end()) fail(Exit::input, "{}: '{}' is missing", origin, name);
    if (found->second.sizes() != at::IntArrayRef(shape)) {
      fail(Exit::input,
           "{}: '{}' is {}, this head wants {}",
           origin,
           name,
           text_of(found->second.sizes()),
           text_of(shape));
    }
    if (!found->second.isfinite().all().item<bool>()) {
      fail(Exit::input, "{}: '{}' holds NaN or infinity", origin, name);
    }
  }
}

void check_finite(const Tensor& features, const std::string& what) {
  const int64_t row = first_broken_row(features);
  if (row >= 0) {
    fail(Exit::input, "{}: row {} holds NaN or infinity; compute its features anew", what, row);
  }
}

void check_labelled(const Labelled& data, int64_t classes, const std::string& what) {
  if (!data.features.defined() || data.features.dim() < 2 || data.features.size(0) == 0) {
    fail(Exit::input, "{}: no feature rows", what);
  }
  if (!data.labels.defined() || data.labels.numel() == 0) {
    fail(Exit::input, "{}: the rows have no labels; a head learns from labelled pictures", what);
  }
  if (data.labels.dim() != 1 || data.labels.size(0) != data.features.size(0)) {
    fail(Exit::input,
         "{}: {} labels for {} feature rows",
         what,
         data.labels.numel(),
         data.features.size(0));
  }
  check_range(data.labels.to(at::kCPU, at::kLong).contiguous(), classes, what);
  check_finite(data.features, what);
}

int64_t classes_of(const Tensor& labels) {
  if (!labels.defined() || labels.numel() == 0) fail(Exit::input, "there are no labels");
  if (labels.min().item<int64_t>() < 0) {
    fail(Exit::input, "a label is {}; labels count from 0", labels.min().item<int64_t>());
  }
  return labels.max().item<int64_t>() + 1;
}

double top1(const Tensor& logits, const Tensor& labels) {
  return (logits.argmax(1) == labels).to(at::kDouble).mean().item<double>();
}

double real_accuracy(const Tensor& logits, const Tensor& labels, int64_t k) {
  const Tensor judged = (labels >= 0).any(1);
  const Tensor guesses = std::get<1>(logits.topk(std::min(k, logits.size(1)), 1));
  const Tensor hits = (guesses.unsqueeze(2) == labels.unsqueeze(1)).flatten(1).any(1);
  return hits.masked_select(judged).to(at::kDouble).mean().item<double>();
}

Tensor map_classes(const Tensor& logits, const std::vector<int64_t>& mapping) {
  for (const int64_t column : mapping) {
    if (column < 0 || column >= logits.size(-1)) {
      fail(Exit::input,
           "the class mapping names class {}, but the head has classes 0 to {}",
           column,
           logits.size(-1) - 1);
    }
  }
  return logits.index_select(-1, at::tensor(mapping, at::kLong));
}

}  // namespace troodon::heads
