// A robot's depth node: frames come at the camera's pace, the newest is looked at, the rest is let
// go. Says for each answer how near the nearest thing ahead is, and how old that knowledge is.
//   ffmpeg -i /dev/video0 -f rawvideo -pix_fmt rgb24 -s 320x240 - | robot-depth 320 240
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <troodon/depth_stream.hpp>
#include <troodon/error.hpp>
#include <vector>

namespace {

/// The camera's side: a thread that never waits for the network.
void read_camera(troodon::DepthStream& depth, int width, int height) {
  std::vector<std::uint8_t> frame(static_cast<std::size_t>(width) * height * 3);
  for (std::int64_t n = 0; std::fread(frame.data(), 1, frame.size(), stdin) == frame.size(); ++n)
    depth.push(n, frame, width, height);
  depth.close();
}

/// What a tenth of the pixels in the middle third of the picture is nearer than; 0: not known.
float clearance(const troodon::DepthAnswer& answer) {
  std::vector<float> ahead;
  for (int y = answer.height / 3; y < answer.height * 2 / 3; ++y) {
    for (int x = answer.width / 3; x < answer.width * 2 / 3; ++x) {
      const float metres = answer.metres[static_cast<std::size_t>(y) * answer.width + x];
      if (metres > 0) ahead.push_back(metres);
    }
  }
  if (ahead.empty()) return 0;
  const auto tenth = ahead.begin() + static_cast<std::ptrdiff_t>(ahead.size() / 10);
  std::nth_element(ahead.begin(), tenth, ahead.end());
  return *tenth;
}

}  // namespace

int main(int argc, char** argv) {
  const int width = argc > 1 ? std::atoi(argv[1]) : 0, height = argc > 2 ? std::atoi(argv[2]) : 0;
  if (width < 1 || height < 1) {
    std::fprintf(stderr, "usage: robot-depth WIDTH HEIGHT [MODEL HEAD] < rgb24 frames\n");
    return 2;
  }
  try {
    troodon::DepthStreamOptions options{.smooth = 0.3};
    if (argc > 4) options.model = argv[3], options.head = argv[4];
    troodon::DepthStream depth(options);
    std::jthread camera([&] { read_camera(depth, width, height); });
    // The robot's side: an answer within a fifth of a second, or it slows down.
    while (!depth.finished()) {
      if (const auto answer = depth.next(0.2)) {
        std::printf("frame %lld: clear for %.2f, seen %.0f ms ago\n",
                    static_cast<long long>(answer->number),
                    clearance(*answer),
                    1e3 * answer->latency);
      } else if (!depth.finished()) {
        std::printf("no news for 0.2 s: slow down\n");
      }
      std::fflush(stdout);
    }
    const troodon::DepthStreamStats s = depth.stats();
    std::printf("%lld of %lld frames, %.1f a second, latency p50 %.0f ms, p99 %.0f ms\n",
                static_cast<long long>(s.answered),
                static_cast<long long>(s.pushed),
                s.per_second,
                1e3 * s.p50,
                1e3 * s.p99);
  } catch (const troodon::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return static_cast<int>(error.code());
  }
}
