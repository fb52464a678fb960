#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "stages/report/exhibit.hpp"

namespace troodon::stages {

constexpr int kThumbnailHeight = 112;  ///< pixels
constexpr int kThumbnailWidth = 224;   ///< pixels, of panoramas

/// A small picture, or why there is none.
struct Thumbnail {
  std::string address;  ///< data:
  int width = 0, height = 0;
  std::string trouble;
};

using Thumbnails = std::unordered_map<const data::Item*, Thumbnail>;

/// Decodes the pictures that exhibits show, each once, on several threads. Throws Error when
/// interrupted.
Thumbnails thumbnails_of(const std::vector<Exhibit>& exhibits, const ReportOptions& options);

}  // namespace troodon::stages
