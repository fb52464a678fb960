#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/file.hpp"
#include "base/interrupt.hpp"
#include "data/images.hpp"
#include "formats/table.hpp"
#include "image/encode.hpp"
#include "kernels/backend.hpp"
#include "match/draw.hpp"
#include "match/pairs.hpp"
#include "match/track.hpp"
#include "matching.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct MatchArgs {
  Common common;
  frozen::DenseOptions dense = {.grid = 32};
  std::string first, second, points;
  fs::path lines, out;
  match::PairOptions pairs;
  match::LineStyle style;
};

struct TrackArgs {
  Common common;
  frozen::DenseOptions dense = {.grid = 32};
  std::string input, points;
  fs::path out;
  match::TrackOptions track;
};

/// "10,20 30.5,40", or a table with columns x and y (or x1 and y1).
std::vector<match::Point> points_of_flag(const std::string& spec) {
  std::vector<match::Point> out;
  if (fs::exists(spec)) {
    const auto table = formats::read_table(spec);
    const bool plain = table.column("x") < table.header.size();
    const size_t x = formats::needed_column(table, plain ? "x" : "x1", spec),
                 y = formats::needed_column(table, plain ? "y" : "y1", spec);
    for (const auto& row : table.rows)
      out.push_back({formats::number_of(row[x]), formats::number_of(row[y])});
    return out;
  }
  std::istringstream words(spec);
  for (std::string word; words >> word;) {
    char comma = 0;
    match::Point point;
    std::istringstream pair(word);
    if (!(pair >> point.x >> comma >> point.y) || comma != ',' || !pair.eof())
      fail(Exit::usage, "--points: '{}' is neither a file nor x,y in pixels", word);
    out.push_back(point);
  }
  return out;
}

frozen::DenseOptions matching_options(frozen::DenseOptions dense, const Common& common) {
  kernels::use_threads(common.threads);
  dense.threads = static_cast<size_t>(common.threads);
  dense.device = common.device;
  dense.progress = common.progress_style();
  return dense;
}

std::string found_json(const std::vector<match::Point>& points,
                       const std::vector<match::Found>& found) {
  nlohmann::ordered_json out = nlohmann::ordered_json::array();
  for (size_t i = 0; i < found.size(); ++i)
    out.push_back({{"a", {points[i].x, points[i].y}},
                   {"b", {found[i].at.x, found[i].at.y}},
                   {"score", found[i].score},
                   {"cycle", found[i].cycle}});
  return nlohmann::ordered_json{{"points", out}}.dump();
}

int run_match(MatchArgs& args) {
  const image::Image a = read_or_fail(args.first), b = read_or_fail(args.second);
  frozen::DenseFeatures features(matching_options(args.dense, args.common));
  args.pairs.likeness.threads = static_cast<size_t>(args.common.threads);
  const auto all = match::likeness(match::look(features, a, args.pairs.likeness.look),
                                   match::look(features, b, args.pairs.likeness.look),
                                   args.pairs.likeness);
  match::Matches matches;
  std::string json;
  if (args.points.empty()) {
    matches = match::find_pairs(all, args.pairs);
    json = match::to_json(matches);
  } else {
    const auto points = points_of_flag(args.points);
    const auto found = match::carry_points(all, points);
    json = found_json(points, found);
    for (size_t i = 0; i < found.size(); ++i)
      matches.pairs.push_back(
          {.a = points[i], .b = found[i].at, .score = found[i].score, .cycle = found[i].cycle});
    matches.inliers = std::ssize(matches.pairs);
    args.style.limit = 0;
  }
  if (!args.lines.empty()) image::write(args.lines, match::draw_pairs(a, b, matches, args.style));
  if (!args.out.empty()) write_atomically(args.out, json + "\n");
  if (args.common.json) {
    fmt::print("{}\n", json);
    return 0;
  }
  fmt::print("{} pairs", matches.pairs.size());
  if (matches.model) fmt::print(", {} agree on one map", matches.inliers);
  fmt::print("\n");
  for (size_t i = 0; i < std::min<size_t>(matches.pairs.size(), 5); ++i) {
    const auto& pair = matches.pairs[i];
    fmt::print("  {:.1f},{:.1f} -> {:.1f},{:.1f}  likeness {:.2f}, way back {:.1f} px\n",
               pair.a.x,
               pair.a.y,
               pair.b.x,
               pair.b.y,
               pair.score,
               pair.cycle);
  }
  return 0;
}

image::Image film_frame(const data::Item& item) {
  auto picture = data::read_picture(item);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  return std::move(*picture);
}

int run_track(TrackArgs& args) {
  const data::Source source = data::open_source(args.input);
  frozen::DenseFeatures features(matching_options(args.dense, args.common));
  args.track.threads = static_cast<size_t>(args.common.threads);
  const auto points = points_of_flag(args.points);
  Progress progress("frames", source.items.size(), args.common.progress_style());
  const auto frame = [&](size_t i) {
    progress.advance();
    return film_frame(source.items[i]);
  };
  const auto tracks = match::track_points(features, points, source.items.size(), frame, args.track);
  if (interrupted()) return interrupt_exit_code();
  std::vector<std::string> names;
  for (const auto& item : source.items) names.push_back(item.id);
  const std::string json = match::to_json(tracks, names);
  if (!args.out.empty()) {
    for (size_t i = 0; i < tracks.size(); ++i)
      image::write(args.out / fmt::format("{:06}.jpg", i),
                   match::draw_tracks(film_frame(source.items[i]), tracks, i));
    write_atomically(args.out / "tracks.json", json + "\n");
  }
  if (args.common.json) {
    fmt::print("{}\n", json);
    return 0;
  }
  int64_t seen = 0;
  for (const auto& point : tracks.back()) seen += point.visible ? 1 : 0;
  fmt::print(
      "{} points through {} frames; {} visible in the last\n", points.size(), tracks.size(), seen);
  return 0;
}

void add_matching_network(CLI::App& verb, frozen::DenseOptions& dense) {
  verb.add_option("--model,-m",
                  dense.model,
                  "checkpoint, Hugging Face folder, run's folder, a released model's name, or "
                  "colour, hog, colour+hog")
      ->required();
  verb.add_option("--size", dense.size, "short side at which the network looks, pixels");
  verb.add_option("--grid", dense.grid, "patches along the short side, without --size")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--layers", dense.layers, "so many last blocks are compared together")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

}  // namespace

void add_match(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "match",
               "Which place of a picture is which place of another, whatever their styles.",
               "  troodon match photo.jpg drawing.jpg --model vits14 --lines lines.png\n"
               "  troodon match a.jpg b.jpg --model vits14 --verify homography --json\n"
               "  troodon match a.jpg b.jpg --model vits14 --points \"120,80 64,200\"");
  auto args = std::make_shared<MatchArgs>();
  verb.add_option("first", args->first, "a picture")->required();
  verb.add_option("second", args->second, "another")->required();
  add_matching_network(verb, args->dense);
  verb.add_option("--points",
                  args->points,
                  "find these places of the first picture: \"x,y x,y\" in pixels, or a table "
                  "(.csv) with columns x and y");
  verb.add_option("--lines", args->lines, "picture to write: both side by side, joined by lines");
  verb.add_option("--out,-o", args->out, "JSON file to write");
  verb.add_option("--limit", args->pairs.limit, "pairs, the best; 0: all")->capture_default_str();
  verb.add_option("--show", args->style.limit, "lines in the picture; 0: all")
      ->capture_default_str();
  verb.add_flag("--one-way{false}", args->pairs.mutual, "also pairs that are not mutual");
  verb.add_option(
      "--cycle", args->pairs.cycle, "only pairs whose way back ends within so many pixels");
  const std::map<std::string, match::Verify> names = {{"none", match::Verify::none},
                                                      {"affine", match::Verify::affine},
                                                      {"homography", match::Verify::homography}};
  verb.add_option("--verify", args->pairs.verify, "the map that pairs of a rigid scene agree on")
      ->transform(CLI::CheckedTransformer(names, CLI::ignore_case));
  verb.add_option(
      "--tolerance", args->pairs.tolerance, "of --verify, pixels (default: 1.5 patches)");
  verb.add_option("--reach",
                  args->pairs.likeness.reach,
                  "share of the shorter side within which neighbours vote; 0: none")
      ->capture_default_str();
  verb.add_option("--edges",
                  args->pairs.likeness.look.edges,
                  "how much edges count beside what the network says; 0: not")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_match(*args); });
}

void add_track(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "track",
               "Follow points of the first frame through a film or a folder of frames.",
               "  troodon track film.mp4 --model vits14 --points \"120,80 64,200\" --out tracked/\n"
               "  troodon track frames/ --model vits14 --points points.csv --json");
  auto args = std::make_shared<TrackArgs>();
  verb.add_option("input", args->input, "film, or folder of frames; ?fps=N takes fewer")
      ->required();
  add_matching_network(verb, args->dense);
  verb.add_option("--points", args->points, "\"x,y x,y\" in pixels of the first frame, or a table")
      ->required();
  verb.add_option("--out,-o", args->out, "folder for tracks.json and frames with points on them");
  verb.add_option("--radius", args->track.radius, "pixels a point may go from a frame to the next");
  verb.add_option(
          "--visible", args->track.visible, "confidence below which a point counts as hidden")
      ->capture_default_str();
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_track(*args); });
}

}  // namespace troodon::cli
