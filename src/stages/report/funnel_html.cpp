#include <algorithm>

#include <fmt/format.h>

#include "report/text.hpp"
#include "stages/report/html.hpp"

namespace troodon::stages {
namespace {

constexpr size_t kReasons = 6;  ///< that have a colour of their own

double percent(int64_t part, int64_t all) {
  return all == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(all);
}

/// Why pictures went, the commonest reason first; rare ones together.
std::vector<std::pair<std::string, int64_t>> ranked(const std::map<std::string, int64_t>& reasons) {
  std::vector<std::pair<std::string, int64_t>> out(reasons.begin(), reasons.end());
  std::stable_sort(
      out.begin(), out.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (out.size() <= kReasons) return out;
  int64_t rest = 0;
  for (size_t i = kReasons - 1; i < out.size(); ++i) rest += out[i].second;
  out.resize(kReasons - 1);
  out.emplace_back("other reasons", rest);
  return out;
}

std::string step_html(const std::string& name,
                      const std::string& said,
                      const std::string& bar,
                      const std::string& below) {
  return fmt::format(
      R"(<li><div class="step"><b>{}</b><span>{}</span></div>
<div class="track" aria-hidden="true">{}</div>{}</li>
)",
      report::escape_html(name),
      said,
      bar,
      below);
}

std::string stage_html(const StageNumbers& stage, int64_t pool) {
  std::string bar =
      fmt::format(R"(<i class="stay" style="width:{:.3f}%"></i>)", percent(stage.kept, pool));
  std::string below;
  size_t next = 1;  // 0 is what stays
  for (const auto& [reason, count] : ranked(stage.reasons)) {
    // What was only not chosen has no fault to point at: grey.
    const size_t colour = reason.starts_with("not ") ? 7 : next++;
    bar +=
        fmt::format(R"(<i class="c{}" style="width:{:.3f}%"></i>)", colour, percent(count, pool));
    below += fmt::format(R"(<li><i class="c{}"></i>{} <b>{}</b></li>)",
                         colour,
                         report::escape_html(reason),
                         count_text(count));
  }
  if (!below.empty()) below = R"(<ul class="reasons">)" + below + "</ul>";
  if (!stage.remark.empty())
    below += fmt::format(R"(<p class="remark">{}</p>)", report::escape_html(stage.remark));
  std::string said = fmt::format("{} of {} stay ({:.1f} %)",
                                 count_text(stage.kept),
                                 count_text(stage.before),
                                 percent(stage.kept, stage.before));
  if (!stage.clusters.empty()) {
    said = "removes nothing; clusters:";
    for (size_t i = 0; i < stage.clusters.size(); ++i)
      said += (i > 0 ? ", then " : " ") + count_text(stage.clusters[i]);
  }
  return step_html(stage.stage, said, bar, below);
}

}  // namespace

std::string count_text(int64_t count) {
  std::string out = std::to_string(count);
  for (auto at = static_cast<int64_t>(out.size()) - 3; at > (count < 0 ? 1 : 0); at -= 3)
    out.insert(static_cast<size_t>(at), ",");
  return out;
}

std::string funnel_html(const std::vector<StageNumbers>& stages, int64_t pool) {
  std::string out = R"(<ol class="card funnel">)";
  out += step_html(
      "pool", count_text(pool) + " pictures", R"(<i class="stay" style="width:100%"></i>)", "");
  for (const StageNumbers& stage : stages) out += stage_html(stage, pool);
  return out + "</ol>\n";
}

}  // namespace troodon::stages
