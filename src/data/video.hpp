#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "base/error.hpp"
#include "data/source.hpp"
#include "image/pixels.hpp"

namespace troodon::data {

/// A video whose frames are asked for: what all its items share.
class Film {
 public:
  Film(std::string file, double fps);
  ~Film();
  double fps() const { return fps_; }

  /// One frame, 8-bit RGB, turned upright as players show it. Frames asked for in order, by any
  /// number of threads, cost one pass over the video; a step back costs a new pass from its
  /// beginning, so pack a video before training on it. Safe from any thread.
  Result<image::Image> frame(int64_t number);

 private:
  class Pass;

  std::string file_;
  double fps_;  ///< at which frames are counted; 0: all that it has
  std::mutex mutex_;
  std::unique_ptr<Pass> pass_;  ///< the one that is going on: threads ask for neighbouring frames
};

/// Whether a name ends as those of videos do.
bool has_video_extension(const std::string& name);

/// The frames of a video as items clip.mp4#000000, clip.mp4#000001, ...: all of them (fps 0), or
/// `fps` a second. Counting decodes the video once. Needs the program ffmpeg; throws Error
/// without it, and when the video has no frame that can be read.
Source open_video(const std::string& file, double fps);

}  // namespace troodon::data
