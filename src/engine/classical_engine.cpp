#include "engine/classical_engine.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "engine/classical_features.hpp"

namespace troodon::engine {
namespace {

constexpr int64_t kGrid = kClassicalSize / kClassicalPatch;  ///< cells of a vector, either way
constexpr int64_t kHogWidth = (kGrid - 1) * (kGrid - 1) * kCellHog;

void append(std::vector<float>& out, const std::vector<float>& values) {
  out.insert(out.end(), values.begin(), values.end());
}

void make_unit(std::vector<float>& values) {
  double square = 0;
  for (const float v : values) square += static_cast<double>(v) * v;
  const double length = std::max(std::sqrt(square), 1e-12);
  for (float& v : values) v = static_cast<float>(v / length);
}

class ClassicalEngine : public Engine {
 public:
  ClassicalEngine(const std::string& name, const EngineOptions& options)
      : options_(options), colour_(name != "hog"), hog_(name != "colour") {
    if (options.precision != Precision::fp32)
      fail(Exit::usage, "{} computes in float32; leave --precision out", name);
  }

  void run(std::span<const image::Image> pictures, float* out) override {
    const auto runs = runs_of(pictures, 1, [&](const image::Image& picture) {
      return size_of(item_shape(picture.height, picture.width));
    });
    parallel_for(
        pictures.size(),
        [&](size_t i) { std::ranges::copy(features_of(pictures[i]), out + runs[i].at); },
        options_.threads);
  }

  Fidelity calibrate(std::span<const image::Image>) override { return {}; }

  std::vector<int64_t> item_shape(int64_t height, int64_t width) const override {
    const int64_t patches = height / kClassicalPatch * (width / kClassicalPatch);
    const int64_t vector = (colour_ ? kColourBins : 0) + (hog_ ? kHogWidth : 0);
    const int64_t token = (colour_ ? kCellColours : 0) + (hog_ ? kCellHog : 0);
    switch (options_.output) {
      case Output::patches:
        return {patches, token};
      case Output::blocks:
        return {1, 1 + patches, token};
      case Output::blocks_and_cls:
        return {2 + patches, token};
      case Output::layers:
        return {1, vector};
      case Output::probe:
        return {2, vector};
      default:
        return {vector};
    }
  }

  std::string name() const override { return "classical"; }

 private:
  static size_t size_of(const std::vector<int64_t>& shape) {
    size_t out = 1;
    for (const int64_t side : shape) out *= static_cast<size_t>(side);
    return out;
  }

  std::vector<float> features_of(const image::Image& picture) const {
    if (options_.output == Output::patches) return tokens_of(picture);
    const bool then_class = options_.output == Output::blocks_and_cls;
    if (options_.output == Output::blocks || then_class) {
      const std::vector<float> tokens = tokens_of(picture);
      const std::vector<float> mean = mean_of(tokens);
      std::vector<float> out = mean;
      append(out, tokens);
      if (then_class) append(out, mean);
      return out;
    }
    std::vector<float> out = vector_of(picture);
    if (options_.output == Output::probe) append(out, std::vector<float>(out));
    return out;
  }

  std::vector<float> vector_of(const image::Image& picture) const {
    std::vector<float> out, hog;
    if (colour_) out = colour_histogram(picture);
    if (!hog_) return out;
    hog = hog_blocks(gradients_of_cells(picture, kGrid, kGrid), kGrid, kGrid);
    make_unit(hog);
    append(out, hog);
    return out;
  }

  /// Of cells of 8 pixels, row by row.
  std::vector<float> tokens_of(const image::Image& picture) const {
    const int64_t rows = picture.height / kClassicalPatch,
                  columns = picture.width / kClassicalPatch;
    std::vector<float> colours, hog, out;
    if (colour_) colours = colour_of_cells(picture, rows, columns);
    if (hog_) hog = hog_of_cells(gradients_of_cells(picture, rows, columns), rows, columns);
    for (int64_t i = 0; i < rows * columns; ++i) {
      if (colour_)
        out.insert(out.end(),
                   colours.begin() + i * kCellColours,
                   colours.begin() + (i + 1) * kCellColours);
      if (hog_) out.insert(out.end(), hog.begin() + i * kCellHog, hog.begin() + (i + 1) * kCellHog);
    }
    return out;
  }

  std::vector<float> mean_of(const std::vector<float>& tokens) const {
    const auto width = static_cast<size_t>((colour_ ? kCellColours : 0) + (hog_ ? kCellHog : 0));
    std::vector<double> sums(width);
    for (size_t i = 0; i < tokens.size(); ++i) sums[i % width] += tokens[i];
    std::vector<float> out;
    for (const double sum : sums)
      out.push_back(static_cast<float>(sum * static_cast<double>(width) /
                                       static_cast<double>(tokens.size())));
    return out;
  }

  EngineOptions options_;
  bool colour_, hog_;
};

}  // namespace

std::unique_ptr<Engine> classical_engine(const std::string& name, const EngineOptions& options) {
  return std::make_unique<ClassicalEngine>(name, options);
}

const std::vector<std::string>& classical_names() {
  static const std::vector<std::string> names = {"colour", "hog", "colour+hog"};
  return names;
}

bool is_classical(const std::string& name) {
  return std::ranges::find(classical_names(), name) != classical_names().end();
}

std::string classical_description(const std::string& name) {
  const std::string colour = "a histogram of 8 x 4 x 4 hues, saturations and values";
  const std::string hog = "histograms of oriented gradients on 12 x 12 cells";
  if (name == "colour") return "colour, never trained: " + colour;
  if (name == "hog") return "hog, never trained: " + hog;
  return name + ", never trained: " + colour + ", and " + hog;
}

}  // namespace troodon::engine
