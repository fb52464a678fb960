#include "scorecard/exhibits.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "exports/depth.hpp"
#include "exports/mask.hpp"
#include "report/gallery.hpp"
#include "report/text.hpp"
#include "scorecard/html.hpp"

namespace troodon::scorecard {
namespace {

using report::escape_html;

constexpr size_t kMostClasses = 40;  ///< a larger matrix tells a reader nothing
constexpr size_t kWorst = 5;

std::string percent(double value) {
  return std::isfinite(value) ? fmt::format("{:.1f} %", 100 * value) : "–";
}

/// The pairs that are taken for each other most.
std::string worst_confusions(const std::vector<std::string>& classes,
                             const std::vector<int64_t>& confusion) {
  const size_t n = classes.size();
  std::vector<size_t> places(confusion.size());
  std::iota(places.begin(), places.end(), size_t{0});
  std::erase_if(places, [&](size_t i) { return i / n == i % n || confusion[i] == 0; });
  std::ranges::stable_sort(places, std::ranges::greater(), [&](size_t i) { return confusion[i]; });
  std::string out;
  for (size_t i = 0; i < std::min(kWorst, places.size()); ++i)
    out += fmt::format("{}{} taken for {} ({})",
                       out.empty() ? "Most often: " : "; ",
                       classes[places[i] / n],
                       classes[places[i] % n],
                       confusion[places[i]]);
  return out.empty() ? "" : paragraph(out + ".");
}

std::string figure_html(const image::Image& picture, const std::string& caption) {
  return fmt::format(
      "<figure><img src=\"{}\" alt=\"{}\" loading=\"lazy\"><figcaption>{}</figcaption></figure>\n",
      report::data_address(picture),
      escape_html(caption),
      escape_html(caption));
}

/// Pixels without a class show the picture.
image::Image mask_picture(const evaluate::SegmentedPicture& shown, std::vector<int32_t> mask) {
  std::ranges::replace(mask, datasets::kIgnored, -1);
  return exports::overlay(shown.picture, {shown.picture.width, shown.picture.height, mask}, 0.6);
}

exports::Depth depth_of(const evaluate::DepthPicture& shown, const std::vector<float>& metres) {
  return {shown.picture.width, shown.picture.height, metres};
}

}  // namespace

std::string confusion_html(const std::vector<std::string>& classes,
                           const std::vector<int64_t>& confusion) {
  const size_t n = classes.size();
  if (n > kMostClasses) return worst_confusions(classes, confusion);
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (size_t truth = 0; truth < n; ++truth) {
    const auto own = std::span(confusion).subspan(truth * n, n);
    const auto all = std::max<int64_t>(std::accumulate(own.begin(), own.end(), int64_t{0}), 1);
    std::vector<Cell> cells;
    for (size_t said = 0; said < n; ++said)
      cells.push_back({own[said] == 0 ? "" : std::to_string(own[said]),
                       static_cast<double>(own[said]) / static_cast<double>(all),
                       said == truth});
    rows.emplace_back(classes[truth], std::move(cells));
  }
  return table_html("is \\ said", classes, rows) + worst_confusions(classes, confusion);
}

std::string calibration_html(const metrics::Calibration& calibration) {
  constexpr double kSide = 220, kLeft = 34, kTop = 6;
  std::string bars;
  const double width = kSide / static_cast<double>(std::max<size_t>(calibration.bins.size(), 1));
  for (size_t i = 0; i < calibration.bins.size(); ++i) {
    const auto& bin = calibration.bins[i];
    if (bin.count == 0) continue;
    bars += fmt::format(
        R"(<rect class="bar" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"><title>{} pictures: confidence {:.2f}, accuracy {:.2f}</title></rect>)",
        kLeft + width * static_cast<double>(i) + 0.5,
        kTop + kSide * (1 - bin.accuracy),
        width - 1,
        kSide * bin.accuracy,
        bin.count,
        bin.confidence,
        bin.accuracy);
  }
  const std::string plot = fmt::format(
      R"(<svg class="plot" viewBox="0 0 {0} {1}" role="img" aria-label="Accuracy by confidence">
<line class="axis" x1="{2}" y1="{3}" x2="{2}" y2="{4}"/><line class="axis" x1="{2}" y1="{4}" x2="{5}" y2="{4}"/>
{6}<line class="ideal" x1="{2}" y1="{4}" x2="{5}" y2="{3}"/>
<text x="{2}" y="{7}">confidence 0</text><text x="{5}" y="{7}" text-anchor="end">1</text>
<text x="{8}" y="{9}" text-anchor="end">1</text><text x="{8}" y="{4}" text-anchor="end">0</text></svg>
)",
      kLeft + kSide + 8,
      kTop + kSide + 22,
      kLeft,
      kTop,
      kTop + kSide,
      kLeft + kSide,
      bars,
      kTop + kSide + 15,
      kLeft - 5,
      kTop + 10);
  return paragraph(fmt::format(
             "Bars are accuracies; on the dashed line confidence keeps its word. Expected "
             "calibration error {:.3f}, largest {:.3f}, Brier score {:.3f}.",
             calibration.expected_error,
             calibration.maximum_error,
             calibration.brier)) +
         plot;
}

std::string domains_html(const evaluate::Domains& domains) {
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (size_t learnt = 0; learnt < domains.names.size(); ++learnt) {
    std::vector<Cell> cells;
    for (size_t judged = 0; judged < domains.names.size(); ++judged) {
      const double value = domains.at(learnt, judged);
      cells.push_back({percent(value), value, learnt == judged});
    }
    rows.emplace_back(domains.names[learnt], std::move(cells));
  }
  return table_html("learnt \\ judged", domains.names, rows) +
         paragraph(fmt::format("Top-1. On the diagonal parts of the domain were held out in turn. "
                               "Own domain {}, others {}; the largest class alone would give {}.",
                               percent(domains.own),
                               percent(domains.other),
                               percent(domains.chance)));
}

std::string robust_html(const evaluate::Robust& robust) {
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (size_t i = 0; i < robust.errors.size(); ++i) {
    std::vector<Cell> cells;
    for (const double error : robust.errors[i]) cells.push_back({percent(error), error});
    std::string name(image::kCorruptionNames[static_cast<size_t>(robust.corruptions[i])]);
    std::ranges::replace(name, '_', ' ');
    rows.emplace_back(name, std::move(cells));
  }
  return table_html("error at strength", {"1", "2", "3", "4", "5"}, rows) +
         paragraph(fmt::format("Top-1 error; on the same {} pictures undamaged {}, mean over all "
                               "damage {}.",
                               robust.pictures,
                               percent(robust.clean_error),
                               percent(robust.mean_error)));
}

std::string groups_html(const std::string& column, const metrics::GroupReport& groups) {
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (const auto& group : groups.groups)
    rows.emplace_back(group.name.empty() ? "(nothing said)" : group.name,
                      std::vector<Cell>{{std::to_string(group.count)},
                                        {three_digits(group.estimate.value), -1, true},
                                        {fmt::format("{} to {}",
                                                     three_digits(group.estimate.low),
                                                     three_digits(group.estimate.high))},
                                        {group.too_few ? "too few to tell" : ""}});
  return table_html(column, {"pictures", "value", "95 % interval", ""}, rows) +
         paragraph(fmt::format(
             "Worst first. Best minus worst: {} ({} to {}); worst over best: {} ({} to {}). An "
             "interval of the gap that holds 0 may be chance.",
             three_digits(groups.gap.value),
             three_digits(groups.gap.low),
             three_digits(groups.gap.high),
             three_digits(groups.ratio.value),
             three_digits(groups.ratio.low),
             three_digits(groups.ratio.high)));
}

std::string classes_html(const std::vector<std::string>& classes,
                         const metrics::SegmentationScores& scores) {
  std::vector<size_t> order;
  for (size_t i = 0; i < classes.size(); ++i)
    if (std::isfinite(scores.iou[i])) order.push_back(i);
  std::ranges::stable_sort(order, std::ranges::greater(), [&](size_t i) { return scores.iou[i]; });
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (const size_t i : order)
    rows.emplace_back(classes[i],
                      std::vector<Cell>{{three_digits(scores.iou[i]), scores.iou[i]},
                                        {three_digits(scores.accuracy[i])}});
  return table_html("class", {"IoU", "accuracy"}, rows);
}

std::string masks_html(const std::vector<evaluate::SegmentedPicture>& shown) {
  std::string out;
  for (const auto& one : shown)
    out += "<div class=\"strip\">" + figure_html(one.picture, one.id) +
           figure_html(mask_picture(one, one.truth), "the truth; uncoloured does not count") +
           figure_html(mask_picture(one, one.said),
                       fmt::format("what the head says, mIoU {}", three_digits(one.miou))) +
           "</div>\n";
  return out;
}

std::string depth_html(const std::vector<evaluate::DepthPicture>& shown) {
  std::string out;
  for (const auto& one : shown) {
    const std::vector<float> truth(one.truth.begin(), one.truth.end());
    const std::vector<float> said(one.said.begin(), one.said.end());
    const exports::DepthRange range = exports::range_of(depth_of(one, truth));
    out += "<div class=\"strip\">" + figure_html(one.picture, one.id) +
           figure_html(exports::depth_picture(depth_of(one, truth), range),
                       fmt::format("measured, {:.2f} m (light) to {:.2f} m (dark); black: not",
                                   range.near,
                                   range.far)) +
           figure_html(exports::depth_picture(depth_of(one, said), range),
                       fmt::format("what the head says, RMSE {:.3f} m", one.rmse)) +
           "</div>\n";
  }
  return out;
}

std::string changes_html(const evaluate::CopyScores& copies) {
  std::vector<std::pair<std::string, std::vector<Cell>>> rows;
  for (const auto& change : copies.changes)
    rows.emplace_back(change.name.empty() ? "copies" : change.name,
                      std::vector<Cell>{{std::to_string(change.copies)},
                                        {percent(change.recall_at_1), change.recall_at_1}});
  return table_html("change", {"copies", "original nearest"}, rows);
}

}  // namespace troodon::scorecard
