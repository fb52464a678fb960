#include "evaluate/robust.hpp"

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "data/images.hpp"
#include "infer/geometry.hpp"

namespace troodon::evaluate {
namespace {

constexpr size_t kBatch = 16;
constexpr int kStrengths = 5;

data::Source spread(const data::Source& all, int64_t limit) {
  data::Source out = all;
  const auto count = static_cast<int64_t>(all.items.size());
  if (limit <= 0 || limit >= count) return out;
  out.items.clear();
  for (int64_t i = 0; i < limit; ++i)
    out.items.push_back(all.items[static_cast<size_t>(i * count / limit)]);
  return out;
}

/// Pictures as the network sees them, before they come to harm.
class Pictures {
 public:
  Pictures(const data::Source& source, const frozen::Vectors& clean) {
    for (const int64_t item : clean.items) items_.push_back(source.items[item]);
  }
  /// Damaged at their own size, then prepared as whole ones.
  std::vector<image::Image> damaged(const infer::Embedder& embedder,
                                    size_t first,
                                    size_t count,
                                    image::Corruption corruption,
                                    int strength,
                                    uint64_t seed,
                                    size_t threads) const {
    std::vector<image::Image> out(count);
    parallel_for(
        count,
        [&](size_t i) {
          const auto picture = data::read_picture(items_[first + i]);
          if (!picture) fail(Exit::input, "{}", picture.reason());
          const uint64_t draw = mix(seed, static_cast<uint64_t>(corruption), strength, first + i);
          out[i] = embedder.prepare(image::corrupt(*picture, corruption, strength, draw));
        },
        threads);
    return out;
  }
  size_t size() const { return items_.size(); }

 private:
  std::vector<data::Item> items_;
};

/// One vector per picture, damaged; the rest as the sound one has it.
frozen::Vectors look_at_damage(const RobustOptions& options,
                               infer::Embedder& embedder,
                               const Pictures& pictures,
                               const frozen::Vectors& clean,
                               image::Corruption corruption,
                               int strength) {
  frozen::Vectors out = clean;
  const auto width = static_cast<size_t>(clean.features.dim);
  const Looking& looking = options.classify.looking;
  for (size_t first = 0; first < pictures.size() && !interrupted(); first += kBatch) {
    const size_t count = std::min(kBatch, pictures.size() - first);
    const auto shown = pictures.damaged(
        embedder, first, count, corruption, strength, looking.seed, looking.threads);
    const auto features = embedder.embed(shown);
    std::ranges::copy(features, out.features.values.begin() + static_cast<int64_t>(first * width));
  }
  return out;
}

/// Top-1 errors of one head on several looks at the same pictures: it is trained once and sees all
/// of them behind one another.
std::vector<double> errors_of(const ClassifyOptions& options,
                              const frozen::Vectors& train,
                              const std::vector<frozen::Vectors>& looks) {
  frozen::Vectors all = looks.front();
  all.groups.clear();
  for (size_t i = 1; i < looks.size(); ++i) {
    const index::Features& more = looks[i].features;
    index::Features& to = all.features;
    to.values.insert(to.values.end(), more.values.begin(), more.values.end());
    to.ids.insert(to.ids.end(), more.ids.begin(), more.ids.end());
    to.labels.insert(to.labels.end(), more.labels.begin(), more.labels.end());
    to.rows += more.rows;
  }
  const auto right = classify_vectors(options, train, std::move(all)).right();
  const auto each = static_cast<int64_t>(right.size() / looks.size());
  std::vector<double> out;
  for (auto at = right.begin(); at != right.end(); at += each)
    out.push_back(1 - std::accumulate(at, at + each, 0.0) / static_cast<double>(each));
  return out;
}

std::vector<image::Corruption> chosen(const RobustOptions& options) {
  if (!options.corruptions.empty()) return options.corruptions;
  std::vector<image::Corruption> out;
  for (const auto name : image::kCorruptionNames) out.push_back(image::corruption_of(name));
  return out;
}

}  // namespace

Robust robust(const RobustOptions& options, const data::Source& train, const data::Source& val) {
  const data::Source judged = spread(val, options.limit);
  const Looking& looking = options.classify.looking;
  const auto learnt = look(looking, train, infer::Output::probe, options.classify.layers);
  const auto clean = look(looking, judged, infer::Output::probe, options.classify.layers);
  Robust out{.corruptions = chosen(options), .pictures = clean.features.rows};
  out.interrupted = learnt.interrupted || clean.interrupted;
  if (out.interrupted) return out;
  const Pictures pictures(judged, clean);
  infer::Embedder embedder = embedder_of(looking, options.classify.layers);
  std::vector<frozen::Vectors> all = {clean};
  Progress progress(
      "damaged pictures", out.corruptions.size() * kStrengths * pictures.size(), looking.progress);
  for (const image::Corruption corruption : out.corruptions) {
    for (int strength = 1; strength <= kStrengths; ++strength) {
      all.push_back(look_at_damage(options, embedder, pictures, clean, corruption, strength));
      progress.advance(pictures.size());
      out.interrupted = interrupted();
      if (out.interrupted) return out;
    }
  }
  const auto errors = errors_of(options.classify, learnt, all);
  out.clean_error = errors[0];
  for (size_t c = 0; c < out.corruptions.size(); ++c) {
    metrics::StrengthErrors& row = out.errors.emplace_back();
    for (size_t s = 0; s < kStrengths; ++s) {
      row[s] = errors[1 + c * kStrengths + s];
      out.mean_error += row[s] / static_cast<double>(out.corruptions.size() * kStrengths);
    }
  }
  return out;
}

}  // namespace troodon::evaluate
