#include <algorithm>
#include <map>

#include "golden.hpp"
#include "image/decode.hpp"
#include "views/crops.hpp"

// The multi-crop augmentation against the official one: replayed traces, crop boxes, frequencies.
namespace golden {
namespace {

namespace crops_of = troodon::views;

Tensor crop_pixels(const troodon::image::Image& image) {
  return torch::tensor(at::ArrayRef<uint8_t>(image.pixels), torch::kByte)
      .reshape({image.height, image.width, 3});
}

/// Adds one recorded operation to the plan of the crop it belongs to.
void follow(const json& op, std::vector<crops_of::CropPlan>& plans) {
  static const std::map<std::string, crops_of::ColourOp> kJitter{
      {"adjust_brightness", crops_of::ColourOp::brightness},
      {"adjust_contrast", crops_of::ColourOp::contrast},
      {"adjust_saturation", crops_of::ColourOp::saturation},
      {"adjust_hue", crops_of::ColourOp::hue}};
  const std::string name = op[0];
  if (name == "resized_crop") {
    plans.push_back({.box = {op[1], op[2], op[3], op[4]}, .size = op[5][0]});
  } else if (name == "hflip") {
    plans.back().flip = true;
  } else if (name == "rgb_to_grayscale") {
    plans.back().gray = true;
  } else if (name == "gaussian_blur") {
    plans.back().blur_sigma = op[2][0];
  } else if (name == "solarize") {
    plans.back().solarize = true;
  } else if (kJitter.count(name) != 0) {
    plans.back().jitter.push_back({kJitter.at(name), op[1].get<double>()});
  } else {
    throw std::runtime_error("unknown operation " + name);
  }
}

void check_traces(const Case& c, Verdict& verdict) {
  for (const auto& [key, run] : c.values().items()) {
    if (!run.is_object() || !run.contains("trace")) continue;
    const fs::path path = c.path.parent_path() / "images" / run.at("image").get<std::string>();
    verdict.covers(path);
    const auto picture =
        troodon::image::read(path, {.orientation = troodon::image::Orientation::ignore});
    if (!picture) throw std::runtime_error(picture.reason());
    std::vector<crops_of::CropPlan> plans;
    for (const json& op : run.at("trace")) follow(op, plans);
    for (size_t i = 0; i < plans.size(); ++i) {
      const std::string name =
          key + (i < 2 ? ".global" + std::to_string(i) : ".local" + std::to_string(i - 2));
      const Tensor ours = crop_pixels(crops_of::apply(*picture, plans[i]));
      // Blur sums float32 in another order: one grey level; the solarised level may then jump.
      const bool jumps = plans[i].solarize && plans[i].blur_sigma > 0;
      const Tensor off = (ours.to(torch::kInt) - c.tensor(name).to(torch::kInt)).abs();
      const auto beyond = off.gt(plans[i].blur_sigma > 0 ? 1 : 0).sum().item<int64_t>();
      verdict.expect(name,
                     beyond <= (jumps ? off.numel() / 1000 : 0),
                     fmt::format("{} values differ", beyond));
    }
  }
}
const Check kTraces{"augment/dino_augmentation", check_traces};

std::vector<double> quantiles(std::vector<double> values, const json& levels) {
  std::sort(values.begin(), values.end());
  std::vector<double> out;
  for (const double level : levels) {
    out.push_back(values[static_cast<size_t>(level * static_cast<double>(values.size() - 1))]);
  }
  return out;
}

struct BoxCase {
  std::string name;
  int width, height;
  crops_of::AreaRange scale;
};

void check_exact_boxes(const Case& c, const BoxCase& box_case, Verdict& verdict) {
  const std::string key = "exact." + box_case.name;
  if (!c.has(key)) return;
  troodon::TorchRandom random(c.values().at("seed").get<uint64_t>());
  const Tensor expected = c.tensor(key);
  Tensor ours = torch::empty_like(expected);
  for (int64_t i = 0; i < expected.size(0); ++i) {
    const auto box =
        crops_of::random_resized_crop_box(box_case.width, box_case.height, box_case.scale, random);
    ours[i] = torch::tensor({box.top, box.left, box.height, box.width}, torch::kInt);
  }
  verdict.equal(key, ours, expected);
}

void check_box_statistics(const Case& c,
                          const BoxCase& box_case,
                          const json& facts,
                          Verdict& verdict) {
  constexpr int kDraws = 20000;
  troodon::Random random(c.values().at("seed").get<uint64_t>());
  std::vector<double> area, aspect;
  double area_sum = 0, top_sum = 0, left_sum = 0;
  for (int i = 0; i < kDraws; ++i) {
    const auto box =
        crops_of::random_resized_crop_box(box_case.width, box_case.height, box_case.scale, random);
    const double pixels = static_cast<double>(box_case.width) * box_case.height;
    area.push_back(box.height * static_cast<double>(box.width) / pixels);
    aspect.push_back(static_cast<double>(box.width) / box.height);
    area_sum += area.back(), top_sum += box.top, left_sum += box.left;
  }
  // The reference itself is a sample of 5000: about four standard errors are allowed.
  const std::string name = box_case.name;
  verdict.near(name + " mean area", area_sum / kDraws, facts.at("area_mean"), 0.012);
  verdict.near(name + " mean top", top_sum / kDraws, facts.at("top_mean"), 0.02 * box_case.height);
  verdict.near(
      name + " mean left", left_sum / kDraws, facts.at("left_mean"), 0.02 * box_case.width);
  const json& levels = c.values().at("quantile_levels");
  const auto area_q = quantiles(area, levels), aspect_q = quantiles(aspect, levels);
  for (size_t i = 0; i < levels.size(); ++i) {
    verdict.near(name + " area quantile", area_q[i], facts.at("area_q")[i], 0.03);
    verdict.near(name + " aspect quantile", aspect_q[i], facts.at("aspect_q")[i], 0.04);
  }
}

void check_boxes(const Case& c, Verdict& verdict) {
  for (const auto& [key, value] : c.values().items()) {
    if (key.rfind("stats_", 0) != 0) continue;
    for (const auto& [name, facts] : value.items()) {
      const BoxCase box_case{.name = name,
                             .width = facts.at("size_wh")[0],
                             .height = facts.at("size_wh")[1],
                             .scale = {facts.at("scale")[0], facts.at("scale")[1]}};
      check_exact_boxes(c, box_case, verdict);
      check_box_statistics(c, box_case, facts, verdict);
    }
  }
}
const Check kBoxes{"augment/random_resized_crop", check_boxes};

std::map<std::string, double> frequencies(crops_of::CropKind kind, int draws, uint64_t seed) {
  troodon::Random random(seed);
  std::map<std::string, double> counts;
  for (int i = 0; i < draws; ++i) {
    const crops_of::CropPlan plan = crops_of::draw_crop(kind, 640, 480, {}, random);
    const double once = 1.0 / draws;
    if (!plan.jitter.empty()) {
      for (const char* op : {"brightness", "contrast", "saturation", "hue"}) {
        counts[std::string("adjust_") + op] += once;
      }
    }
    counts["rgb_to_grayscale"] += plan.gray ? once : 0;
    counts["gaussian_blur"] += plan.blur_sigma > 0 ? once : 0;
    counts["solarize"] += plan.solarize ? once : 0;
  }
  return counts;
}

void check_frequencies(const Case& c, Verdict& verdict) {
  const double n = c.info.at("n");
  const std::map<std::string, crops_of::CropKind> kinds{
      {"global1", crops_of::CropKind::first_global},
      {"global2", crops_of::CropKind::second_global},
      {"local", crops_of::CropKind::local}};
  for (const auto& [kind, crop_kind] : kinds) {
    const json& expected = c.info.at("freq").at(kind);
    for (const auto& [op, ours] : frequencies(crop_kind, 20000, 1)) {
      // Five standard errors of the reference's own sample; absent means never.
      verdict.near(kind + " " + op, ours, expected.value(op, 0.0), 5 * 0.5 / std::sqrt(n));
      if (!expected.contains(op)) verdict.expect(kind + " never does " + op, ours == 0);
    }
  }
}
const Check kFrequencies{"augment/op_frequencies\\.json", check_frequencies};

}  // namespace
}  // namespace golden
