#include "troodon/train.hpp"

#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "options.hpp"
#include "troodon/error.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;

/// A setting's value as YAML.
std::string yaml_of(nb::handle value) {
  if (nb::isinstance<nb::bool_>(value)) return nb::cast<bool>(value) ? "true" : "false";
  if (nb::isinstance<nb::list>(value) || nb::isinstance<nb::tuple>(value)) {
    std::string text;
    for (const nb::handle part : value) text += (text.empty() ? "[" : ", ") + yaml_of(part);
    return text.empty() ? "[]" : text + "]";
  }
  return nb::cast<std::string>(nb::str(value));
}

/// Nested dicts as "key.path=value".
void flatten(const std::string& prefix, const nb::dict& settings, std::vector<std::string>& out) {
  for (const auto& [name, value] : settings) {
    const std::string key = prefix + nb::cast<std::string>(nb::str(name));
    if (nb::isinstance<nb::dict>(value)) {
      flatten(key + ".", nb::borrow<nb::dict>(value), out);
    } else {
      out.push_back(key + "=" + yaml_of(value));
    }
  }
}

/// The caller's listener. Ctrl-C while it runs is kept until the run has saved its checkpoint.
struct Listener {
  nb::handle on_step;
  std::exception_ptr ctrl_c;

  void hear(const TrainProgress& progress) {
    const nb::gil_scoped_acquire gil;
    try {
      on_step(progress);
    } catch (const nb::python_error& error) {
      if (!interrupted() || !error.matches(PyExc_KeyboardInterrupt)) throw;
      ctrl_c = std::current_exception();
    }
  }
};

TrainResult train(const std::string& data,
                  const std::filesystem::path& out,
                  const std::string& probe,
                  const std::vector<std::filesystem::path>& config,
                  double minutes,
                  int64_t seed,
                  bool resume,
                  bool overwrite,
                  bool strict,
                  const std::string& device,
                  int threads,
                  bool progress,
                  nb::handle on_step,
                  const nb::kwargs& settings) {
  TrainOptions options{.data = data,
                       .out = out,
                       .probe = probe,
                       .configs = config,
                       .minutes = minutes,
                       .seed = seed,
                       .resume = resume,
                       .overwrite = overwrite,
                       .strict = strict,
                       .device = device,
                       .threads = threads,
                       .progress = progress};
  flatten("", settings, options.settings);
  Listener listener{on_step, nullptr};
  if (!on_step.is_none()) options.on_step = [&](const TrainProgress& now) { listener.hear(now); };
  TrainResult result = without_gil([&] { return pretrain(options); });
  if (listener.ctrl_c) std::rethrow_exception(listener.ctrl_c);
  return result;
}

constexpr const char* kTrain =
    "Learns from pictures without labels (DINOv2); `troodon train`.\n\n"
    "data: folder, list (.txt) or manifest (.csv). out: the run's folder.\n"
    "probe: labelled folder with train/ and val/, for kNN accuracy as the run goes on.\n"
    "config: YAML files; without one, network and schedule are chosen for data and machine so "
    "that\n"
    "    the run takes `minutes` (0: 20). Settings go by their official names, nested or dotted:\n"
    "    train(data, out, optim={'base_lr': 1e-3}, **{'student.arch': 'vit_small'}).\n"
    "on_step: called with a TrainProgress after each step; what it raises ends the run.\n"
    "Ctrl-C saves a checkpoint and raises KeyboardInterrupt; resume=True then goes on bit for bit.";

void bind_types(nb::module_& m) {
  nb::class_<TrainProgress>(m, "TrainProgress", "What on_step hears.")
      .def_ro("step", &TrainProgress::step, "steps done altogether")
      .def_ro("last", &TrainProgress::last, "steps of the whole run")
      .def_ro("total_loss", &TrainProgress::total_loss)
      .def_ro("images_per_second", &TrainProgress::images_per_second)
      .def_ro("knn", &TrainProgress::knn, "last probe's top-1; -1 without a probe");
  nb::class_<TrainResult>(m, "TrainResult", "How a run ended.")
      .def_ro("steps", &TrainResult::steps, "done altogether")
      .def_ro("steps_now", &TrainResult::steps_now, "done by this call")
      .def_ro("seconds", &TrainResult::seconds)
      .def_ro("images_per_second", &TrainResult::images_per_second)
      .def_ro("total_loss", &TrainResult::total_loss, "of the last step")
      .def_ro("knn", &TrainResult::knn, "last probe's top-1; -1 without a probe")
      .def_ro("knn_untrained", &TrainResult::knn_untrained)
      .def_ro("knn_pixels", &TrainResult::knn_pixels)
      .def_ro("bad_files", &TrainResult::bad_files, "unreadable pictures, skipped")
      .def_ro("interrupted", &TrainResult::interrupted)
      .def_ro("model", &TrainResult::model, "the teacher's backbone: what load() opens")
      .def_ro("report", &TrainResult::report, "one HTML page");
}

}  // namespace

void bind_train(nb::module_& m) {
  bind_types(m);
  m.def("train",
        &train,
        "data"_a,
        "out"_a,
        nb::kw_only(),
        "probe"_a = "",
        "config"_a = std::vector<std::filesystem::path>{},
        "minutes"_a = 0.0,
        "seed"_a = -1,
        "resume"_a = false,
        "overwrite"_a = false,
        "strict"_a = false,
        "device"_a = "auto",
        "threads"_a = 0,
        "progress"_a = false,
        "on_step"_a = nb::none(),
        "settings"_a,
        kTrain);
}

}  // namespace troodon::python
