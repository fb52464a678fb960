#include <charconv>
#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "image/decode.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"
#include "kernels/backend.hpp"
#include "report/draw.hpp"
#include "search/asking.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct SearchArgs {
  Common common;
  std::string folder, store, region, filter;
  std::vector<std::string> like, unlike;
  fs::path out;
  search::Options options{.k = 10};
};

/// "x,y,width,height" in pixels.
image::Box box_of(const std::string& text) {
  std::array<int, 4> values{};
  const char* at = text.data();
  const char* end = at + text.size();
  for (size_t i = 0; i < values.size(); ++i) {
    const auto [stop, error] = std::from_chars(at, end, values[i]);
    const bool last = i + 1 == values.size();
    if (error != std::errc() || (last ? stop != end : stop == end || *stop != ','))
      fail(Exit::usage, "--region: '{}' is not x,y,width,height in pixels", text);
    at = stop + 1;
  }
  return {.top = values[1], .left = values[0], .height = values[3], .width = values[2]};
}

/// A picture of the collection by its path there, else a file.
fs::path file_of(const std::string& name, const collection::Settings& settings) {
  const fs::path inside = fs::path(settings.folder) / name;
  return !fs::exists(name) && fs::exists(inside) ? inside : fs::path(name);
}

image::Image read(const fs::path& file) {
  auto picture = image::read(file);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  return *std::move(picture);
}

search::Question question_of(SearchArgs& args,
                             const search::Searcher& searcher,
                             infer::Embedder& network) {
  const auto settings = searcher.store().settings();
  search::Question out;
  for (size_t i = 0; i < args.like.size(); ++i) {
    const image::Image picture = read(file_of(args.like[i], settings));
    out.plus.push_back(search::look(network, picture, settings).vector);
    if (i > 0 || args.region.empty()) continue;
    const auto part = search::share_of(box_of(args.region), picture.width, picture.height);
    out.region = search::look_at_region(network, picture, part, settings);
  }
  for (const std::string& name : args.unlike)
    out.minus.push_back(search::look(network, read(file_of(name, settings)), settings).vector);
  return out;
}

nlohmann::ordered_json json_of(const search::Answer& answer) {
  nlohmann::ordered_json out = {{"hits", nlohmann::json::array()}, {"exact", answer.exact}};
  for (const auto& hit : answer.hits) {
    nlohmann::ordered_json one = {{"id", hit.picture.id},
                                  {"path", hit.picture.path},
                                  {"label", hit.picture.label},
                                  {"score", hit.score},
                                  {"word", hit.word}};
    if (hit.place) {
      const auto box = search::box_of(*hit.place, hit.picture.width, hit.picture.height);
      one["box"] = {{"x", box.left}, {"y", box.top}, {"width", box.width}, {"height", box.height}};
    }
    if (!hit.copies.empty()) one["copies"] = hit.copies;
    out["hits"].push_back(one);
  }
  out["milliseconds"] = {{"search", answer.search_ms}, {"fetch", answer.fetch_ms}};
  return out;
}

/// The pictures found on one sheet.
void write_sheet(const fs::path& out, const search::Answer& answer, const std::string& folder) {
  constexpr int kSide = 224;
  std::vector<image::Image> pictures;
  for (const auto& hit : answer.hits) {
    auto picture = image::read(fs::path(folder) / hit.picture.path);
    if (!picture) continue;
    const double scale = static_cast<double>(kSide) / std::max(picture->width, picture->height);
    pictures.push_back(image::resize(*picture,
                                     std::max(1, static_cast<int>(picture->width * scale)),
                                     std::max(1, static_cast<int>(picture->height * scale))));
  }
  image::write(out, report::sheet(pictures, {.columns = 5}));
}

int run_search(SearchArgs& args) {
  kernels::use_threads(args.common.threads);
  if (args.like.empty()) fail(Exit::usage, "search: name a picture with --like");
  std::shared_ptr<const collection::Store> store =
      collection::open_store(args.store.empty() ? args.folder : args.store);
  const auto settings = store->settings();
  infer::Embedder network = search::network_of(settings,
                                               {.device = args.common.device,
                                                .threads = static_cast<size_t>(args.common.threads),
                                                .single = true});
  const search::Searcher searcher(store, {.threads = static_cast<size_t>(args.common.threads)});
  args.options.filter = collection::parse_filter(args.filter);
  const search::Answer answer = searcher.ask(question_of(args, searcher, network), args.options);
  if (!args.out.empty()) write_sheet(args.out, answer, settings.folder);
  if (args.common.json) {
    fmt::print("{}\n", json_of(answer).dump());
    return 0;
  }
  for (const auto& hit : answer.hits)
    fmt::print("{:.3f}  {:<5}  {}{}\n",
               hit.score,
               hit.word,
               hit.picture.path,
               hit.copies.empty() ? "" : fmt::format("  (+{} copies)", hit.copies.size()));
  return 0;
}

}  // namespace

void add_search(CLI::App& app, int& status) {
  auto args = std::make_shared<SearchArgs>();
  CLI::App& verb = add_verb(app,
                            "search",
                            "find pictures of a collection by pictures, or by parts of them",
                            "  troodon search photos/ --like cat.jpg\n"
                            "  troodon search photos/ --like cat.jpg --region 40,60,120,100\n"
                            "  troodon search photos/ --like a.jpg --like b.jpg --unlike c.jpg "
                            "--filter \"width >= 500\" --out found.jpg");
  verb.add_option("folder", args->folder, "of a collection (`troodon index add`)")->required();
  verb.add_option("--store", args->store, "postgresql://USER@HOST/DATABASE#NAME");
  verb.add_option("--like,-i", args->like, "a picture that is wanted; repeat for several");
  verb.add_option("--unlike", args->unlike, "a picture that isn't; repeat for several");
  verb.add_option(
      "--region", args->region, "x,y,width,height of the first picture: find that part");
  verb.add_option("--filter", args->filter, "\"label = dog and width >= 500 and path ~ beach\"");
  verb.add_option("-k", args->options.k, "pictures found")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  verb.add_option("--diversity", args->options.diversity, "0: the most alike, to 1: varied ones")
      ->check(CLI::Range(0.0, 1.0));
  verb.add_flag("--collapse", args->options.collapse, "fold near copies into the best of them");
  verb.add_option("--out,-o", args->out, "a sheet of what was found (.jpg or .png)");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_search(*args); });
}

}  // namespace troodon::cli
