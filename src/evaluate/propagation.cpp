#include "evaluate/propagation.hpp"

#include <algorithm>
#include <cmath>

#include "base/parallel.hpp"
#include "index/dot.hpp"
#include "infer/predict/label_pixels.hpp"

namespace troodon::evaluate {
namespace {

constexpr int64_t kRowsPerRadius = 5;

/// A patch that votes.
struct Voter {
  float likeness = 0;
  const float* shares = nullptr;
};

/// Keeps the `most` likest voters, likest first.
void offer(std::vector<Voter>& voters, size_t most, Voter voter) {
  if (voters.size() == most && voter.likeness <= voters.back().likeness) return;
  if (voters.size() == most) voters.pop_back();
  const auto place =
      std::ranges::upper_bound(voters, voter.likeness, std::ranges::greater(), &Voter::likeness);
  voters.insert(place, voter);
}

void ask(const PatchFrame& frame,
         const float* feature,
         int64_t row,
         int64_t column,
         const VideoOptions& options,
         int64_t labels,
         std::vector<Voter>& voters) {
  const int64_t radius =
      options.radius > 0 ? options.radius : std::max<int64_t>(frame.rows / kRowsPerRadius, 1);
  const int64_t top = std::max<int64_t>(row - radius, 0);
  const int64_t bottom = std::min(row + radius, frame.rows - 1);
  const int64_t left = std::max<int64_t>(column - radius, 0);
  const int64_t right = std::min(column + radius, frame.columns - 1);
  const int64_t width = right - left + 1;
  std::vector<float> likeness(static_cast<size_t>(width));
  for (int64_t r = top; r <= bottom; ++r) {
    const int64_t first = r * frame.columns + left;
    index::dot_products({feature, 1, frame.dim},
                        {frame.features.data() + first * frame.dim, width, frame.dim},
                        likeness.data(),
                        width);
    for (int64_t i = 0; i < width; ++i)
      offer(voters,
            static_cast<size_t>(options.neighbours),
            {likeness[static_cast<size_t>(i)], frame.shares.data() + (first + i) * labels});
  }
}

void count_votes(const std::vector<Voter>& voters, double temperature, int64_t labels, float* out) {
  double sum = 0;
  std::vector<double> total(static_cast<size_t>(labels));
  for (const Voter& voter : voters) {
    const double weight = std::exp((voter.likeness - voters[0].likeness) / temperature);
    sum += weight;
    for (int64_t label = 0; label < labels; ++label) total[label] += weight * voter.shares[label];
  }
  for (int64_t label = 0; label < labels; ++label)
    out[label] = static_cast<float>(total[label] / sum);
}

}  // namespace

void propagate(const Memory& memory,
               const VideoOptions& options,
               int64_t labels,
               PatchFrame& frame) {
  frame.shares.assign(static_cast<size_t>(frame.rows * frame.columns * labels), 0);
  parallel_for(
      static_cast<size_t>(frame.rows),
      [&](size_t at) {
        const auto row = static_cast<int64_t>(at);
        std::vector<Voter> voters;
        for (int64_t column = 0; column < frame.columns; ++column) {
          const int64_t place = row * frame.columns + column;
          const float* feature = frame.features.data() + place * frame.dim;
          voters.clear();
          ask(memory.first, feature, row, column, options, labels, voters);
          for (const PatchFrame& known : memory.last)
            ask(known, feature, row, column, options, labels, voters);
          count_votes(voters, options.temperature, labels, frame.shares.data() + place * labels);
        }
      },
      options.looking.threads);
}

std::vector<float> shares_of(const image::Plane& mask,
                             int64_t labels,
                             int64_t rows,
                             int64_t columns) {
  std::vector<float> out(static_cast<size_t>(rows * columns * labels));
  std::vector<float> pixels(static_cast<size_t>(rows * columns));
  for (int64_t y = 0; y < mask.height; ++y) {
    for (int64_t x = 0; x < mask.width; ++x) {
      const int64_t place = y * rows / mask.height * columns + x * columns / mask.width;
      const int64_t label = mask.values[static_cast<size_t>(y * mask.width + x)];
      out[static_cast<size_t>(place * labels + (label < labels ? label : 0))] += 1;
      pixels[static_cast<size_t>(place)] += 1;
    }
  }
  for (size_t i = 0; i < out.size(); ++i)
    out[i] /= std::max(pixels[i / static_cast<size_t>(labels)], 1.0F);
  return out;
}

image::Plane mask_of(
    const PatchFrame& frame, int64_t labels, int width, int height, size_t threads) {
  const auto pixels = infer::label_pixels({frame.rows, frame.columns, labels, frame.shares},
                                          width,
                                          height,
                                          /*confidence=*/false,
                                          threads);
  image::Plane out(width, height);
  std::ranges::transform(pixels.labels, out.values.begin(), [](int32_t label) {
    return static_cast<uint16_t>(label);
  });
  return out;
}

}  // namespace troodon::evaluate
