#include "run/run_report.hpp"

#include <algorithm>

#include "report/metrics.hpp"
#include "run/galleries.hpp"

namespace troodon::run {
namespace {

report::Chart chart(const std::vector<report::MetricsLine>& lines,
                    report::Chart empty,
                    const std::vector<std::pair<std::string, std::string>>& columns) {
  for (const auto& [column, name] : columns) {
    auto [x, y] = report::column(lines, column);
    if (!x.empty()) empty.series.push_back({name, std::move(x), std::move(y)});
  }
  return empty;
}

std::vector<report::Chart> charts(const std::vector<report::MetricsLine>& lines) {
  std::vector<report::Chart> out;
  out.push_back(chart(
      lines,
      {.title = "Accuracy of frozen features",
       .explanation =
           "Weighted vote of the 20 nearest neighbours on the labelled probe; labels never teach.",
       .y_label = "kNN top-1"},
      {{"knn", "kNN"}}));
  out.push_back(chart(lines,
                      {.title = "Losses",
                       .explanation = "Cross-entropy with the teacher. It may rise while the "
                                      "teacher sharpens; flat from the start is a bad sign.",
                       .y_label = "loss"},
                      {{"total_backprop", "total"},
                       {"dino_local_crops_loss", "DINO local"},
                       {"dino_global_crops_loss", "DINO global"},
                       {"ibot_loss", "iBOT (half)"},
                       {"koleo_loss", "KoLeo (half)"},
                       {"contrast_loss", "contrast of copies"},
                       {"spread_loss", "spread"}}));
  out.push_back(chart(lines,
                      {.title = "Directions in use",
                       .explanation = "Effective rank of the teacher's class tokens: how many "
                                      "directions they spread over. Near 1 is collapse.",
                       .y_label = "rank"},
                      {{"effective_rank", "effective rank"}}));
  out.push_back(chart(lines,
                      {.title = "Spread",
                       .explanation = "Spread of features (0: all pictures look the same), entropy "
                                      "of targets (1: they say nothing), use of prototypes.",
                       .y_label = "share"},
                      {{"feature_std", "feature spread"},
                       {"target_entropy", "target entropy"},
                       {"prototype_use", "prototype use"}}));
  out.push_back(chart(
      lines,
      {.title = "Gradient norms",
       .explanation = "Before clipping, per module. Spikes are normal, growth without end is not.",
       .y_label = "L2 norm",
       .log_y = true},
      {{"grad_norm_backbone", "backbone"},
       {"grad_norm_dino_head", "DINO head"},
       {"grad_norm_ibot_head", "iBOT head"}}));
  out.push_back(chart(lines,
                      {.title = "Schedules",
                       .explanation = "Learning rate over its peak's warm-up and cosine.",
                       .y_label = "learning rate"},
                      {{"lr", "learning rate"}}));
  out.push_back(chart(lines,
                      {.title = "Speed",
                       .explanation = "Pictures a second, all their crops included.",
                       .y_label = "images/s"},
                      {{"images_per_second", "images/s"}}));
  std::erase_if(out, [](const report::Chart& c) { return c.series.empty(); });
  return out;
}

std::vector<report::Fact> facts(const std::vector<report::MetricsLine>& lines,
                                const ReportInputs& inputs) {
  const auto& config = inputs.config;
  std::vector<report::Fact> out;
  const auto [knn_steps, knn] = report::column(lines, "knn");
  const auto [pixel_steps, pixels] = report::column(lines, "knn_pixels");
  if (!knn.empty()) {
    const std::string before =
        knn_steps.front() == 0 ? fmt::format("untrained {:.3f}", knn.front()) : "";
    out.push_back(
        {"kNN top-1",
         fmt::format("{:.3f}", knn.back()),
         before + (pixels.empty() ? "" : fmt::format(", raw pixels {:.3f}", pixels.back()))});
  }
  out.push_back(
      {"pictures",
       std::to_string(inputs.source.items.size()),
       inputs.source.classes.empty()
           ? "no labels"
           : fmt::format("{} folders; their names taught nothing", inputs.source.classes.size())});
  out.push_back({"network",
                 config.student.arch,
                 fmt::format("patch {}, crops {} and {} px",
                             config.student.patch_size,
                             config.crops.global_crops_size,
                             config.crops.local_crops_size)});
  out.push_back(
      {"steps",
       std::to_string(config.steps()),
       fmt::format("batch {}, {:.1f} passes over the data",
                   config.train.batch_size_per_gpu,
                   static_cast<double>(config.steps() * config.train.batch_size_per_gpu) /
                       static_cast<double>(std::max<size_t>(inputs.source.items.size(), 1)))});
  const auto [speed_steps, speed] = report::column(lines, "images_per_second");
  if (!speed.empty()) {
    std::vector<double> sorted = speed;
    std::nth_element(
        sorted.begin(), sorted.begin() + static_cast<int64_t>(sorted.size() / 2), sorted.end());
    out.push_back(
        {"speed", fmt::format("{:.3g} images/s", sorted[sorted.size() / 2]), "median of the log"});
  }
  return out;
}

/// Says plainly whether training beat no training and raw pixels.
std::vector<report::Finding> verdict(const std::vector<report::MetricsLine>& lines) {
  const auto [steps, knn] = report::column(lines, "knn");
  const auto [pixel_steps, pixels] = report::column(lines, "knn_pixels");
  if (knn.size() < 2 || steps.front() != 0) return {};
  const double gain = knn.back() - knn.front();
  if (gain < 0.03) {
    return {{1,
             fmt::format("kNN went from {:.3f} untrained to {:.3f}: little was learnt yet. Train "
                         "longer (--minutes), or on more pictures.",
                         knn.front(),
                         knn.back())}};
  }
  if (!pixels.empty() && knn.back() < pixels.back()) {
    return {{1,
             fmt::format("kNN rose from {:.3f} to {:.3f}, but raw pixels still do better ({:.3f}): "
                         "train longer.",
                         knn.front(),
                         knn.back(),
                         pixels.back())}};
  }
  return {{0,
           fmt::format("It learnt: kNN rose from {:.3f} untrained to {:.3f}, without a label.",
                       knn.front(),
                       knn.back())}};
}

}  // namespace

void write_report(const fs::path& file, const ReportInputs& inputs, train::State& state) {
  const auto& config = inputs.config;
  const auto lines = report::read_metrics(inputs.options.out / "metrics.jsonl");
  report::Report page;
  page.title = "Troodon: what " + inputs.options.out.filename().string() + " learnt";
  page.subtitle = inputs.source.description;
  page.facts = facts(lines, inputs);
  page.findings = verdict(lines);
  page.findings.insert(page.findings.end(), inputs.findings.begin(), inputs.findings.end());
  page.charts = charts(lines);
  page.galleries = galleries(inputs.source, config, state.teacher->backbone);
  page.config_text = to_yaml(config);
  page.limits =
      "Features know what the pictures show and how often: they inherit every bias of the data, "
      "and no text is understood. "
      "Networks and runs of this size learn shapes, textures and colours, not the world; the "
      "published models saw 142 million pictures.";
  report::write_html(file, page);
}

}  // namespace troodon::run
