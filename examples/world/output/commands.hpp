#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "base/progress.hpp"
#include "image/pixels.hpp"
#include "scene/scene.hpp"

/// The five things that troodon-world makes; docs/world.md says what lies in each folder. All
/// throw Error: exit 2 for a folder that holds something else, 130 when interrupted (the same
/// command then goes on where it stopped). The same options give the same bytes, for any number of
/// threads.
namespace troodon::world {

struct CommonOptions {
  fs::path out;
  int count = 1;
  int size = 128;  ///< side of the square pictures, pixels
  uint64_t seed = 0;
  std::vector<int> classes;   ///< labels; empty: all
  std::vector<Style> styles;  ///< empty: all four
  size_t threads = 0;         ///< 0: all cores
  bool overwrite = false;     ///< empties a folder that this program filled with other settings
  ProgressStyle progress = ProgressStyle::automatic;
};

struct ImagesOptions : CommonOptions {
  double val_fraction = 0.1;
  bool masks = false;  ///< masks/ and parts/
  bool depth = false;
};
void make_images(const ImagesOptions& options);

struct ClipOptions : CommonOptions {
  int frames = 16;
};
void make_clips(const ClipOptions& options);

struct PairOptions : CommonOptions {
  int points = 200;
  bool cross_style = false;  ///< the second view in another style
};
void make_pairs(const PairOptions& options);

struct DuplicateOptions : CommonOptions {
  int copies = 2;                    ///< per original
  std::vector<std::string> changes;  ///< of kDuplicateChanges; empty: all in turn
};
inline constexpr std::array<std::string_view, 6> kDuplicateChanges = {
    "crop", "jpeg", "flip", "colour", "resize", "text"};
void make_duplicates(const DuplicateOptions& options);

enum class SheetKind { picture, parts, depth };
/// One PNG, classes down, styles across; for people.
void make_sheet(const CommonOptions& options, SheetKind kind);

/// The plan of the k-th picture of a class: it does not depend on which other classes are made.
Plan plan_of(const CommonOptions& options, int label, int64_t k);
/// options.classes, or all.
std::vector<int> labels_of(const CommonOptions& options);
/// A picture of the plan at options.size.
image::Image picture_of(const Plan& plan, int size);
/// Throws Error (exit 130 or 143) after SIGINT or SIGTERM.
void stop_if_interrupted();

}  // namespace troodon::world
