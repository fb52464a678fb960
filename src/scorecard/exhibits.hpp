#pragma once

#include <string>
#include <vector>

#include "evaluate/classify.hpp"
#include "evaluate/depth.hpp"
#include "evaluate/domains.hpp"
#include "evaluate/retrieve.hpp"
#include "evaluate/robust.hpp"
#include "evaluate/segment.hpp"
#include "metrics/groups.hpp"

// What a page shows of one protocol besides its figures: HTML, self-contained.
namespace troodon::scorecard {

/// Counts by true class (rows) and said class, shaded; the worst confusions in words.
std::string confusion_html(const std::vector<std::string>& classes,
                           const std::vector<int64_t>& confusion);

/// Said confidence against accuracy, bin by bin, and the errors in numbers.
std::string calibration_html(const metrics::Calibration& calibration);

/// Learnt on (rows), judged on (columns), shaded; the diagonal held out.
std::string domains_html(const evaluate::Domains& domains);

/// Top-1 errors by corruption and strength, shaded.
std::string robust_html(const evaluate::Robust& robust);

/// Groups with their intervals, worst first, and the gap.
std::string groups_html(const std::string& column, const metrics::GroupReport& groups);

/// Classes with IoU and accuracy, best first.
std::string classes_html(const std::vector<std::string>& classes,
                         const metrics::SegmentationScores& scores);

/// Picture, mask, what was said.
std::string masks_html(const std::vector<evaluate::SegmentedPicture>& shown);

/// Picture, measured depth, what was said, one scale of colours for both.
std::string depth_html(const std::vector<evaluate::DepthPicture>& shown);

/// Copies found, change by change.
std::string changes_html(const evaluate::CopyScores& copies);

}  // namespace troodon::scorecard
