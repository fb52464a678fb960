#include "depth/frames.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <poll.h>
#include <unistd.h>
#include <vector>

#include "base/interrupt.hpp"
#include "data/images.hpp"
#include "data/video.hpp"
#include "exports/datasets.hpp"
#include "image/decode.hpp"

namespace troodon::depth {
namespace {

constexpr int kLargestSide = 1 << 15;
constexpr size_t kLargestJpeg = size_t{256} << 20;

std::string frame_name(int64_t number) {
  return fmt::format("{:06}", number);
}

/// Looks up now and then: a camera that is silent must not keep Ctrl-C waiting.
size_t read_stdin(std::span<std::byte> out) {
  constexpr int kMilliseconds = 100;
  while (!interrupted()) {
    pollfd waiting{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    const int ready = ::poll(&waiting, 1, kMilliseconds);
    if (ready == 0 || (ready < 0 && errno == EINTR)) continue;
    const ssize_t got = ::read(STDIN_FILENO, out.data(), out.size());
    if (got < 0 && errno == EINTR) continue;
    return got > 0 ? static_cast<size_t>(got) : 0;
  }
  return 0;
}

/// As many as asked for, fewer at the end alone.
size_t read_fully(const Bytes& bytes, std::span<std::byte> out) {
  size_t done = 0;
  for (size_t got = 1; got > 0 && done < out.size(); done += got) got = bytes(out.subspan(done));
  return done;
}

/// What a film gives, frame after frame. That it ends shows only when a frame isn't there, so the
/// first one is asked for at once.
Frames film_frames(const std::string& file, double fps) {
  auto film = std::make_shared<data::Film>(file, fps);
  auto first = std::make_shared<Result<image::Image>>(film->frame(0));
  if (!*first) fail(Exit::input, "{}: ffmpeg finds no frame in it ({})", file, first->reason());
  const std::string name = fs::path(file).stem().string();
  return [=, number = int64_t{0}]() mutable -> std::optional<Result<Frame>> {
    auto picture = number == 0 ? std::move(*first) : film->frame(number);
    if (!picture) return std::nullopt;
    const int64_t mine = number++;
    return Frame{mine, fmt::format("{}-{:06}", name, mine), *std::move(picture)};
  };
}

Frames source_frames(const std::string& input, double fps) {
  auto source = std::make_shared<data::Source>(data::open_source(input, {.fps = fps}));
  if (source->items.empty()) fail(Exit::input, "{}: no picture in it", input);
  std::vector<std::string> ids;
  for (const data::Item& item : source->items) ids.push_back(item.id);
  auto names = std::make_shared<std::vector<std::string>>(exports::file_stems(ids, false));
  return [=, next = size_t{0}]() mutable -> std::optional<Result<Frame>> {
    if (next == source->items.size()) return std::nullopt;
    const auto number = static_cast<int64_t>(next);
    const size_t place = next++;
    auto picture = data::read_picture(source->items[place]);
    if (!picture) return Failure{picture.reason()};
    return Frame{number, (*names)[place], *std::move(picture)};
  };
}

/// A byte at a time, through a buffer.
class ByteStream {
 public:
  explicit ByteStream(Bytes bytes) : bytes_(std::move(bytes)) {}

  /// -1: the end.
  int next() {
    if (at_ == held_) {
      held_ = bytes_(buffer_);
      at_ = 0;
      if (held_ == 0) return -1;
    }
    return static_cast<int>(buffer_[at_++]);
  }

 private:
  Bytes bytes_;
  std::array<std::byte, 1 << 14> buffer_{};
  size_t at_ = 0, held_ = 0;
};

/// Cuts a stream into JPEG files by their markers, so that thumbnails inside a file don't end it.
class JpegCutter {
 public:
  explicit JpegCutter(Bytes bytes) : bytes_(std::move(bytes)) {}

  /// The next file's bytes, whole or cut off; none: the end.
  std::optional<std::vector<std::byte>> next() {
    out_.clear();
    if (!find_start()) return std::nullopt;
    while (out_.size() < kLargestJpeg) {
      const int marker = find_marker();
      if (marker < 0 || marker == 0xD9) break;
      const bool bare = marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8);
      if (!bare && !take_segment()) break;
    }
    return std::move(out_);
  }

 private:
  int take() {
    const int byte = bytes_.next();
    if (byte >= 0) out_.push_back(static_cast<std::byte>(byte));
    return byte;
  }
  bool find_start() {
    for (int before = 0, now = bytes_.next(); now >= 0; before = now, now = bytes_.next()) {
      if (before != 0xFF || now != 0xD8) continue;
      out_ = {std::byte{0xFF}, std::byte{0xD8}};
      return true;
    }
    return false;
  }
  /// Passes over coded pixels, in which FF 00 is no marker.
  int find_marker() {
    for (int before = 0, now = take(); now >= 0; before = now, now = take()) {
      if (before == 0xFF && now != 0 && now != 0xFF) return now;
    }
    return -1;
  }
  bool take_segment() {
    const int high = take(), low = take();
    if (low < 0) return false;
    for (int left = high * 256 + low - 2; left > 0; --left) {
      if (take() < 0) return false;
    }
    return true;
  }

  ByteStream bytes_;
  std::vector<std::byte> out_;
};

}  // namespace

Frames raw_frames(Bytes bytes, int width, int height) {
  if (width < 1 || height < 1 || width > kLargestSide || height > kLargestSide)
    fail(Exit::usage,
         "raw frames of {}x{} pixels are none; say --width and --height",
         width,
         height);
  return
      [=, bytes = std::move(bytes), number = int64_t{0}]() mutable -> std::optional<Result<Frame>> {
        Frame frame{number, frame_name(number), image::Image(width, height)};
        const auto pixels = std::as_writable_bytes(std::span(frame.picture.pixels));
        const size_t got = read_fully(bytes, pixels);
        if (got == 0) return std::nullopt;
        ++number;
        if (got < pixels.size())
          return Failure{fmt::format("frame {}: {} of {} bytes; are --width and --height right?",
                                     frame.number,
                                     got,
                                     pixels.size())};
        return frame;
      };
}

Frames jpeg_frames(Bytes bytes) {
  auto cutter = std::make_shared<JpegCutter>(std::move(bytes));
  return [=, number = int64_t{0}]() mutable -> std::optional<Result<Frame>> {
    const auto file = cutter->next();
    if (!file) return std::nullopt;
    const int64_t mine = number++;
    auto picture = image::decode(*file);
    if (!picture) return Failure{fmt::format("frame {}: {}", mine, picture.reason())};
    return Frame{mine, frame_name(mine), *std::move(picture)};
  };
}

Frames open_frames(const FramesOptions& options) {
  if (options.input == "-") {
    if (options.width > 0 || options.height > 0)
      return raw_frames(read_stdin, options.width, options.height);
    return jpeg_frames(read_stdin);
  }
  if (data::has_video_extension(options.input)) return film_frames(options.input, options.fps);
  return source_frames(options.input, options.fps);
}

}  // namespace troodon::depth
