#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "base/error.hpp"
#include "depth/loop.hpp"

namespace troodon::depth {

struct FramesOptions {
  std::string input;  ///< folder, list, film, picture (as data::open_source has it), or "-": stdin
  int width = 0, height = 0;  ///< stdin holds raw frames, 3 bytes a pixel (ffmpeg's rgb24); 0: JPEG
                              ///< files one after another (ffmpeg's mjpeg)
  double fps = 0;             ///< frames taken from a second of film; 0: all
};

/// Gives one frame a call, in order; none: the end. A failure is one bad frame, others follow.
using Frames = std::function<std::optional<Result<Frame>>()>;

/// Opens it. A film is decoded once, while it is read. Throws Error (exit 4) when there is nothing.
Frames open_frames(const FramesOptions& options);

/// Writes bytes to the span as they come, at most as many as it holds; -> how many, 0 at the end.
using Bytes = std::function<size_t(std::span<std::byte>)>;

/// Raw frames of a pipe: [height, width, 3] bytes each. A part of one at the end is a failure.
Frames raw_frames(Bytes bytes, int width, int height);

/// JPEG files one after another. A damaged one is a failure; bytes between them are passed over.
Frames jpeg_frames(Bytes bytes);

}  // namespace troodon::depth
