#include <cmath>
#include <fstream>
#include <regex>

#include "base/error.hpp"
#include "golden.hpp"
#include "views/collate.hpp"
#include "views/masks.hpp"

namespace golden {
namespace {

using troodon::fail;
using namespace troodon::views;

/// Gives back recorded draws, and insists on the recorded kinds and ranges.
class RecordedDraws : public MaskDraws {
 public:
  explicit RecordedDraws(const json& draws) : draws_(draws) {}
  double unit() override { return take("uniform").at(3).get<double>(); }
  int64_t integer(int64_t low, int64_t high) override {
    const json& draw = take("randint");
    if (draw.at(1) != low || draw.at(2) != high)
      fail("draw {}: asked {}..{}, recorded {}", at_ - 1, low, high, draw.dump());
    return draw.at(4);
  }
  std::vector<int64_t> permutation(int64_t n) override {
    const json& draw = take("shuffle");
    if (draw.at(1) != n)
      fail("draw {}: asked a shuffle of {}, recorded {}", at_ - 1, n, draw.at(1).dump());
    return draw.at(4);
  }
  bool done() const { return at_ == draws_.size(); }

 private:
  const json& take(const std::string& kind) {
    if (done()) fail("more draws asked than the {} recorded", draws_.size());
    const json& draw = draws_[at_++];
    if (draw.at(0) != kind) fail("draw {}: asked {}, recorded {}", at_ - 1, kind, draw.dump());
    return draw;
  }
  const json& draws_;
  size_t at_ = 0;
};

MaskOptions grid_of(const json& size, const json& max_num_patches) {
  MaskOptions options{.rows = size.at(0), .columns = size.at(1)};
  if (!max_num_patches.is_null()) options.max_block = max_num_patches;
  return options;
}

template <class T>
Tensor tensor_of(const std::vector<T>& values, at::IntArrayRef shape) {
  return torch::from_blob(const_cast<T*>(values.data()), shape, c10::CppTypeToScalarType<T>::value)
      .clone();
}

void check_mask_traces(const Case& c, Verdict& verdict) {
  for (const json& trace : c.info.at("traces")) {
    RecordedDraws draws(trace.at("draws"));
    const MaskOptions options = grid_of(trace.at("input_size"), trace.at("max_num_patches"));
    const auto mask = block_mask(options, trace.at("target"), draws);
    std::vector<uint8_t> expected;
    for (const json& row : trace.at("mask")) {
      for (const json& cell : row) expected.push_back(cell.get<int>() != 0);
    }
    const std::string what = "target " + trace.at("target").dump();
    verdict.expect(what + " mask", mask == expected);
    verdict.expect(what + " count", std::count(mask.begin(), mask.end(), 1) == trace.at("count"));
    verdict.expect(what + " uses all draws", draws.done());
  }
}

/// Two-sample chi-square of two histograms with cells pooled to at least 10 calls.
void same_histogram(const std::string& what,
                    const Tensor& ours,
                    const Tensor& theirs,
                    Verdict& verdict) {
  const double scale = std::sqrt(theirs.sum().item<double>() / ours.sum().item<double>());
  double chi = 0, a = 0, b = 0;
  int freedom = -1;
  const auto close_cell = [&] {
    if (a + b == 0) return;
    chi += std::pow(a * scale - b / scale, 2) / (a + b);
    ++freedom;
    a = b = 0;
  };
  for (int64_t k = 0; k < theirs.numel(); ++k) {
    a += ours[k].item<double>();
    b += theirs[k].item<double>();
    if (a + b >= 10) close_cell();
  }
  close_cell();
  // Beyond 5 sigma of the chi-square distribution, and some more for its skew at few degrees.
  const double limit = freedom + 5 * std::sqrt(2.0 * std::max(freedom, 1)) + 10;
  verdict.expect(
      what, chi <= limit, std::to_string(chi) + " at " + std::to_string(freedom) + " degrees");
}

void check_mask_stats(const Case& c, Verdict& verdict) {
  for (const auto& [name, stats] : c.values().items()) {
    const MaskOptions options = grid_of(stats.at("input_size"), stats.at("max_num_patches"));
    const int64_t target = stats.at("target");
    const Tensor hist = c.tensor(name + ".hist");
    const auto calls = hist.sum().item<int64_t>();
    SeededDraws draws(troodon::mix(static_cast<uint64_t>(target), options.rows));
    Tensor ours = torch::zeros_like(hist),
           cells = torch::zeros({options.patches()}, torch::kDouble);
    for (int64_t i = 0; i < calls; ++i) {
      const auto mask = block_mask(options, target, draws);
      const auto count = std::count(mask.begin(), mask.end(), 1);
      ours.data_ptr<int64_t>()[count] += 1;
      for (size_t k = 0; k < mask.size(); ++k) cells.data_ptr<double>()[k] += mask[k];
    }
    const double n = static_cast<double>(calls), noise = std::sqrt(2 / n);
    const double mean = (ours * torch::arange(ours.numel())).sum().item<double>() / n;
    verdict.near(name + " mean", mean, stats.at("mean"), 5 * stats.at("std").get<double>() * noise);
    const double exact = stats.at("frac_exact");
    verdict.near(name + " exact",
                 ours[target].item<double>() / n,
                 exact,
                 5 * noise * std::sqrt(exact * (1 - exact)));
    verdict.expect(name + " never over", ours.slice(0, target + 1).sum().item<int64_t>() == 0);
    same_histogram(name + " histogram", ours, hist, verdict);
    const Tensor expected = c.tensor(name + ".cell_freq");
    const Tensor sigma = (expected * (1 - expected)).sqrt() * noise;
    const Tensor z = (cells.view_as(expected) / n - expected).abs() / sigma;
    // The largest of some hundred cells: 5.5 sigma is beyond one in ten thousand.
    verdict.near(name + " cells", z.max().item<double>(), 0, 5.5);
  }
}

void check_collate(const Case& c, Verdict& verdict) {
  const json& config = c.config();
  const int64_t samples = config.at("B"), crops = c.tensor("collated_masks").size(0);
  const CollateOptions options{.mask = grid_of(config.at("grid"), config.at("max_num_patches")),
                               .ratio_min = config.at("mask_ratio_tuple").at(0),
                               .ratio_max = config.at("mask_ratio_tuple").at(1),
                               .probability = config.at("mask_probability")};
  RecordedDraws draws(c.values().at("draws"));
  const BatchMasks batch = collate_masks(crops, options, draws);
  verdict.expect("all draws used", draws.done());
  const Tensor masks = tensor_of(batch.masks, {crops, options.mask.patches()}).to(torch::kBool);
  verdict.equal("collated_masks", masks, c.tensor("collated_masks"));
  verdict.equal("mask_indices_list",
                tensor_of(batch.indices, {batch.masked()}),
                c.tensor("mask_indices_list"));
  verdict.equal(
      "masks_weight", tensor_of(batch.weights, {batch.masked()}), c.tensor("masks_weight"));
  verdict.near("upperbound",
               static_cast<double>(batch.upperbound),
               c.tensor("upperbound").item<double>(),
               0);
  verdict.near("n_masked_patches",
               static_cast<double>(batch.masked()),
               c.tensor("n_masked_patches").item<double>(),
               0);
  verdict.equal("premask",
                c.tensor("premask").view({crops, -1}).index_select(0, c.tensor("shuffle_perm")),
                masks);
  const Tensor probs = c.tensor("probs");
  // Beyond 16 values torch's own linspace depends on the vector width by one unit in the last
  // place.
  const double last_place = probs.numel() < 16 ? 0 : 6e-8;
  verdict.near(
      "probs",
      tensor_of(linspace(options.ratio_min, options.ratio_max, probs.numel()), {probs.numel()}),
      probs,
      last_place);
  for (const auto& [name, base] :
       {std::pair("collated_global_crops", 0), std::pair("collated_local_crops", 1000)}) {
    const Tensor expected = c.tensor(name);
    CropStack stack(samples, expected.size(0) / samples, expected.size(2));
    for (int64_t sample = 0; sample < samples; ++sample) {
      for (int64_t crop = 0; crop < stack.count; ++crop) {
        std::fill_n(stack.at(sample, crop),
                    3 * stack.size * stack.size,
                    static_cast<float>(base + 100 * sample + crop));
      }
    }
    verdict.equal(name, tensor_of(stack.pixels, expected.sizes()), expected);
  }
}

/// The settings of collate_stats.json stand in its note.
CollateOptions options_in(const std::string& note, int64_t& crops, int64_t& batches) {
  const std::regex form(
      R"(batch (\d+)/GPU, (\d+)x(\d+) grid, ratio ([\d.]+)-([\d.]+), prob ([\d.]+); (\d+) batches.*)");
  std::smatch found;
  if (!std::regex_match(note, found, form)) fail("the note has another form: {}", note);
  crops = 2 * std::stoll(found[1]);
  batches = std::stoll(found[7]);
  CollateOptions options{.mask = {.rows = std::stoll(found[2]), .columns = std::stoll(found[3])},
                         .ratio_min = std::stod(found[4]),
                         .ratio_max = std::stod(found[5]),
                         .probability = std::stod(found[6])};
  options.mask.max_block = std::floor(0.5 * static_cast<double>(options.mask.patches()));
  return options;
}

void check_collate_stats(const Case& c, Verdict& verdict) {
  int64_t crops = 0, batches = 0;
  const CollateOptions options = options_in(c.info.at("note"), crops, batches);
  SeededDraws draws(static_cast<uint64_t>(crops));
  std::vector<double> ratios;
  double unmasked = 0;
  for (int64_t b = 0; b < batches; ++b) {
    const BatchMasks batch = collate_masks(crops, options, draws);
    for (const json& upperbound : c.info.at("upperbound")) {
      verdict.near("upperbound", static_cast<double>(batch.upperbound), upperbound, 0);
    }
    const int64_t n = options.mask.patches();
    for (int64_t i = 0; i < crops; ++i) {
      const auto count =
          std::count(batch.masks.begin() + i * n, batch.masks.begin() + (i + 1) * n, 1);
      if (count > 0) ratios.push_back(static_cast<double>(count) / static_cast<double>(n));
      unmasked += count == 0;
    }
  }
  verdict.near("unmasked",
               unmasked / static_cast<double>(crops * batches),
               c.info.at("frac_unmasked"),
               1e-9);
  const Tensor all = tensor_of(ratios, {static_cast<int64_t>(ratios.size())});
  const double sigma =
      c.info.at("std").get<double>() / std::sqrt(static_cast<double>(ratios.size()));
  verdict.near(
      "mean", all.mean().item<double>(), c.info.at("mean_masked_ratio_of_masked"), 5 * sigma);
  verdict.near("std", all.std().item<double>(), c.info.at("std"), 5 * sigma);
  const auto expected = c.info.at("quantiles").get<std::vector<double>>();
  const std::vector<double> places = {0, 0.1, 0.25, 0.5, 0.75, 0.9, 1};
  verdict.expect("seven quantiles", expected.size() == places.size());
  for (size_t i = 0; i < std::min(expected.size(), places.size()); ++i) {
    // Masks come in whole patches, and may be some short.
    verdict.near("quantile",
                 all.quantile(places[i]).item<double>(),
                 expected[i],
                 4.0 / static_cast<double>(options.mask.patches()));
  }
}

const Check kMaskTraces{"masking/traces.json", check_mask_traces};
const Check kMaskStats{"masking/stats.*", check_mask_stats};
const Check kCollate{"masking/collate[0-9]+", check_collate};
const Check kCollateStats{"masking/collate_stats.json", check_collate_stats};

}  // namespace
}  // namespace golden
