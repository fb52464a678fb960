#include <memory>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "apply/label.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "head.hpp"
#include "kernels/backend.hpp"

namespace troodon::cli {
namespace {

struct PredictArgs {
  Common common;
  apply::PredictOptions predict;
  std::vector<double> intrinsics;
};

void print_json(const apply::PredictOptions& options, const apply::PredictResult& result) {
  nlohmann::ordered_json out = {{"out", options.out.string()},
                                {"model", result.model},
                                {"pictures", result.pictures},
                                {"computed", result.computed},
                                {"kept", result.kept},
                                {"seconds", result.seconds},
                                {"written", result.written},
                                {"bad", result.bad_files.size()},
                                {"bad_files", result.bad_files}};
  if (options.dry_run) out["dry_run"] = true;
  fmt::print("{}\n", out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

void print_text(const apply::PredictOptions& options, const apply::PredictResult& result) {
  if (options.dry_run) {
    fmt::print("would look at {} pictures ({} are there) -> {}: {}\n",
               result.computed,
               result.kept,
               options.out.string(),
               fmt::join(result.written, ", "));
    return;
  }
  fmt::print("{} pictures, {} computed, {} kept -> {}: {}\n",
             result.pictures,
             result.computed,
             result.kept,
             options.out.string(),
             fmt::join(result.written, ", "));
  if (!result.bad_files.empty())
    fmt::print("{} unreadable files left out, listed in {}\n",
               result.bad_files.size(),
               (options.out / "failed.txt").string());
}

int run_predict(PredictArgs& args) {
  apply::PredictOptions& options = args.predict;
  kernels::use_threads(args.common.threads);
  options.predictor.device = args.common.device;
  options.predictor.threads = static_cast<size_t>(args.common.threads);
  options.progress = args.common.progress_style();
  if (!args.intrinsics.empty()) {
    const auto& x = args.intrinsics;
    if (x.size() != 4)
      fail(Exit::usage, "--intrinsics takes fx,fy,cx,cy: four numbers, not {}", x.size());
    options.intrinsics = {x[0], x[1], x[2], x[3]};
  }
  const apply::PredictResult result = apply::predict_pictures(options);
  if (result.interrupted) {
    log_info("stopped; repeat the same command to go on");
    return interrupt_exit_code();
  }
  args.common.json ? print_json(options, result) : print_text(options, result);
  return result.bad_files.empty() ? 0 : static_cast<int>(Exit::partial);
}

void add_looks(CLI::App& verb, PredictArgs& args) {
  infer::PredictorOptions& x = args.predict.predictor;
  verb.add_option("--size",
                  x.size,
                  "short side, pixels (default: what the head was trained at, else the model's)");
  verb.add_option("--window",
                  x.window,
                  "masks, depth: look through sliding windows of so many pixels; without --size at "
                  "the picture's own resolution")
      ->check(CLI::PositiveNumber);
  verb.add_option("--stride", x.stride, "of the windows, pixels (default: two thirds of one)")
      ->check(CLI::PositiveNumber);
  verb.add_flag("--flip", x.flip, "depth: the mean with what the mirrored picture gives");
  verb.add_option("--intrinsics", args.intrinsics, "fx,fy,cx,cy of the camera, pixels, for ply")
      ->delimiter(',');
  verb.add_option("--fov",
                  args.predict.field_of_view,
                  "horizontal field of view, degrees, for ply where --intrinsics isn't given")
      ->check(CLI::Range(1.0, 179.0))
      ->capture_default_str();
}

}  // namespace

void add_head_predict(CLI::App& head, int& status) {
  CLI::App& verb = add_verb(
      head,
      "predict",
      "What heads say about pictures, as files that other programs open.",
      "  troodon head predict --model small --head kinds.safetensors --input photos/ --out out/\n"
      "  troodon head predict --model small --head parts.safetensors --input photos/ --out out/ "
      "--format png,coco,yolo,voc\n"
      "  troodon head predict --model small --head depth.safetensors --input photos/ --out out/ "
      "--format color,png16,npy,ply\n"
      "A call that was interrupted goes on where it was when repeated.");
  auto args = std::make_shared<PredictArgs>();
  auto& x = args->predict;
  verb.add_option("--model,-m",
                  x.model,
                  "checkpoint, Hugging Face folder, run's folder, or a released model's name")
      ->required();
  verb.add_option("--head,-H", x.heads, "a head's file or a released head's name; may be repeated")
      ->required();
  verb.add_option("--input,-i", x.input, "folder, list, manifest, shards, video or picture")
      ->required();
  verb.add_option("--out,-o", x.out, "folder for what is written")->required();
  verb.add_option("--format,-f",
                  x.formats,
                  "of masks: png, overlay, coco, yolo, voc; of depth: color, png16, npy, ply "
                  "(default: the first two of each); classes become predictions.csv")
      ->delimiter(',')
      ->check(
          CLI::IsMember({"png", "overlay", "coco", "yolo", "voc", "color", "png16", "npy", "ply"}));
  add_looks(verb, *args);
  verb.add_option("--limit", x.limit, "only the first so many pictures");
  verb.add_flag("--strict", x.strict, "stop at the first unreadable picture");
  verb.add_flag("--overwrite", x.overwrite, "compute everything anew");
  verb.add_flag("--dry-run", x.dry_run, "only say what would be done");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_predict(*args); });
}

}  // namespace troodon::cli
