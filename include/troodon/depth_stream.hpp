#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "troodon/export.hpp"
#include "troodon/predictor.hpp"

namespace troodon {

/// What becomes of frames that come faster than they can be looked at.
enum class Drop {
  newest,  ///< the newest wins: what waits is thrown away, so no answer is older than two looks
  never,   ///< push() waits
};

struct DepthStreamOptions {
  std::filesystem::path model = "small";  ///< checkpoint or name
  std::filesystem::path head = "depth";   ///< a depth head's file or name
  PredictorOptions predictor;
  Drop drop = Drop::newest;
  double smooth = 0;  ///< share of the past in each answer, 0 to 1: less flicker, more delay
};

struct DepthAnswer {
  std::int64_t number = 0;  ///< of the frame, as push() had it
  int width = 0, height = 0;
  std::vector<float> metres;  ///< [height, width]; 0: not known
  double latency = 0;         ///< seconds from push() to here
};

struct DepthStreamStats {
  std::int64_t pushed = 0, answered = 0;
  std::int64_t dropped = 0;            ///< frames that nobody looked at
  std::int64_t unread = 0;             ///< answers that nobody took before a newer one came
  double per_second = 0;               ///< answers
  double p50 = 0, p99 = 0, worst = 0;  ///< latency, seconds
};

/// Depth for robots: give frames as they come, take depth when it is there; neither waits for the
/// other longer than `drop` allows, and memory is bounded. All functions from any thread.
class TROODON_API DepthStream {
 public:
  /// Throws Error (exit 4) where the head isn't one for depth or doesn't fit the network.
  explicit DepthStream(const DepthStreamOptions& options = {});
  /// With another way to depth than ours, called by the worker thread alone: for tests.
  using Look =
      std::function<std::vector<float>(std::span<const std::uint8_t> rgb, int width, int height)>;
  explicit DepthStream(Look look, Drop drop = Drop::newest);
  ~DepthStream();
  DepthStream(DepthStream&&) noexcept;
  DepthStream& operator=(DepthStream&&) noexcept;

  /// A frame, 8-bit RGB [height, width, 3]; it is copied. False once closed. Throws Error on
  /// another length.
  bool push(std::int64_t number, std::span<const std::uint8_t> rgb, int width, int height);
  /// The next answer, waited for at most so many seconds (below 0: as long as it takes). None: too
  /// late, or finished(). Throws what went wrong in the look.
  std::optional<DepthAnswer> next(double seconds = -1);
  void close();           ///< no more frames; what waits is still answered
  bool finished() const;  ///< closed, and all answers are taken
  DepthStreamStats stats() const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon
