#pragma once

#include <string>
#include <vector>

#include "base/file.hpp"
#include "image/pixels.hpp"

namespace troodon::report {

/// One line of a chart: y over x; points where y is NaN are gaps.
struct Series {
  std::string name;
  std::vector<double> x, y;
};

/// A chart with one or more lines that share both axes.
struct Chart {
  std::string title;
  std::string explanation;  ///< one sentence: what it shows, what is good
  std::string x_label = "step";
  std::string y_label;
  std::vector<Series> series;
  bool log_y = false;
};

/// A picture with a short caption; big ones are shown smaller.
struct Picture {
  image::Image image;
  std::string caption;
};

/// Rows of pictures that belong together: crops of one sample, a photo beside its PCA, a query and
/// its neighbours (the first of a row may be set apart).
struct Gallery {
  std::string title;
  std::string explanation;
  std::vector<std::vector<Picture>> rows;
  bool first_is_query = false;
};

/// A fact of the summary, e.g. {"kNN top-1", "0.412", "untrained 0.273, raw pixels 0.339"}.
struct Fact {
  std::string name, value, remark;
};

/// A state of health in plain words; level 0 good, 1 watch, 2 bad.
struct Finding {
  int level = 0;
  std::string text;
};

/// Everything a run's report shows, in reading order.
struct Report {
  std::string title;
  std::string subtitle;
  std::vector<Fact> facts;
  std::vector<Finding> findings;
  std::vector<Chart> charts;
  std::vector<Gallery> galleries;
  std::string config_text;  ///< resolved YAML, shown folded
  std::string limits;       ///< known limits, always visible
};

/// Writes one self-contained HTML file that opens offline. Throws Error.
void write_html(const fs::path& path, const Report& report);

}  // namespace troodon::report
