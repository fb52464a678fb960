#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "troodon/embedder.hpp"
#include "troodon/export.hpp"

namespace troodon {

/// Which pixels of a picture belong to something.
struct Mask {
  int width = 0, height = 0;
  std::vector<std::uint8_t> inside;  ///< 0 or 1, [height, width]
  double score = 0;                  ///< how sure its maker is, 0 to 1
};

/// A picture file whose every value but 0 is inside; written as an 8-bit PNG of 0 and 255. Throws
/// Error.
TROODON_API Mask read_mask(const std::filesystem::path& file);
TROODON_API void write_mask(const std::filesystem::path& file, const Mask& mask);

/// A place that somebody points at, in pixels from the top left corner.
struct Click {
  double x = 0, y = 0;
  bool positive = true;  ///< on the object; else beside it
};

struct ClickOptions {
  std::optional<Box> box;  ///< nothing lies outside it but what is clicked on
  bool refine = true;      ///< follow edges pixel by pixel
};

/// A picture that was looked at once, so that each click is quick. Copies share what they hold. All
/// functions from any thread.
class TROODON_API Sight {
 public:
  int width() const;  ///< of the picture, pixels
  int height() const;
  /// The object that the clicks point at; without clicks, what the box is around. Throws Error
  /// (exit 4) without a positive click or a box, or where they lie outside the picture.
  Mask mask(const std::vector<Click>& clicks, const ClickOptions& options = {}) const;
  /// Objects that nobody pointed at, best first, at most `count`.
  std::vector<Mask> proposals(int count = 10) const;

 private:
  friend class Masker;
  friend class Pattern;
  struct Body;
  explicit Sight(std::shared_ptr<const Body> body);
  std::shared_ptr<const Body> body_;
};

/// A picture and what is marked on it; the mask may be of another size.
struct MaskExample {
  Sight sight;
  Mask mask;
};

/// What an object or a part of one looks like, learnt from masks. All functions from any thread.
class TROODON_API Pattern {
 public:
  /// How sure it is that a picture shows it, 0 to 1; quicker than find().
  double presence(const Sight& sight) const;
  /// Its pixels in a picture; score 0.5: as likely as not, 0 with an empty mask: nothing is found.
  /// Throws Error (exit 4) where the picture was looked at with another network.
  Mask find(const Sight& sight) const;

 private:
  friend class Masker;
  struct Body;
  explicit Pattern(std::shared_ptr<const Body> body);
  std::shared_ptr<const Body> body_;
};

struct MaskerOptions {
  std::filesystem::path model = "small";  ///< checkpoint or name; "colour": no network
  std::string device = "auto";            ///< auto, cpu, cuda, cuda:N
  Backend backend = Backend::automatic;
  int threads = 0;         ///< 0: all cores; holds for LibTorch in the whole process
  std::int64_t grid = 40;  ///< patches along the short side
  std::int64_t size = 0;   ///< short side in pixels instead; 0: as `grid` says
};

/// Masks of few clicks and of one example on other pictures: the verb `troodon label`. One object
/// may be used from several threads.
class TROODON_API Masker {
 public:
  explicit Masker(const MaskerOptions& options = {});  ///< throws Error
  ~Masker();
  Masker(Masker&&) noexcept;
  Masker& operator=(Masker&&) noexcept;

  /// Throws Error (exit 4) if the picture cannot be read.
  Sight look(const Picture& picture);
  /// Throws Error (exit 4) without examples or for an empty mask.
  Pattern learn(const std::vector<MaskExample>& examples) const;

 private:
  struct Body;
  std::unique_ptr<Body> body_;
};

}  // namespace troodon
