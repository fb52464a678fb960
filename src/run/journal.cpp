#include "run/journal.hpp"

#include <fmt/format.h>

namespace troodon::run {
namespace {

double seconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - then).count();
}

std::string terms_of(const train::StepValues& values) {
  if (values.contrast >= 0)
    return fmt::format("contrast {:.2f}, spread {:.2f}", values.contrast, values.spread);
  return fmt::format("dino {:.2f} + {:.2f}, ibot {:.2f}, koleo {:.2f}",
                     values.dino_local,
                     values.dino_global,
                     values.ibot,
                     values.koleo);
}

}  // namespace

Journal::Journal(const fs::path& run_dir,
                 int64_t first_step,
                 int64_t last_step,
                 int64_t images_per_step,
                 ProgressStyle style)
    : metrics_(run_dir / "metrics.jsonl", first_step),
      events_(run_dir),
      progress_("step", static_cast<size_t>(last_step), style),
      first_step_(first_step),
      images_per_step_(images_per_step) {
  progress_.start_at(static_cast<size_t>(first_step));
}

double Journal::images_per_second() const {
  return static_cast<double>(steps_ * images_per_step_) / std::max(seconds_since(start_), 1e-9);
}

void Journal::step(int64_t step,
                   const train::Rates& rates,
                   const train::StepValues& values,
                   double data_wait_seconds) {
  ++steps_;
  const double since = seconds_since(last_write_);
  if (step % log_every_ == 0 || steps_ == 1) {
    std::map<std::string, double> row = {
        {"lr", rates.lr},
        {"weight_decay", rates.weight_decay},
        {"momentum", rates.momentum},
        {"teacher_temp", rates.teacher_temperature},
        {"images_per_second",
         static_cast<double>((steps_ - steps_at_last_) * images_per_step_) / since},
        {"data_wait", (data_wait_seconds - wait_at_last_) / since}};
    for (const auto& [name, value] : values.log_row()) row[name] = value;
    for (const auto& [part, norm] : values.gradient_norms) row["grad_norm_" + part] = norm;
    write(step, row);
    progress_.note(fmt::format("{:.3g} images/s, wait {:.0f} %, loss {:.3f} ({}){}",
                               row["images_per_second"],
                               100 * row["data_wait"],
                               values.total,
                               terms_of(values),
                               knn_ < 0 ? "" : fmt::format(", kNN {:.3f}", knn_)));
    wait_at_last_ = data_wait_seconds;
    steps_at_last_ = steps_;
    last_write_ = std::chrono::steady_clock::now();
  }
  progress_.advance();
}

void Journal::note(int64_t step, const std::map<std::string, double>& values) {
  if (const auto found = values.find("knn"); found != values.end()) knn_ = found->second;
  write(step, values);
  last_write_ = std::chrono::steady_clock::now();  // a probe's seconds are not training time
  steps_at_last_ = steps_;
  if (steps_ > 0) return;
  start_ = last_write_;
  progress_.start_at(static_cast<size_t>(first_step_));
}

void Journal::write(int64_t step, const std::map<std::string, double>& values) {
  metrics_.append({step, values});
  for (const auto& [name, value] : values) events_.scalar(name, step, value);
}

}  // namespace troodon::run
