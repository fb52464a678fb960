#include <memory>
#include <optional>

#include <nlohmann/json.hpp>

#include "annotate/clicks.hpp"
#include "annotate/label_folder.hpp"
#include "annotate/project_export.hpp"
#include "annotate/proposals.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "data/images.hpp"
#include "image/encode.hpp"
#include "kernels/backend.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct LabelArgs {
  Common common;
  std::string model = "small", input, project, pictures, layout = "coco";
  fs::path out, overlay;
  std::vector<std::string> on, beside;
  std::string box;
  bool whole_cells = false, accepted = false, strict = false;
  int64_t count = 10;
  annotate::ExportOptions exporting;
  annotate::LabelFolderOptions folder;
};

/// Numbers of "120,80"; `count` of them.
std::vector<double> numbers_of(const std::string& text, size_t count, const char* what) {
  std::vector<double> out;
  for (size_t at = 0; at <= text.size();) {
    const size_t comma = std::min(text.find(',', at), text.size());
    try {
      size_t used = 0;
      out.push_back(std::stod(text.substr(at, comma - at), &used));
      if (used != comma - at) throw std::invalid_argument(text);
    } catch (const std::exception&) {
      fail(Exit::usage, "'{}': {} is {} numbers with commas between", text, what, count);
    }
    at = comma + 1;
  }
  if (out.size() != count)
    fail(Exit::usage, "'{}': {} is {} numbers with commas between", text, what, count);
  return out;
}

frozen::DenseOptions looking(const LabelArgs& args) {
  kernels::use_threads(args.common.threads);
  frozen::DenseOptions out = annotate::looking_options(args.model);
  out.device = args.common.device;
  out.threads = static_cast<size_t>(args.common.threads);
  out.progress = args.common.progress_style();
  return out;
}

annotate::Sight sight_of(const LabelArgs& args) {
  auto picture = data::read_picture({.path = args.input, .id = args.input});
  if (!picture) fail(Exit::input, "{}", picture.reason());
  frozen::DenseFeatures features(looking(args));
  return annotate::sight_of(std::move(*picture), features);
}

int run_click(LabelArgs& args) {
  std::vector<annotate::Click> clicks;
  for (const auto& [words, positive] : {std::pair{&args.on, true}, {&args.beside, false}}) {
    for (const std::string& word : *words) {
      const auto at = numbers_of(word, 2, "a click");
      clicks.push_back({at[0], at[1], positive});
    }
  }
  std::optional<image::Box> box;
  if (!args.box.empty()) {
    const auto at = numbers_of(args.box, 4, "a box");
    box = {.top = static_cast<int>(at[1]),
           .left = static_cast<int>(at[0]),
           .height = static_cast<int>(at[3]),
           .width = static_cast<int>(at[2])};
  }
  const annotate::Sight sight = sight_of(args);
  const annotate::Mask mask =
      annotate::mask_of_clicks(sight, clicks, box, {.refine = !args.whole_cells});
  write_atomically(args.out, annotate::mask_png(mask));
  if (!args.overlay.empty()) image::write(args.overlay, annotate::overlay(sight.picture, mask));
  if (args.common.json)
    fmt::print("{}\n", annotate::mask_json(mask));
  else
    fmt::print(
        "{} pixels, score {:.2f} -> {}\n", annotate::area_of(mask), mask.score, args.out.string());
  return 0;
}

int run_proposals(LabelArgs& args) {
  const annotate::Sight sight = sight_of(args);
  const auto masks = annotate::proposals(sight, static_cast<size_t>(args.count));
  auto list = nlohmann::ordered_json::array();
  for (size_t i = 0; i < masks.size(); ++i) {
    const std::string name = fmt::format("{:02}", i + 1);
    write_atomically(args.out / (name + ".png"), annotate::mask_png(masks[i]));
    image::write(args.out / (name + ".jpg"), annotate::overlay(sight.picture, masks[i]));
    list.push_back(nlohmann::ordered_json::parse(annotate::mask_json(masks[i])));
  }
  if (args.common.json)
    fmt::print("{}\n", nlohmann::ordered_json{{"masks", list}}.dump());
  else
    fmt::print("{} proposals -> {}\n", masks.size(), args.out.string());
  return 0;
}

int run_propagate(LabelArgs& args) {
  args.folder.looking = looking(args);
  args.folder.input = args.input;
  args.folder.out = args.out;
  args.folder.propagate.threads = static_cast<size_t>(args.common.threads);
  args.folder.progress = args.common.progress_style();
  const auto result = annotate::label_folder(args.folder);
  if (args.common.json)
    fmt::print(
        "{}\n",
        nlohmann::ordered_json{
            {"pictures", result.pictures}, {"found", result.found}, {"bad_files", result.bad_files}}
            .dump());
  else
    fmt::print("{} of {} pictures show it; look through {}\n",
               result.found,
               result.pictures,
               (args.out / "review.html").string());
  if (result.interrupted) return interrupt_exit_code();
  if (args.strict && !result.bad_files.empty())
    fail(Exit::input, "{}: {}", result.bad_files.begin()->first, result.bad_files.begin()->second);
  return result.bad_files.empty() ? 0 : static_cast<int>(Exit::partial);
}

int run_export(LabelArgs& args) {
  const annotate::Project project = annotate::project_of_json(read_text(args.project));
  args.exporting.layout = annotate::layout_of(args.layout);
  args.exporting.out = args.out;
  args.exporting.drafts = !args.accepted;
  const fs::path root = args.pictures;
  const auto of = [&](const std::string& ref) -> std::optional<annotate::PictureFile> {
    annotate::PictureFile file{.name = ref};
    if (root.empty()) return file;
    file.file = root / ref;
    if (!fs::is_regular_file(file.file)) return std::nullopt;
    return file;
  };
  const auto done = annotate::export_project(project, of, args.exporting);
  if (args.common.json)
    fmt::print("{}\n",
               nlohmann::ordered_json{{"pictures", done.pictures},
                                      {"shapes", done.shapes},
                                      {"files", done.files},
                                      {"missing", done.missing}}
                   .dump());
  else
    fmt::print("{} shapes on {} pictures -> {}\n", done.shapes, done.pictures, args.out.string());
  return done.missing.empty() ? 0 : static_cast<int>(Exit::partial);
}

void add_looking(CLI::App& verb, LabelArgs& args, const char* input) {
  verb.add_option("--model,-m", args.model, "network, file or name, or colour")
      ->capture_default_str();
  verb.add_option("--input,-i", args.input, input)->required();
}

void add_click(CLI::App& label, const std::shared_ptr<LabelArgs>& args, int& status) {
  CLI::App& verb = add_verb(
      label,
      "click",
      "The object that clicks or a box point at, as a mask.",
      "  troodon label click --input dog.jpg --click 120,80 --out mask.png\n"
      "  troodon label click --input dog.jpg --click 120,80 --not 10,10 --out mask.png --overlay "
      "seen.jpg");
  add_looking(verb, *args, "picture");
  verb.add_option("--click", args->on, "x,y on the object, in pixels; as often as you like");
  verb.add_option("--not", args->beside, "x,y beside it");
  verb.add_option("--box", args->box, "x,y,width,height around it");
  verb.add_option("--out,-o", args->out, "mask, PNG: 255 inside")->required();
  verb.add_option("--overlay", args->overlay, "the picture with the mask, JPEG or PNG");
  verb.add_flag("--coarse", args->whole_cells, "do not follow edges pixel by pixel");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_click(*args); });
}

void add_propagate(CLI::App& label, const std::shared_ptr<LabelArgs>& args, int& status) {
  CLI::App& verb = add_verb(label,
                            "propagate",
                            "The same object or part on other pictures, from one example or some.",
                            "  troodon label propagate --example dog.jpg=mask.png --input photos/ "
                            "--out found/");
  add_looking(verb, *args, "folder, list, manifest or picture");
  verb.add_option("--example", args->folder.examples, "PICTURE=MASK; as often as you like")
      ->required();
  verb.add_option("--name", args->folder.name, "of the class")->capture_default_str();
  verb.add_option("--least", args->folder.propagate.least, "score below which nothing is found")
      ->capture_default_str();
  verb.add_option("--limit", args->folder.propagate.limit, "the most likely pictures; 0: all");
  verb.add_option("--out,-o", args->out, "folder for masks, annotations.json and review.html")
      ->required();
  verb.add_flag("--strict", args->strict, "fail where a picture cannot be read");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_propagate(*args); });
}

void add_proposals(CLI::App& label, const std::shared_ptr<LabelArgs>& args, int& status) {
  CLI::App& verb = add_verb(label,
                            "proposals",
                            "Objects that nobody pointed at, best first.",
                            "  troodon label proposals --input street.jpg --out proposals/");
  add_looking(verb, *args, "picture");
  verb.add_option("--count", args->count, "at most")->capture_default_str();
  verb.add_option("--out,-o", args->out, "folder for masks and pictures of them")->required();
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_proposals(*args); });
}

void add_export_labels(CLI::App& label, const std::shared_ptr<LabelArgs>& args, int& status) {
  CLI::App& verb = add_verb(label,
                            "export",
                            "A project's shapes as COCO, YOLO, PASCAL VOC or PNG.",
                            "  troodon label export farm.json --format coco --out coco/\n"
                            "  troodon label export farm.json --format yolo --pictures photos/ "
                            "--out yolo/");
  verb.add_option("project", args->project, "NAME.json as the server keeps it")->required();
  verb.add_option("--format", args->layout, "coco, yolo, voc or png")->capture_default_str();
  verb.add_option("--pictures", args->pictures, "folder that the project's pictures lie in");
  verb.add_option("--out,-o", args->out, "folder")->required();
  verb.add_flag("--accepted", args->accepted, "leave out drafts");
  verb.add_flag("--polygons", args->exporting.polygons, "COCO: outlines, not run lengths");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_export(*args); });
}

}  // namespace

void add_label(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "label",
               "Masks of few clicks, of one example on many pictures, of nothing; exports.",
               "  troodon label click --input dog.jpg --click 120,80 --out mask.png\n"
               "  troodon label propagate --example dog.jpg=mask.png --input photos/ --out found/");
  verb.require_subcommand(1);
  const auto args = std::make_shared<LabelArgs>();
  add_click(verb, args, status);
  add_propagate(verb, args, status);
  add_proposals(verb, args, status);
  add_export_labels(verb, args, status);
}

}  // namespace troodon::cli
