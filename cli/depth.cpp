#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "depth/film.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct DepthArgs {
  Common common;
  depth::FilmOptions film;
  std::vector<double> intrinsics, known;
  bool stream = false;
  depth::Drop drop = depth::Drop::newest;
};

void take(DepthArgs& args) {
  auto& x = args.film;
  x.estimator.predictor.device = args.common.device;
  x.estimator.predictor.threads = static_cast<size_t>(args.common.threads);
  x.progress = args.common.progress_style();
  if (args.stream) x.drop = args.drop;
  if (!args.intrinsics.empty() && args.intrinsics.size() != 4)
    fail(Exit::usage, "--intrinsics takes four numbers: fx,fy,cx,cy");
  if (!args.intrinsics.empty()) {
    x.intrinsics.emplace();
    std::copy_n(args.intrinsics.begin(), 4, x.intrinsics->begin());
  }
  if (args.known.size() % 3 != 0)
    fail(Exit::usage, "--known takes three numbers a place: x y metres");
  for (size_t i = 0; i < args.known.size(); i += 3)
    x.known.push_back({args.known[i], args.known[i + 1], args.known[i + 2]});
}

nlohmann::ordered_json json_of(const depth::FilmResult& result, const std::string& out) {
  const depth::LoopStats& s = result.stats;
  nlohmann::ordered_json json = {{"model", result.model},
                                 {"unit", result.metric ? "metres" : "relative"},
                                 {"frames", s.answered},
                                 {"dropped", s.dropped},
                                 {"unread", s.unread},
                                 {"per_second", s.per_second()},
                                 {"latency_p50", s.p50},
                                 {"latency_p99", s.p99},
                                 {"latency_worst", s.worst},
                                 {"out", out},
                                 {"bad_frames", result.bad_frames}};
  if (result.alignment)
    json["alignment"] = {{"a", result.alignment->a},
                         {"b", result.alignment->b},
                         {"error", result.alignment->error},
                         {"used", result.alignment->used},
                         {"outliers", result.alignment->outliers}};
  return json;
}

int run_depth(DepthArgs& args) {
  kernels::use_threads(args.common.threads);
  take(args);
  const depth::FilmResult result = depth::look_at(args.film);
  const bool piped = args.film.out == "-";
  std::FILE* const to = piped ? stderr : stdout;  // stdout holds the frames
  for (const std::string& reason : result.bad_frames) log_warning("{}", reason);
  const depth::LoopStats& s = result.stats;
  if (args.common.json) {
    fmt::print(to, "{}\n", json_of(result, args.film.out).dump());
  } else {
    fmt::print(to,
               "{} frames ({}) -> {}; {:.1f}/s, latency p50 {:.0f} ms, p99 {:.0f} ms; dropped {}\n",
               s.answered,
               result.metric ? "metres" : "relative: right up to a factor; --known gives metres",
               piped ? "stdout" : args.film.out,
               s.per_second(),
               1e3 * s.p50,
               1e3 * s.p99,
               s.dropped);
    if (result.alignment)
      fmt::print(to,
                 "scale: {} distances agree to {:.1f} %, {} don't\n",
                 result.alignment->used,
                 100 * result.alignment->error,
                 result.alignment->outliers);
  }
  if (result.interrupted) return interrupt_exit_code();
  return result.bad_frames.empty() ? 0 : static_cast<int>(Exit::partial);
}

void add_frames(CLI::App& verb, DepthArgs& args) {
  auto& x = args.film;
  verb.add_flag(
      "--stream", args.stream, "as robots need it: frames that come too fast are dropped");
  verb.add_option("--drop", args.drop, "with --stream: newest (the newest frame wins) or never")
      ->transform(CLI::CheckedTransformer(std::map<std::string, depth::Drop>{
          {"newest", depth::Drop::newest}, {"never", depth::Drop::never}}))
      ->default_str("newest");
  verb.add_option("--width", x.frames.width, "stdin holds raw rgb24 frames of so many columns");
  verb.add_option("--height", x.frames.height, "and rows; without both, JPEG files");
  verb.add_option("--fps", x.frames.fps, "frames taken from a second of film (default: all)");
  verb.add_option("--smooth", x.smooth.keep, "share of the past in each frame: less flicker")
      ->check(CLI::Range(0.0, 0.99));
  verb.add_option("--limit", x.limit, "only the first so many frames");
  verb.add_flag("--strict", x.strict, "stop at the first frame that cannot be read");
}

void add_geometry(CLI::App& verb, DepthArgs& args) {
  auto& x = args.film;
  verb.add_option("--fov", x.field_of_view, "horizontal field of view, degrees")
      ->check(CLI::Range(1.0, 179.0))
      ->capture_default_str();
  verb.add_option("--intrinsics", args.intrinsics, "fx,fy,cx,cy of the camera, pixels")
      ->delimiter(',');
  verb.add_option("--known",
                  args.known,
                  "distances somebody measured in the first frame: x,y,metres; may be repeated")
      ->delimiter(',');
  verb.add_option("--fit", x.space, "known distances by a line in log or inverse depth")
      ->transform(CLI::CheckedTransformer(std::map<std::string, depth::FitSpace>{
          {"log", depth::FitSpace::log}, {"inverse", depth::FitSpace::inverse}}))
      ->default_str("log");
  verb.add_option("--clip", x.clip, "share of nearest and farthest pixels that colours leave out")
      ->check(CLI::Range(0.0, 0.4))
      ->capture_default_str();
  verb.add_option("--max-points", x.most_points, "of a cloud (default: all)");
  verb.add_option(
      "--edges", x.edges, "clouds without pixels whose neighbours differ by this share");
}

}  // namespace

void add_depth(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(
      app,
      "depth",
      "How far away things are: of pictures, films and cameras; clouds, normals, metres.",
      "  troodon depth --input photo.jpg --out depth/ --format color,ply,normals\n"
      "  troodon depth --input room.jpg --out depth/ --known 320,400,1.2 --known 50,60,3.5\n"
      "  troodon depth --model vits14 --head dinov2_vits14_nyu_dpt_head --input walk.mp4 --out "
      "depth/\n"
      "  ffmpeg -i CAMERA -f rawvideo -pix_fmt rgb24 - | troodon depth --input - --width 640 "
      "--height 480 --stream --out - > metres.f32");
  auto args = std::make_shared<DepthArgs>();
  auto& x = args->film;
  verb.add_option("--input,-i", x.frames.input, "picture, folder, list, film, or - for stdin")
      ->required();
  verb.add_option("--out,-o", x.out, "folder for what is written, or - for stdout")->required();
  verb.add_option("--format,-f",
                  x.formats,
                  "color, png16, npy, ply, normals, normals-npy (default: the first two); of "
                  "stdout f32 (metres) or u16 (millimetres)")
      ->delimiter(',');
  verb.add_option("--model,-m", x.estimator.model, "the network")->default_str("small");
  verb.add_option("--head,-H", x.estimator.head, "a depth head's file, or a released one's name")
      ->default_str("depth");
  verb.add_option("--size",
                  x.estimator.predictor.size,
                  "short side, pixels (default: what the head was trained at)");
  verb.add_flag("--flip", x.estimator.predictor.flip, "the mean with the mirrored picture");
  add_frames(verb, *args);
  add_geometry(verb, *args);
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_depth(*args); });
}

}  // namespace troodon::cli
