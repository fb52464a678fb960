#include "annotate/label_folder.hpp"

#include <algorithm>
#include <ostream>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "data/images.hpp"
#include "exports/datasets.hpp"
#include "image/encode.hpp"
#include "image/resize.hpp"

namespace troodon::annotate {
namespace {

constexpr int kShown = 480;  // pixels, longer side of a picture on the review page

/// A picture that shows the pattern.
struct Line {
  size_t item = 0;
  double score = 0;
  int width = 0, height = 0;
  std::vector<std::string> annotations;
};

image::Image picture_of(const data::Item& item) {
  auto picture = data::read_picture(item);
  if (!picture) fail(Exit::input, "{}", picture.reason());
  return std::move(*picture);
}

Pattern learn(const LabelFolderOptions& options, frozen::DenseFeatures& features) {
  std::vector<frozen::Tokens> tokens;
  std::vector<Mask> masks;
  for (const std::string& example : options.examples) {
    const size_t equals = example.rfind('=');
    if (equals == std::string::npos)
      fail(Exit::usage, "'{}': an example is PICTURE=MASK, two files", example);
    const std::string file = example.substr(0, equals);
    const data::Item item{.path = file, .id = file};
    masks.push_back(read_mask(example.substr(equals + 1)));
    const image::Image picture = picture_of(item);
    if (picture.width != masks.back().width || picture.height != masks.back().height)
      fail(Exit::input, "'{}': the mask is not of the picture's size", example);
    tokens.push_back(features.of(item));
  }
  std::vector<Example> examples;
  for (size_t i = 0; i < masks.size(); ++i) examples.push_back({&tokens[i], &masks[i]});
  return pattern_of(examples);
}

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '%':
        out += "%25";
        break;
      case '#':
        out += "%23";
        break;
      case '?':
        out += "%3F";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string quoted(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + "\"";
}

void write_review(const LabelFolderOptions& options,
                  const std::vector<Line>& lines,
                  const data::Source& source,
                  const std::vector<std::string>& stems) {
  std::vector<double> scores;
  for (const Line& line : lines) scores.push_back(line.score);
  const std::vector<size_t> order = review_order(scores);
  write_atomically(options.out / "review.csv", [&](std::ostream& out) {
    out << "picture,mask,score\n";
    for (const size_t i : order)
      out << quoted(source.items[lines[i].item].id) << ','
          << quoted("masks/" + stems[lines[i].item] + ".png") << ','
          << fmt::format("{:.4f}\n", lines[i].score);
  });
  write_atomically(options.out / "review.html", [&](std::ostream& out) {
    out << "<!doctype html><html lang=en><meta charset=utf-8><title>Review</title><style>"
           "body{font:14px system-ui;margin:2em;background:#111;color:#eee}"
           "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(220px,1fr));gap:12px}"
           "img{width:100%}figure{margin:0}</style>"
           "<h1>Least sure first</h1><main>";
    for (const size_t i : order)
      out << "<figure><img loading=lazy alt=\"\" src=\"overlays/" << escaped(stems[lines[i].item])
          << ".jpg\"><figcaption>" << fmt::format("{:.2f} ", lines[i].score)
          << escaped(source.items[lines[i].item].id) << "</figcaption></figure>";
    out << "</main></html>\n";
  });
}

void write_mask(const LabelFolderOptions& options,
                const std::string& stem,
                const image::Image& picture,
                const Mask& mask) {
  write_atomically(options.out / "masks" / (stem + ".png"), mask_png(mask));
  const double scale =
      std::min(1.0, static_cast<double>(kShown) / std::max(picture.width, picture.height));
  const int width = std::max(1, static_cast<int>(picture.width * scale)),
            height = std::max(1, static_cast<int>(picture.height * scale));
  image::write(options.out / "overlays" / (stem + ".jpg"),
               overlay(image::resize(picture, width, height), resized(mask, width, height)));
}

std::vector<std::string> annotations_of(const Mask& mask) {
  std::vector<int32_t> labels(mask.inside.size());
  std::ranges::transform(mask.inside, labels.begin(), [](uint8_t in) { return in != 0 ? 0 : -1; });
  return exports::coco_annotations({mask.width, mask.height, labels});
}

}  // namespace

LabelFolderResult label_folder(const LabelFolderOptions& options) {
  const data::Source source = data::open_source(options.input);
  frozen::DenseFeatures features(options.looking);
  const Pattern pattern = learn(options, features);
  std::vector<std::string> ids;
  for (const auto& item : source.items) ids.push_back(item.id);
  const std::vector<std::string> stems = exports::file_stems(ids, /*flat=*/true);

  LabelFolderResult result{.pictures = static_cast<int64_t>(source.items.size())};
  std::vector<Line> lines;
  Progress progress("pictures", source.items.size(), options.progress);
  const Pictures pictures{.count = source.items.size(),
                          .tokens = [&](size_t i) { return features.of(source.items[i]); },
                          .picture = [&](size_t i) { return picture_of(source.items[i]); },
                          .failed =
                              [&](size_t i, const std::string& why) {
                                result.bad_files[data::place_of(source.items[i])] = why;
                              }};
  propagate(
      pattern,
      pictures,
      [&](const Found& found) {
        const Mask& mask = found.mask;
        write_mask(options, stems[found.picture], pictures.picture(found.picture), mask);
        lines.push_back({found.picture, mask.score, mask.width, mask.height, annotations_of(mask)});
      },
      [&](size_t, size_t) {
        progress.advance();
        return true;
      },
      options.propagate);
  std::ranges::sort(lines, {}, &Line::item);
  std::vector<exports::CocoPicture> coco;
  for (Line& line : lines)
    coco.push_back({source.items[line.item].id, line.width, line.height, line.annotations});
  exports::write_coco(options.out / "annotations.json",
                      {options.name},
                      coco,
                      "propagated from examples; not looked through");
  write_review(options, lines, source, stems);
  result.found = static_cast<int64_t>(lines.size());
  result.interrupted = interrupted();
  return result;
}

}  // namespace troodon::annotate
