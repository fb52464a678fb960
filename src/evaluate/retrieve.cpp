#include "evaluate/retrieve.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "base/error.hpp"
#include "datasets/copies.hpp"
#include "datasets/landmarks.hpp"
#include "evaluate/shown.hpp"
#include "image/resize.hpp"
#include "index/nearest.hpp"

namespace troodon::evaluate {
namespace {

constexpr double kLargestScale = 8;

/// Blocks whose class tokens a descriptor takes; a network gives at most what it has.
int64_t layers_of(Descriptor descriptor) {
  return descriptor == Descriptor::deep ? std::numeric_limits<int32_t>::max() : 1;
}

/// Probe features, class tokens and then the mean patch token ([rows, dim] a picture) ->
/// descriptors of unit length.
void describe(std::vector<float>& values,
              const std::vector<int64_t>& item_shape,
              Descriptor descriptor) {
  const int64_t rows = item_shape.front(), dim = item_shape.back();
  index::normalize_rows(values, dim);
  if (descriptor != Descriptor::cls) {
    index::normalize_rows(values, rows * dim);
    return;
  }
  std::vector<float> out;
  for (size_t i = 0; i < values.size(); i += static_cast<size_t>(rows * dim))
    out.insert(out.end(), values.begin() + i, values.begin() + i + dim);
  values = std::move(out);
}

/// The same features at each scale; sizes are multiples of the patch.
std::vector<Looking> at_scales(const RetrieveOptions& options) {
  if (options.scales == std::vector<double>{1}) return {options.looking};
  const infer::Embedder embedder = embedder_of(options.looking, /*layers=*/1);
  const auto patch = static_cast<double>(embedder.patch_size());
  std::vector<Looking> out;
  for (const double scale : options.scales) {
    if (!(scale > 0 && scale <= kLargestScale))
      fail(Exit::usage,
           "scale {}: sizes are multiplied by more than 0 and at most {}",
           scale,
           kLargestScale);
    const double patches = std::round(scale * static_cast<double>(embedder.size()) / patch);
    out.push_back(options.looking);
    out.back().size = static_cast<int64_t>(std::max(patches, 1.0) * patch);
  }
  return out;
}

/// Adds descriptors of another scale.
void add_up(std::vector<float>& sum, const std::vector<float>& more) {
  if (sum.empty()) sum.resize(more.size());
  for (size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
}

/// Unit descriptors of a source's pictures.
frozen::Vectors descriptors(const std::vector<Looking>& looks,
                            Descriptor descriptor,
                            const data::Source& source) {
  frozen::Vectors out;
  std::vector<float> sum;
  for (const Looking& looking : looks) {
    out = look(looking, source, infer::Output::probe, layers_of(descriptor));
    if (out.interrupted) return out;
    if (out.bad > 0)
      fail(Exit::input,
           "{}: {} pictures cannot be read, so ranks would shift: {}",
           source.description,
           out.bad,
           out.bad_files.begin()->second);
    describe(out.features.values, out.item_shape, descriptor);
    add_up(sum, out.features.values);
  }
  out.features.values = std::move(sum);
  out.features.dim = static_cast<int64_t>(out.features.values.size()) / out.features.rows;
  index::normalize_rows(out.features.values, out.features.dim);
  return out;
}

image::Image query_picture(const datasets::LandmarkQuery& query) {
  image::Image picture = picture_of(query.picture);
  const int left = std::clamp(static_cast<int>(query.box[0]), 0, picture.width - 1);
  const int top = std::clamp(static_cast<int>(query.box[1]), 0, picture.height - 1);
  const int right = std::clamp(static_cast<int>(query.box[2]), 0, picture.width);
  const int bottom = std::clamp(static_cast<int>(query.box[3]), 0, picture.height);
  if (right - left < 2 || bottom - top < 2) return picture;
  return image::crop(picture, {top, left, bottom - top, right - left});
}

/// Descriptors of the queries, each cut out by its box.
index::Features query_descriptors(const std::vector<Looking>& looks,
                                  Descriptor descriptor,
                                  const std::vector<datasets::LandmarkQuery>& queries) {
  index::Features out{.rows = static_cast<int64_t>(queries.size())};
  for (const Looking& looking : looks) {
    infer::Embedder embedder = embedder_of(looking, layers_of(descriptor));
    std::vector<float> values;
    for (const auto& query : queries) {
      const image::Image shown = embedder.prepare(query_picture(query));
      const auto features = embedder.embed({&shown, 1});
      values.insert(values.end(), features.begin(), features.end());
    }
    describe(values, embedder.item_shape(), descriptor);
    add_up(out.values, values);
  }
  out.dim = static_cast<int64_t>(out.values.size()) / std::max<int64_t>(out.rows, 1);
  index::normalize_rows(out.values, out.dim);
  return out;
}

std::vector<int64_t> list_of(std::span<const int64_t> row) {
  return {row.begin(), row.end()};
}

/// Of each change the copies whose nearest reference is the original.
std::vector<CopyScores::Change> changes_of(const datasets::CopySet& set,
                                           const index::Neighbours& found) {
  std::map<std::string, CopyScores::Change> by_name;
  for (size_t i = 0; i < set.original.size(); ++i) {
    CopyScores::Change& change = by_name[set.change[i]];
    change.name = set.change[i];
    change.recall_at_1 += found.index_of(static_cast<int64_t>(i))[0] == set.original[i] ? 1 : 0;
    ++change.copies;
  }
  std::vector<CopyScores::Change> out;
  for (auto& [name, change] : by_name) {
    change.recall_at_1 /= static_cast<double>(change.copies);
    out.push_back(change);
  }
  std::ranges::stable_sort(out, {}, &CopyScores::Change::recall_at_1);
  return out;
}

double uap_of(const datasets::CopySet& set, const index::Neighbours& found) {
  std::vector<double> scores;
  std::vector<uint8_t> positive;
  for (size_t i = 0; i < set.original.size(); ++i) {
    const auto row = static_cast<int64_t>(i);
    for (size_t j = 0; j < found.index_of(row).size(); ++j) {
      scores.push_back(found.score_of(row)[j]);
      positive.push_back(found.index_of(row)[j] == set.original[i] ? 1 : 0);
    }
  }
  return metrics::micro_average_precision(
             scores, positive, static_cast<int64_t>(set.original.size()))
      .value;
}

}  // namespace

LandmarkScores retrieve_landmarks(const RetrieveOptions& options, const fs::path& folder) {
  const datasets::Landmarks set = datasets::open_landmarks(folder);
  RetrieveOptions whole = options;
  if (whole.looking.resize == infer::Resize::crop) whole.looking.resize = infer::Resize::stretch;
  const std::vector<Looking> looks = at_scales(whole);
  const frozen::Vectors base = descriptors(looks, options.descriptor, set.pictures);
  LandmarkScores out{.pictures = base.features.rows,
                     .queries = static_cast<int64_t>(set.queries.size()),
                     .interrupted = base.interrupted};
  if (out.interrupted) return out;
  const index::Features queries = query_descriptors(looks, options.descriptor, set.queries);
  const index::Neighbours found =
      index::nearest(queries.matrix(), base.features.matrix(), {.k = base.features.rows});
  std::vector<metrics::QueryTruth> truths;
  for (size_t i = 0; i < set.queries.size(); ++i) {
    out.ranks.push_back(list_of(found.index_of(static_cast<int64_t>(i))));
    truths.push_back({set.queries[i].easy, set.queries[i].hard, set.queries[i].junk});
  }
  using metrics::Difficulty;
  out.easy = metrics::revisited(out.ranks, truths, Difficulty::easy, options.kappas);
  out.medium = metrics::revisited(out.ranks, truths, Difficulty::medium, options.kappas);
  out.hard = metrics::revisited(out.ranks, truths, Difficulty::hard, options.kappas);
  return out;
}

LabelScores retrieve_labels(const RetrieveOptions& options, const data::Source& source) {
  const frozen::Vectors all = descriptors(at_scales(options), options.descriptor, source);
  LabelScores out{.ids = all.features.ids, .groups = all.groups, .interrupted = all.interrupted};
  if (out.interrupted) return out;
  if (std::ranges::none_of(all.features.labels, [](int64_t label) { return label >= 0; }))
    fail(Exit::input, "{}: has no labels; retrieval by class needs them", source.description);
  const index::Matrix rows = all.features.matrix();
  const int64_t deepest = std::min(std::ranges::max(options.kappas), rows.rows - 1);
  const auto found = index::nearest(rows, rows, {.k = deepest, .skip_self = true});
  std::map<int64_t, std::vector<int64_t>> members;
  for (int64_t i = 0; i < rows.rows; ++i) members[all.features.labels[i]].push_back(i);
  std::vector<std::vector<int64_t>> ranks, relevant;
  std::vector<double> confidence;
  std::vector<uint8_t> correct;
  for (int64_t i = 0; i < rows.rows; ++i) {
    ranks.push_back(list_of(found.index_of(i)));
    relevant.push_back(members[all.features.labels[i]]);
    std::erase(relevant.back(), i);
    confidence.push_back(found.score_of(i)[0]);
    correct.push_back(all.features.labels[ranks.back()[0]] == all.features.labels[i] ? 1 : 0);
    out.right.push_back(correct.back());
  }
  for (const int64_t k : options.kappas)
    out.map_at.push_back(metrics::mean_average_precision_at(k, ranks, relevant));
  out.recall_at_1 =
      std::accumulate(out.right.begin(), out.right.end(), 0.0) / static_cast<double>(rows.rows);
  out.gap = metrics::global_average_precision(confidence, correct, rows.rows);
  return out;
}

CopyScores retrieve_copies(const RetrieveOptions& options,
                           const fs::path& folder,
                           const std::string& distractors) {
  datasets::CopySet set = datasets::open_copies(folder);
  if (!distractors.empty()) {
    data::Source more = data::open_source(distractors);
    std::ranges::move(more.items, std::back_inserter(set.references.items));
  }
  set.references.description = fmt::format("{}: originals", folder.string());
  const std::vector<Looking> looks = at_scales(options);
  const frozen::Vectors base = descriptors(looks, options.descriptor, set.references);
  if (base.interrupted) return {.interrupted = true};
  const frozen::Vectors queries = descriptors(looks, options.descriptor, set.queries);
  if (queries.interrupted) return {.interrupted = true};
  const auto found =
      index::nearest(queries.features.matrix(), base.features.matrix(), {.k = base.features.rows});
  CopyScores out{.uap = uap_of(set, found),
                 .changes = changes_of(set, found),
                 .copies = queries.features.rows,
                 .references = base.features.rows};
  for (const auto& change : out.changes)
    out.recall_at_1 +=
        change.recall_at_1 * static_cast<double>(change.copies) / static_cast<double>(out.copies);
  return out;
}

}  // namespace troodon::evaluate
