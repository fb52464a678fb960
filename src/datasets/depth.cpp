#include "datasets/depth.hpp"

#include <cmath>
#include <sstream>

#include "base/error.hpp"
#include "base/tensor_file.hpp"
#include "datasets/place.hpp"
#include "formats/table.hpp"
#include "image/plane.hpp"

namespace troodon::datasets {
namespace {

constexpr uint16_t kNothing = 65535;

/// The cell of a column that may be missing.
std::string cell_of(const formats::Table& table,
                    const std::vector<std::string>& row,
                    const char* name) {
  const size_t at = table.column(name);
  return at == table.header.size() ? "" : row[at];
}

std::optional<Intrinsics> camera_of(const std::string& cell) {
  std::istringstream text(cell);
  Intrinsics out;
  if (text >> out.fx >> out.fy >> out.cx >> out.cy) return out;
  return std::nullopt;
}

DepthSet open_table(const fs::path& folder, const DepthSelection& selection) {
  const fs::path file = folder / "depth.csv";
  const auto table = formats::read_table(file);
  const size_t rgb = needed_column(table, "rgb", file.string());
  const size_t depth = needed_column(table, "depth", file.string());
  DepthSet set;
  for (const auto& row : table.rows) {
    if (!selection.split.empty() && cell_of(table, row, "split") != selection.split) continue;
    if (!selection.group.empty() && cell_of(table, row, "group") != selection.group) continue;
    const double scale = formats::number_of(cell_of(table, row, "depth_scale_per_metre"));
    set.items.push_back({.picture = picture_item(file_of(folder, row[rgb], file), folder),
                         .depth = file_of(folder, row[depth], file),
                         .scale = scale > 0 ? scale : 1000,
                         .camera = camera_of(cell_of(table, row, "fx fy cx cy"))});
  }
  return set;
}

DepthSet open_world(const fs::path& folder, const DepthSelection& selection) {
  const fs::path file = folder / "manifest.csv";
  const auto table = formats::read_table(file);
  const size_t path = needed_column(table, "path", file.string());
  const size_t split = needed_column(table, "split", file.string());
  DepthSet set;
  for (const auto& row : table.rows) {
    if (!selection.split.empty() && row[split] != selection.split) continue;
    const fs::path depth = (folder / "depth" / row[path]).replace_extension(".png");
    set.items.push_back({.picture = picture_item(folder / row[path], folder), .depth = depth});
  }
  return set;
}

[[noreturn]] void refuse_size(const DepthItem& item, int64_t width, int64_t height, int w, int h) {
  fail(Exit::input,
       "{}: the depth is {}x{}, its picture {} is {}x{}; make both of one size",
       item.depth.string(),
       width,
       height,
       item.picture.path,
       w,
       h);
}

std::vector<double> read_array(const DepthItem& item, int width, int height) {
  const NpyFile file = read_npy(item.depth);
  const TensorView& view = file.view;
  if (view.shape != std::vector<int64_t>{height, width})
    refuse_size(item,
                view.shape.empty() ? 0 : view.shape.back(),
                view.shape.size() < 2 ? 0 : view.shape[view.shape.size() - 2],
                width,
                height);
  const auto take = [](auto values) { return std::vector<double>(values.begin(), values.end()); };
  if (view.dtype == DType::f32) return take(view.as<float>());
  if (view.dtype == DType::f64) return take(view.as<double>());
  fail(Exit::input, "{}: depth as .npy is float32 or float64, in metres", item.depth.string());
}

}  // namespace

DepthSet open_depth(const fs::path& folder, const DepthSelection& selection) {
  const bool table = fs::exists(folder / "depth.csv");
  if (!table && !fs::exists(folder / "depth"))
    fail(
        Exit::input,
        "{}: has neither depth.csv (rgb, depth, ...) nor the small world's depth/; depth is needed",
        folder.string());
  DepthSet set = table ? open_table(folder, selection) : open_world(folder, selection);
  std::string chosen = selection.group;
  if (!selection.split.empty()) chosen += (chosen.empty() ? "" : ", ") + selection.split;
  if (set.items.empty())
    fail(Exit::input,
         "{}: no picture with depth ({})",
         folder.string(),
         chosen.empty() ? "all" : chosen);
  set.description = fmt::format("{}{}: {} pictures with depth",
                                folder.string(),
                                chosen.empty() ? "" : " (" + chosen + ")",
                                set.items.size());
  return set;
}

std::vector<double> read_depth(const DepthItem& item, int width, int height) {
  std::vector<double> out;
  if (item.depth.extension() == ".npy") {
    out = read_array(item, width, height);
  } else {
    const auto plane = image::read_plane(item.depth);
    if (!plane) fail(Exit::input, "{}", plane.reason());
    if (plane->width != width || plane->height != height)
      refuse_size(item, plane->width, plane->height, width, height);
    for (const uint16_t value : plane->values)
      out.push_back(value == kNothing ? 0 : value / item.scale);
  }
  for (double& value : out)
    if (!std::isfinite(value) || value < 0) value = 0;
  return out;
}

}  // namespace troodon::datasets
