#include "troodon/depth_stream.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <nanobind/stl/filesystem.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <thread>

#include "arrays.hpp"
#include "options.hpp"
#include "pictures.hpp"
#include "work.hpp"

namespace troodon::python {
namespace {

using namespace nb::literals;
constexpr std::chrono::milliseconds kHeed{100};  // signals are heard so often

/// A stream, whose end waits for the look that is underway: without the GIL.
struct Stream {
  std::unique_ptr<DepthStream> body;
  Drop drop = Drop::newest;

  explicit Stream(const DepthStreamOptions& options)
      : body(without_gil([&] { return std::make_unique<DepthStream>(options); })),
        drop(options.drop) {}
  ~Stream() {
    const nb::gil_scoped_release release;
    body.reset();
  }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

/// While it lives, Ctrl-C closes the stream: nothing else ends a push that waits for room.
class Watch {
 public:
  explicit Watch(DepthStream& stream)
      : thread_([this, &stream](const std::stop_token& stop) {
          std::unique_lock lock(mutex_);
          while (!stop.stop_requested() && !interrupted())
            changed_.wait_for(lock, stop, kHeed, [] { return false; });
          if (!stop.stop_requested()) stream.close();
        }) {}

 private:
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::jthread thread_;  // the last member: it ends before what it uses
};

bool push(Stream& self, int64_t number, nb::handle frame) {
  const Pictures given = picture_of(frame);
  const auto* pixels = std::get_if<Pixels>(&given.pictures[0]);
  if (pixels == nullptr)
    throw Error("a frame is uint8 [height, width, 3], not a picture's file", Exit::input);
  const std::span rgb(pixels->rgb, size_t{3} * pixels->width * pixels->height);
  return without_gil([&] {
    std::optional<Watch> watch;
    if (self.drop == Drop::never && on_main_thread()) watch.emplace(*self.body);
    return self.body->push(number, rgb, pixels->width, pixels->height);
  });
}

/// Waits in short turns, between which signals are heard.
std::optional<DepthAnswer> next(Stream& self, double seconds) {
  using Clock = std::chrono::steady_clock;
  const auto start = Clock::now();
  const double turn = std::chrono::duration<double>(kHeed).count();
  while (true) {
    const double left =
        seconds < 0 ? turn : seconds - std::chrono::duration<double>(Clock::now() - start).count();
    auto answer = without_gil([&] { return self.body->next(std::clamp(left, 0.0, turn)); });
    if (answer || left <= 0 || self.body->finished()) return answer;
  }
}

constexpr const char* kOpen =
    "Depth for robots: give frames as they come, take depth when it is there.\n\n"
    "head: a depth head's file or name. size: short side, pixels; 0: what the head was trained\n"
    "    at. window, stride: looks through sliding windows of so many pixels. flip: the mean with\n"
    "    what the mirrored frame gives. precision: 'fp32' or 'bf16'.\n"
    "drop: of frames that come faster than they can be looked at; 'newest' keeps the newest "
    "alone,\n"
    "    'never' lets push() wait.\n"
    "smooth: share of the past in each answer, 0 to 1: less flicker, more delay.\n"
    "Memory is bounded. Error.code is 4 where the head isn't one for depth or doesn't fit.";

constexpr const char* kPush =
    "Hands a frame over: uint8 RGB [height, width, 3], copied. False once closed.\n\n"
    "number: what its answer is called by. With drop='never' it waits for room, which next() of\n"
    "another thread makes; Ctrl-C then closes the stream. Error.code is 4 for what is no frame.";

constexpr const char* kNext =
    "The next DepthAnswer, waited for at most so many seconds; below 0: as long as it takes.\n\n"
    "None: too late, or finished(). Raises what went wrong in the look.";

void bind_types(nb::module_& m) {
  nb::class_<DepthAnswer>(m, "DepthAnswer", "Depth of one frame.")
      .def_ro("number", &DepthAnswer::number, "of the frame, as push() had it")
      .def_prop_ro(
          "metres",
          [](DepthAnswer& self) {
            return nb::ndarray<nb::numpy, float, nb::ndim<2>>(
                self.metres.data(),
                {static_cast<size_t>(self.height), static_cast<size_t>(self.width)});
          },
          nb::rv_policy::reference_internal,
          "float32 [height, width], not copied; 0: not known")
      .def_ro("latency", &DepthAnswer::latency, "seconds from push() to the end of the look");
  nb::class_<DepthStreamStats>(m, "DepthStreamStats", "What a DepthStream did so far.")
      .def_ro("pushed", &DepthStreamStats::pushed)
      .def_ro("answered", &DepthStreamStats::answered)
      .def_ro("dropped", &DepthStreamStats::dropped, "frames that nobody looked at")
      .def_ro("unread", &DepthStreamStats::unread, "answers that nobody took before a newer one")
      .def_ro("per_second", &DepthStreamStats::per_second, "answers")
      .def_ro("p50", &DepthStreamStats::p50, "latency, seconds")
      .def_ro("p99", &DepthStreamStats::p99, "latency, seconds")
      .def_ro("worst", &DepthStreamStats::worst, "latency, seconds");
}

}  // namespace

void bind_depth_stream(nb::module_& m) {
  bind_types(m);
  nb::class_<Stream>(m, "DepthStream", "Frames in, depth out, with a bounded wait.")
      .def(
          "__init__",
          [](Stream* self,
             const std::filesystem::path& model,
             const std::filesystem::path& head,
             int64_t size,
             int64_t window,
             int64_t stride,
             bool flip,
             const std::string& drop,
             double smooth,
             const std::string& device,
             const std::string& backend,
             const std::string& precision,
             int threads) {
            new (self)
                Stream({.model = model,
                        .head = head,
                        .predictor = {.device = device,
                                      .backend = backend_of(backend),
                                      .precision = precision_of(precision),
                                      .threads = threads,
                                      .size = size,
                                      .window = window,
                                      .stride = stride,
                                      .flip = flip},
                        .drop = choose<Drop>(
                            "drop", drop, {{"newest", Drop::newest}, {"never", Drop::never}}),
                        .smooth = smooth});
          },
          "model"_a = "small",
          "head"_a = "depth",
          nb::kw_only(),
          "size"_a = 0,
          "window"_a = 0,
          "stride"_a = 0,
          "flip"_a = false,
          "drop"_a = "newest",
          "smooth"_a = 0.0,
          "device"_a = "auto",
          "backend"_a = "auto",
          "precision"_a = "fp32",
          "threads"_a = 0,
          kOpen)
      .def("push", &push, "number"_a, "frame"_a, kPush)
      .def("next", &next, "seconds"_a = -1.0, kNext)
      .def(
          "close",
          [](Stream& self) { without_gil([&] { self.body->close(); }); },
          "No more frames; what waits is still answered.")
      .def(
          "finished",
          [](const Stream& self) { return self.body->finished(); },
          "Closed, and all answers are taken.")
      .def("stats", [](const Stream& self) { return self.body->stats(); }, "A DepthStreamStats.");
}

}  // namespace troodon::python
