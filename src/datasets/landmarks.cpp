#include "datasets/landmarks.hpp"

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "datasets/place.hpp"

namespace troodon::datasets {
namespace {

using nlohmann::json;

std::vector<int64_t> places_of(const json& entry,
                               const char* name,
                               size_t pictures,
                               const fs::path& file) {
  std::vector<int64_t> out;
  if (!entry.contains(name)) return out;
  for (const int64_t place : entry.at(name)) {
    if (place < 0 || static_cast<size_t>(place) >= pictures)
      fail(Exit::input,
           "{}: {} names picture {}, but imlist has {}",
           file.string(),
           name,
           place,
           pictures);
    out.push_back(place);
  }
  return out;
}

Landmarks parse(const fs::path& folder, const fs::path& file) {
  const json all = json::parse(read_text(file));
  const fs::path images = fs::exists(folder / "images") ? folder / "images" : folder / "jpg";
  Landmarks out;
  for (const std::string name : all.at("imlist"))
    out.pictures.items.push_back(picture_item(picture_named(images, name), folder));
  const size_t pictures = out.pictures.items.size();
  const json& gnd = all.at("gnd");
  for (size_t i = 0; i < gnd.size(); ++i) {
    const std::string name = all.at("qimlist").at(i);
    LandmarkQuery query{.picture = picture_item(picture_named(images, name), folder)};
    if (gnd[i].contains("bbx")) query.box = gnd[i].at("bbx").get<std::array<double, 4>>();
    query.easy = places_of(gnd[i], "easy", pictures, file);
    query.hard = places_of(gnd[i], "hard", pictures, file);
    query.junk = places_of(gnd[i], "junk", pictures, file);
    out.queries.push_back(std::move(query));
  }
  out.pictures.description =
      fmt::format("{}: {} pictures, {} queries", folder.string(), pictures, out.queries.size());
  return out;
}

}  // namespace

Landmarks open_landmarks(const fs::path& folder) try {
  return parse(folder, folder / "gnd.json");
} catch (const json::exception& error) {
  fail(Exit::input,
       "{}: is not the ground truth of Revisited Oxford or Paris (imlist, qimlist, gnd): {}",
       (folder / "gnd.json").string(),
       error.what());
}

}  // namespace troodon::datasets
