#include "datasets/keypoints.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "datasets/place.hpp"
#include "formats/table.hpp"

namespace troodon::datasets {
namespace {

using nlohmann::json;

/// x1,y1,x2,y2[,part,visible]
void read_points(KeypointPair& pair, const fs::path& file) {
  const auto table = formats::read_table(file);
  std::array<size_t, 4> at;
  constexpr std::array<const char*, 4> kNames = {"x1", "y1", "x2", "y2"};
  for (size_t i = 0; i < at.size(); ++i) at[i] = needed_column(table, kNames[i], file.string());
  const size_t visible = table.column("visible");
  for (const auto& row : table.rows) {
    if (visible < table.header.size() && row[visible] == "0") continue;
    const auto value = [&](size_t i) { return formats::number_of(row[at[i]]); };
    pair.first_points.push_back({value(0), value(1)});
    pair.second_points.push_back({value(2), value(3)});
  }
}

/// The longer side of the box about the points.
double extent_of(const std::vector<Point>& points) {
  const auto side = [&](double Point::*axis) {
    const auto [low, high] = std::ranges::minmax(points, {}, axis);
    return high.*axis - low.*axis;
  };
  return points.empty() ? 0 : std::max(side(&Point::x), side(&Point::y));
}

std::vector<KeypointPair> open_world(const fs::path& folder) {
  const fs::path file = folder / "pairs.csv";
  const auto table = formats::read_table(file);
  const size_t a = needed_column(table, "a", file.string());
  const size_t b = needed_column(table, "b", file.string());
  const size_t points = needed_column(table, "points", file.string());
  std::vector<KeypointPair> out;
  for (const auto& row : table.rows) {
    KeypointPair pair{.name = fs::path(row[a]).parent_path().string(),
                      .first = picture_item(folder / row[a], folder),
                      .second = picture_item(folder / row[b], folder)};
    read_points(pair, folder / row[points]);
    pair.extent = extent_of(pair.second_points);
    if (!pair.first_points.empty()) out.push_back(std::move(pair));
  }
  return out;
}

std::vector<Point> points_of(const json& list) {
  std::vector<Point> out;
  // SPair counts pixels from 0 at their middle.
  for (const json& point : list)
    out.push_back({point.at(0).get<double>() + 0.5, point.at(1).get<double>() + 0.5});
  return out;
}

KeypointPair spair_pair(const fs::path& folder, const fs::path& file) {
  const json entry = json::parse(read_text(file));
  const fs::path pictures = folder / "JPEGImages" / entry.at("category").get<std::string>();
  KeypointPair pair{
      .name = file.stem().string(),
      .first = picture_item(pictures / entry.at("src_imname").get<std::string>(), folder),
      .second = picture_item(pictures / entry.at("trg_imname").get<std::string>(), folder),
      .first_points = points_of(entry.at("src_kps")),
      .second_points = points_of(entry.at("trg_kps"))};
  const auto box = entry.at("trg_bndbox").get<std::array<double, 4>>();
  pair.extent = std::max(box[2] - box[0], box[3] - box[1]);
  return pair;
}

std::vector<KeypointPair> open_spair(const fs::path& folder, const std::string& split) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder / "PairAnnotation" / split))
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  std::ranges::sort(files);
  std::vector<KeypointPair> out;
  for (const fs::path& file : files) {
    try {
      out.push_back(spair_pair(folder, file));
    } catch (const json::exception& error) {
      fail(Exit::input, "{}: is no pair of SPair-71k: {}", file.string(), error.what());
    }
  }
  return out;
}

}  // namespace

std::vector<KeypointPair> open_keypoints(const fs::path& folder, const std::string& split) {
  const bool spair = fs::exists(folder / "PairAnnotation" / split);
  if (!spair && !fs::exists(folder / "pairs.csv"))
    fail(Exit::input,
         "{}: has neither pairs.csv (troodon-world pairs) nor PairAnnotation/{} (SPair-71k)",
         folder.string(),
         split);
  auto out = spair ? open_spair(folder, split) : open_world(folder);
  if (out.empty())
    fail(Exit::input, "{}: no pair with points that both pictures show", folder.string());
  return out;
}

}  // namespace troodon::datasets
