#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <torch/types.h>

namespace troodon::heads {

using torch::Tensor;

/// A head's tensors under their official names. A head is such a map and a few numbers; what it
/// computes is a plain function of both.
using Weights = std::map<std::string, Tensor>;

/// Names and shapes that a head must have.
using Shapes = std::map<std::string, std::vector<int64_t>>;

/// Checks that `weights` has exactly these names and shapes and finite values. Throws Error
/// (Exit::input) that names `origin`, the tensor, and the closest name.
void check_weights(const Weights& weights, const Shapes& shapes, const std::string& origin);

/// Feature rows and their classes. Of features [n,...] float32 and labels [n] int64.
struct Labelled {
  Tensor features;
  Tensor labels;
};

/// Throws Error (Exit::input) unless each row has a label in [0, classes), at least two classes
/// occur, and every feature is finite (the message says which row). `what`: "training data".
void check_labelled(const Labelled& data, int64_t classes, const std::string& what);

/// Throws Error (Exit::input) with the first row (dimension 0) that has a NaN or infinity.
void check_finite(const Tensor& features, const std::string& what);

/// Largest label + 1. Throws Error (Exit::input) if there is none, or one below 0.
int64_t classes_of(const Tensor& labels);

/// Share of rows whose largest logit is that of the label. logits [n,K], labels [n] -> 0..1.
double top1(const Tensor& logits, const Tensor& labels);

/// Share of rows with one of their labels (-1: padding) among the k largest logits; rows without
/// any label don't count. logits [n,K], labels [n,m] -> 0..1. ImageNet-ReaL, Beyer et al. 2020.
double real_accuracy(const Tensor& logits, const Tensor& labels, int64_t k = 1);

/// Columns of logits [n,K] for a test set with other classes: [n, mapping.size()].
Tensor map_classes(const Tensor& logits, const std::vector<int64_t>& mapping);

}  // namespace troodon::heads
