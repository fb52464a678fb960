#include "troodon/depth_stream.hpp"

#include <algorithm>
#include <mutex>

#include "api/call.hpp"
#include "api/predictor_options.hpp"
#include "depth/loop.hpp"
#include "depth/smooth.hpp"

namespace troodon {
namespace {

image::Image picture_of(std::span<const std::uint8_t> rgb, int width, int height) {
  if (width < 1 || height < 1 || rgb.size() != static_cast<size_t>(width) * height * 3)
    fail(Exit::input,
         "{} bytes are no frame of {}x{} pixels, which has {}",
         rgb.size(),
         width,
         height,
         std::int64_t{3} * width * height);
  image::Image out(width, height);
  std::ranges::copy(rgb, out.pixels.begin());
  return out;
}

depth::Drop room_drop(Drop drop) {
  return drop == Drop::newest ? depth::Drop::newest : depth::Drop::never;
}

}  // namespace

struct DepthStream::Body {
  std::optional<depth::Estimator> estimator;
  Look look;
  depth::Smoother smoother;
  depth::Loop loop;

  explicit Body(const DepthStreamOptions& options)
      : estimator(depth::Estimator({.model = options.model,
                                    .head = options.head,
                                    .predictor = api::room_options(options.predictor)})),
        smoother({.keep = options.smooth}),
        loop([this](const image::Image& picture) { return smoother.next(estimator->of(picture)); },
             {.drop = room_drop(options.drop)}) {}

  Body(Look given, Drop drop)
      : look(std::move(given)),
        loop([this](const image::Image& picture) { return looked(picture); },
             {.drop = room_drop(drop)}) {}

  depth::Map looked(const image::Image& picture) const {
    depth::Map out{
        picture.width, picture.height, look(picture.pixels, picture.width, picture.height)};
    if (out.metres.size() != static_cast<size_t>(picture.width) * picture.height)
      fail("a look at {}x{} pixels gave {} depths", out.width, out.height, out.metres.size());
    return out;
  }
};

DepthStream::DepthStream(const DepthStreamOptions& options)
    : body_(api::call([&] { return std::make_unique<Body>(options); })) {}
DepthStream::DepthStream(Look look, Drop drop)
    : body_(std::make_unique<Body>(std::move(look), drop)) {}
DepthStream::~DepthStream() = default;
DepthStream::DepthStream(DepthStream&&) noexcept = default;
DepthStream& DepthStream::operator=(DepthStream&&) noexcept = default;

bool DepthStream::push(std::int64_t number,
                       std::span<const std::uint8_t> rgb,
                       int width,
                       int height) {
  return api::call([&] {
    return body_->loop.push({.number = number, .picture = picture_of(rgb, width, height)});
  });
}

std::optional<DepthAnswer> DepthStream::next(double seconds) {
  return api::call([&]() -> std::optional<DepthAnswer> {
    auto answer = body_->loop.next(seconds);
    if (!answer) return std::nullopt;
    depth::Map& map = answer->map;
    return DepthAnswer{
        answer->frame.number, map.width, map.height, std::move(map.metres), answer->latency};
  });
}

void DepthStream::close() {
  body_->loop.close();
}

bool DepthStream::finished() const {
  return body_->loop.finished();
}

DepthStreamStats DepthStream::stats() const {
  const depth::LoopStats s = body_->loop.stats();
  return {s.pushed, s.answered, s.dropped, s.unread, s.per_second(), s.p50, s.p99, s.worst};
}

}  // namespace troodon
