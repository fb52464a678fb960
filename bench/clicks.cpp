// Answers bench/clicks.py: a JSON object a line in, one out. usage: bench_clicks MODEL [GRID]
//   {"do": "open", "picture": FILE}               looks at a picture
//   {"do": "clicks", "clicks": [{x, y, positive}]} -> {"width", "height", "runs": [...]}
//   {"do": "learn", "picture", "mask"}, {"do": "find", "picture"} -> the same
//   {"do": "proposals", "count"}                  -> {"masks": [the same]}
//   {"do": "guesses", "clicks", "runs"}           what mask_of_clicks chooses from, and its IoU
#include "annotate/clicks.hpp"

#include <chrono>
#include <iostream>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "annotate/cut/guesses.hpp"
#include "annotate/propagate.hpp"
#include "annotate/proposals.hpp"
#include "base/error.hpp"
#include "exports/rle.hpp"
#include "image/decode.hpp"

namespace {

using namespace troodon;
using nlohmann::json;

image::Image read(const std::string& path) {
  auto picture = image::read(path);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  return std::move(*picture);
}

json reply_of(const annotate::Mask& mask, double seconds) {
  const auto counts = exports::uncompressed(annotate::run_text(mask));
  return {{"width", mask.width},
          {"height", mask.height},
          {"runs", counts},
          {"score", mask.score},
          {"seconds", seconds}};
}

std::vector<annotate::Click> clicks_of(const json& ask) {
  std::vector<annotate::Click> out;
  for (const auto& c : ask.at("clicks")) out.push_back({c.at("x"), c.at("y"), c.at("positive")});
  return out;
}

json guesses(const annotate::Sight& sight, const json& ask) {
  const auto clicks = clicks_of(ask);
  const double sx = static_cast<double>(sight.small.width) / sight.picture.width,
               sy = static_cast<double>(sight.small.height) / sight.picture.height;
  std::vector<int32_t> inside, outside;
  std::array<float, 2> first{};
  for (const auto& click : clicks) {
    const int x = static_cast<int>(click.x * sx), y = static_cast<int>(click.y * sy);
    if (&click == &clicks[0]) first = {static_cast<float>(x), static_cast<float>(y)};
    (click.positive ? inside : outside)
        .push_back(sight.cell[static_cast<size_t>(y) * sight.small.width + x]);
  }
  const annotate::Mask truth = annotate::resized(
      annotate::mask_of_runs(sight.picture.width,
                             sight.picture.height,
                             exports::compressed(ask.at("runs").get<std::vector<uint32_t>>())),
      sight.small.width,
      sight.small.height);
  std::vector<double> hit(static_cast<size_t>(sight.cells), 0);
  double all = 0;
  for (size_t i = 0; i < truth.inside.size(); ++i)
    hit[sight.cell[i]] += truth.inside[i], all += truth.inside[i];
  json rows = json::array();
  const auto spreads = annotate::spreads_of(sight, inside, outside);
  for (const auto& guess : annotate::guesses_of(sight, spreads, first)) {
    double both = 0, area = 0;
    for (size_t c = 0; c < hit.size(); ++c) {
      if (guess.inside[c] != 0) both += hit[c], area += sight.area[c];
    }
    rows.push_back({guess.traits, both / (all + area - both)});
  }
  return {{"rows", rows}};
}

struct State {
  frozen::DenseFeatures features;
  annotate::Sight sight;
  annotate::Pattern pattern;
};

json answer(State& state, const json& ask) {
  const std::string what = ask.at("do");
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  if (what == "open") {
    state.sight = annotate::sight_of(read(ask.at("picture")), state.features);
    return {{"seconds", seconds()}, {"cells", state.sight.cells}};
  }
  if (what == "clicks") {
    const auto mask = annotate::mask_of_clicks(state.sight, clicks_of(ask));
    return reply_of(mask, seconds());
  }
  if (what == "proposals") {
    json list = json::array();
    for (const auto& mask : annotate::proposals(state.sight, ask.at("count")))
      list.push_back(reply_of(mask, 0));
    return {{"masks", list}, {"seconds", seconds()}};
  }
  if (what == "learn") {
    const annotate::Mask mask = annotate::read_mask(ask.at("mask").get<std::string>());
    const auto tokens = state.features.compute(read(ask.at("picture")));
    state.pattern = annotate::pattern_of(std::vector{annotate::Example{&tokens, &mask}});
    return {{"seconds", seconds()}};
  }
  if (what == "find") {
    state.sight = annotate::sight_of(read(ask.at("picture")), state.features);
    return reply_of(annotate::find(state.pattern, state.sight), seconds());
  }
  if (what == "guesses") return guesses(state.sight, ask);
  return {{"error", "do what?"}};
}

}  // namespace

int main(int argc, char** argv) {
  frozen::DenseOptions options = annotate::looking_options(argc > 1 ? argv[1] : "small");
  if (argc > 2) options.grid = std::stoi(argv[2]);
  State state{frozen::DenseFeatures(options), {}, {}};
  for (std::string line; std::getline(std::cin, line);) {
    json reply;
    try {
      reply = answer(state, json::parse(line));
    } catch (const std::exception& error) {
      reply = {{"error", error.what()}};
    }
    std::cout << reply.dump() << std::endl;
  }
}
