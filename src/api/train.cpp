#include "troodon/train.hpp"

#include "api/call.hpp"
#include "kernels/backend.hpp"
#include "run/settings.hpp"

namespace troodon {
namespace {

run::RunOptions run_options(const TrainOptions& options) {
  return {.data = options.data,
          .out = options.out,
          .probe = options.probe,
          .resume = options.resume,
          .overwrite = options.overwrite,
          .strict = options.strict,
          .progress = api::speak(options.progress)};
}

TrainResult result_of(const run::RunResult& done) {
  return {.steps = done.steps,
          .steps_now = done.steps_now,
          .seconds = done.seconds,
          .images_per_second = done.images_per_second,
          .total_loss = done.total_loss,
          .knn = done.knn,
          .knn_untrained = done.knn_untrained,
          .knn_pixels = done.knn_pixels,
          .bad_files = done.bad_files,
          .interrupted = done.interrupted,
          .model = done.model,
          .report = done.report};
}

}  // namespace

TrainResult pretrain(const TrainOptions& options) {
  std::exception_ptr thrown_by_listener;  // leaves as it is, unlike what the rooms throw
  const auto body = [&] {
    kernels::use_threads(options.threads);
    run::RunOptions run = run_options(options);
    if (options.on_step) {
      run.on_step = [&](const run::StepNews& news) {
        try {
          options.on_step(
              {news.step, news.last, news.total_loss, news.images_per_second, news.knn});
        } catch (...) {
          thrown_by_listener = std::current_exception();
          throw;
        }
      };
    }
    const auto config = run::settings_of_run(run,
                                             {.configs = options.configs,
                                              .overrides = options.settings,
                                              .device = options.device,
                                              .minutes = options.minutes,
                                              .threads = options.threads,
                                              .seed = options.seed});
    return result_of(run::pretrain(config, run));
  };
  try {
    return api::call(body);
  } catch (...) {
    if (thrown_by_listener) std::rethrow_exception(thrown_by_listener);
    throw;
  }
}

}  // namespace troodon
