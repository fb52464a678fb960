#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/file.hpp"
#include "base/progress.hpp"
#include "base/ranks.hpp"

namespace troodon {

/// A step of a long job.
struct Step {
  std::string name;   ///< of its pieces' files
  size_t count = 0;   ///< pieces
  size_t items = 0;   ///< that its progress line counts, as many in each piece
  std::string label;  ///< of that line: "pictures", ...
};

/// A long job in steps, made of pieces whose results wait in a folder: a job that was killed goes
/// on where it was, and several ranks share the pieces. What comes out depends neither on kills nor
/// on ranks. Without a folder nothing is kept. All ranks see the same folder and make the same
/// calls.
class Work {
 public:
  Work() = default;
  /// `key`: all that the pieces depend on; pieces of another key are thrown away. Throws Error
  /// (exit 6) if the folder cannot be written.
  Work(fs::path folder,
       const std::string& key,
       Ranks* ranks = nullptr,
       ProgressStyle progress = ProgressStyle::none);
  /// A folder in which nothing was kept goes, so that a refusal leaves no trace.
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  /// Piece i is make(i); take(i, bytes) gets them all, in order, on every rank. Throws Error when
  /// interrupted; complete pieces stay.
  void pieces(const Step& step,
              const std::function<std::string(size_t)>& make,
              const std::function<void(size_t, std::string_view)>& take) const;

  /// One piece that all ranks make together.
  std::string together(const std::string& step, const std::function<std::string()>& make) const;

  /// The state of a step that was last remembered; "": none.
  std::string recall(const std::string& step) const;
  /// Keeps a state in the place of the last one, if that is some seconds old.
  void remember(const std::string& step, const std::function<std::string()>& state) const;

  /// Throws Error when the job is to stop.
  void check_interrupt() const;
  /// A progress line, on the first rank.
  std::unique_ptr<Progress> progress(const std::string& what, size_t total) const;
  Ranks& ranks() const;

  /// Removes the folder: the result is in place.
  void finish() const;

 private:
  bool kept() const { return !folder_.empty(); }
  fs::path file(const std::string& step) const { return folder_ / step; }
  /// Whether all ranks see the step's file, so that all do the same.
  bool is_there(const std::string& step) const;

  fs::path folder_;
  Ranks* ranks_ = nullptr;
  ProgressStyle style_ = ProgressStyle::none;
  mutable std::chrono::steady_clock::time_point remembered_ = std::chrono::steady_clock::now();
};

}  // namespace troodon
