#include "data/video.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string_view>

#include "base/file.hpp"
#include "data/kinds.hpp"
#include "formats/child.hpp"

namespace troodon::data {
namespace {

constexpr size_t kWindowBytes = size_t{256} << 20;  ///< frames kept for threads that come later
constexpr int kLargestSide = 1 << 15;

/// What ffmpeg is told; `output` says in which form it writes the frames.
std::vector<std::string> command(const std::string& file,
                                 double fps,
                                 const std::vector<std::string>& output) {
  // An absolute "file:" name is no option and no network address, whatever characters it has.
  std::vector<std::string> out = {"ffmpeg",
                                  "-nostdin",
                                  "-v",
                                  "quiet",
                                  "-i",
                                  "file:" + fs::absolute(file).string(),
                                  "-map",
                                  "0:v:0"};
  if (fps > 0) out.insert(out.end(), {"-vf", fmt::format("fps={}", fps)});
  out.insert(out.end(), {"-vsync", fps > 0 ? "cfr" : "passthrough"});
  out.insert(out.end(), output.begin(), output.end());
  out.emplace_back("-");
  return out;
}

int64_t count_frames(const std::string& file, double fps) {
  formats::Child child(
      command(file, fps, {"-f", "framecrc"}));  // a line per frame, '#' before others
  int64_t lines = 0;
  bool at_start = true;
  std::array<std::byte, 1 << 14> block{};
  for (size_t got = 1; got > 0;) {
    got = child.read(block);
    for (size_t i = 0; i < got; ++i) {
      lines += at_start && block[i] != std::byte{'#'};
      at_start = block[i] == std::byte{'\n'};
    }
  }
  return lines;
}

}  // namespace

/// One pass over a video: frames as PPM pictures from ffmpeg, one after the other.
class Film::Pass {
 public:
  Pass(const std::string& file, double fps)
      : file_(file),
        child_(command(file, fps, {"-pix_fmt", "rgb24", "-c:v", "ppm", "-f", "image2pipe"})) {}

  /// True if the frame is still kept or still to come.
  bool can_reach(int64_t frame) const {
    return frame >= next_ - static_cast<int64_t>(window_.size());
  }
  Result<image::Image> frame(int64_t wanted) {
    while (next_ <= wanted) {
      auto image = read_one();
      if (!image) return Failure{fmt::format("{}: ends before frame {}", file_, wanted)};
      kept_bytes_ += image->pixels.size();
      window_.push_back(*std::move(image));
      ++next_;
      while (window_.size() > 1 && kept_bytes_ > kWindowBytes) {
        kept_bytes_ -= window_.front().pixels.size();
        window_.pop_front();
      }
    }
    return window_[window_.size() - static_cast<size_t>(next_ - wanted)];
  }

 private:
  std::optional<int> read_number() {
    int value = 0;
    for (std::byte c{}; child_.read({&c, 1}) == 1;) {
      if (c < std::byte{'0'} || c > std::byte{'9'}) return value;
      value = 10 * value + static_cast<int>(c) - '0';
      if (value > kLargestSide) break;
    }
    return std::nullopt;
  }
  std::optional<image::Image> read_one() {
    std::array<std::byte, 3> magic{};
    if (child_.read(magic) != 3 || magic[0] != std::byte{'P'} || magic[1] != std::byte{'6'})
      return std::nullopt;
    const auto width = read_number(), height = read_number(), largest = read_number();
    if (!width || !height || largest != 255) return std::nullopt;
    image::Image image(*width, *height);
    const auto pixels = std::as_writable_bytes(std::span(image.pixels));
    if (child_.read(pixels) != pixels.size()) return std::nullopt;
    return image;
  }

  std::string file_;
  formats::Child child_;
  std::deque<image::Image> window_;  ///< frames next_ - size .. next_ - 1
  size_t kept_bytes_ = 0;
  int64_t next_ = 0;
};

bool has_video_extension(const std::string& name) {
  static constexpr std::array<std::string_view, 11> kExtensions = {
      ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".wmv", ".flv", ".ogv"};
  return std::ranges::count(kExtensions, lower(fs::path(name).extension().string())) > 0;
}

Source open_video(const std::string& file, double fps) {
  const int64_t frames = count_frames(file, fps);
  if (frames == 0) fail(Exit::input, "{}: ffmpeg finds no frame in it", file);
  Source source;
  const auto film = std::make_shared<Film>(file, fps);
  const std::string name = fs::path(file).filename().string();
  for (int64_t i = 0; i < frames; ++i) {
    source.items.push_back(
        {.path = file, .id = fmt::format("{}#{:06}", name, i), .frame = i, .film = film});
  }
  describe(source, file, fps > 0 ? fmt::format("frames, {} a second", fps) : "frames");
  return source;
}

Film::Film(std::string file, double fps) : file_(std::move(file)), fps_(fps) {}
Film::~Film() = default;

Result<image::Image> Film::frame(int64_t number) try {
  const std::lock_guard lock(mutex_);
  if (!pass_ || !pass_->can_reach(number)) {
    pass_.reset();  // before the next one starts: one program at a time
    pass_ = std::make_unique<Pass>(file_, fps_);
  }
  return pass_->frame(number);
} catch (const Error& error) {
  return Failure{error.what()};
}

}  // namespace troodon::data
