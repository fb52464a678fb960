#pragma once

#include <atomic>
#include <memory>
#include <optional>

#include "data/loader.hpp"
#include "data/source.hpp"
#include "image/decode.hpp"
#include "infer/geometry.hpp"
#include "infer/observer.hpp"
#include "store/feature_file.hpp"

namespace troodon::infer {

/// One picture on its way to a row.
struct Pending {
  std::string reason;  ///< why it cannot be read; "" if it can
  int64_t content_hash = 0;
  std::optional<int64_t> old_row;  ///< where an older result has its features
  Views views;                     ///< empty if unreadable or known
  std::string seen;                ///< by the observer
};

struct ReadingOptions {
  Geometry geometry;
  image::DecodeOptions decode;
  int64_t part = 512;   ///< pictures of a part
  int64_t window = 8;   ///< pictures that are looked at together; never of two parts
  size_t threads = 0;   ///< 0: all cores
  size_t ahead = 3;     ///< windows
  bool strict = false;  ///< the first unreadable picture ends it
  Observer observer;
};

/// Reads and prepares the pictures of the parts that are still to be done, window after window, on
/// threads of its own.
class Reading {
 public:
  Reading(const ReadingOptions& options,
          const data::Source& source,
          const store::Reuse& reuse,
          std::vector<int64_t> parts);

  /// Windows of a part; those at its end may be empty.
  int64_t windows_per_part() const { return windows_; }
  std::vector<Pending> next() { return loader_->next(); }
  /// First picture of the window with this number, counted over all parts to be done.
  int64_t first(uint64_t number) const;

  double busy_seconds() const { return static_cast<double>(busy_ns_) * 1e-9; }
  double wait_seconds() const { return loader_->wait_seconds(); }
  size_t threads() const { return options_.threads; }

 private:
  size_t count(uint64_t number) const;
  Pending read(const data::Item& item) const;

  ReadingOptions options_;
  const data::Source& source_;
  const store::Reuse& reuse_;
  std::vector<int64_t> parts_;
  int64_t windows_;
  std::atomic<int64_t> busy_ns_ = 0;
  std::unique_ptr<data::Loader<std::vector<Pending>>> loader_;  // last: its threads use the rest
};

}  // namespace troodon::infer
