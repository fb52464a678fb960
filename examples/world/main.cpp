#include <map>

#include <CLI/CLI.hpp>
#include <fmt/ranges.h>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "output/commands.hpp"
#include "shapes/catalog.hpp"

using namespace troodon;
using namespace troodon::world;

namespace {

/// Words of the command line that become labels and styles once parsed.
struct Names {
  std::vector<std::string> classes, styles;
};

/// Help that begins with examples, which each command keeps in its footer.
class ExamplesFirst : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    return "Examples:\n" + app->get_footer() + "\n\n" + app->get_description() + "\n";
  }
  std::string make_footer(const CLI::App*) const override {
    return "\nExit codes: 0 done, 1 error, 2 usage, 130 interrupted (run it again to go on).\n";
  }
};

void add_common(CLI::App* verb, CommonOptions& o, Names& names, const std::string& counted) {
  verb->add_option("--out", o.out, "where to write")->required();
  verb->add_option("--count", o.count, counted)
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000'000));
  verb->add_option("--size", o.size, "side of the pictures, pixels")
      ->capture_default_str()
      ->check(CLI::Range(16, 2048));
  verb->add_option("--seed", o.seed, "the same seed gives the same bytes")->capture_default_str();
  verb->add_option(
          "--classes", names.classes, "only these, comma separated (see: troodon-world classes)")
      ->delimiter(',');
  verb->add_option("--styles", names.styles, "of photo,cartoon,sketch,painting; default all")
      ->delimiter(',')
      ->check(CLI::IsMember(std::vector<std::string>(kStyleNames.begin(), kStyleNames.end())));
  verb->add_option("--threads", o.threads, "cores to use; 0: all")->capture_default_str();
  verb->add_flag(
      "--overwrite", o.overwrite, "replace what an earlier run with other settings left");
}

void resolve(const Names& names, CommonOptions& o) {
  for (const std::string& name : names.classes) o.classes.push_back(class_named(name));
  for (const std::string& name : names.styles) {
    const auto found = std::find(kStyleNames.begin(), kStyleNames.end(), name);
    o.styles.push_back(static_cast<Style>(found - kStyleNames.begin()));
  }
}

void add_images(CLI::App& app, ImagesOptions& o, Names& names) {
  o.count = 2900;
  CLI::App* verb = app.add_subcommand(
      "images", "Labelled pictures: train/<class>/*.jpg, val/<class>/*.jpg and manifest.csv.");
  verb->footer(
      "  troodon-world images --out world --count 2900 --size 96\n"
      "  troodon-world images --out truth --count 290 --size 128 --styles photo --masks --depth");
  add_common(verb, o, names, "pictures in all, evenly over the classes");
  verb->add_option("--val-fraction", o.val_fraction, "share held out per class")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 0.9));
  verb->add_flag(
      "--masks", o.masks, "also masks/ (class masks) and parts/ (part masks), 8-bit PNG");
  verb->add_flag("--depth", o.depth, "also depth/, 16-bit PNG in millimetres");
  verb->callback([&] { resolve(names, o), make_images(o); });
}

void add_clip(CLI::App& app, ClipOptions& o, Names& names) {
  o.count = 4;
  CLI::App* verb = app.add_subcommand(
      "clip",
      "Short films with a moving camera, and the object's mask in every frame (DAVIS layout).");
  verb->footer("  troodon-world clip --out clips --count 8 --frames 24 --size 256 --styles photo");
  add_common(verb, o, names, "clips");
  verb->add_option("--frames", o.frames, "frames per clip")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  verb->callback([&] { resolve(names, o), make_clips(o); });
}

void add_pairs(CLI::App& app, PairOptions& o, Names& names) {
  o.count = 20;
  CLI::App* verb =
      app.add_subcommand("pairs", "Two views of one scene, with exact point correspondences.");
  verb->footer(
      "  troodon-world pairs --out pairs --count 29 --size 256 --points 200\n"
      "  troodon-world pairs --out mixed --count 29 --cross-style");
  add_common(verb, o, names, "pairs");
  verb->add_option("--points", o.points, "points per pair")
      ->capture_default_str()
      ->check(CLI::Range(1, 100'000));
  verb->add_flag("--cross-style", o.cross_style, "draw the second view in another style");
  verb->callback([&] { resolve(names, o), make_pairs(o); });
}

void add_duplicates(CLI::App& app, DuplicateOptions& o, Names& names) {
  o.count = 100;
  CLI::App* verb = app.add_subcommand(
      "duplicates", "Pictures with near-duplicates, and pairs.csv that says which.");
  verb->footer(
      "  troodon-world duplicates --out twins --count 100 --copies 2\n"
      "  troodon-world duplicates --out crops --count 100 --copies 1 --changes crop,flip");
  add_common(verb, o, names, "originals");
  verb->add_option("--copies", o.copies, "copies per original")
      ->capture_default_str()
      ->check(CLI::Range(0, 100));
  verb->add_option(
          "--changes", o.changes, "of crop,jpeg,flip,colour,resize,text; default all in turn")
      ->delimiter(',')
      ->check(CLI::IsMember(
          std::vector<std::string>(kDuplicateChanges.begin(), kDuplicateChanges.end())));
  verb->callback([&] { resolve(names, o), make_duplicates(o); });
}

void add_sheet(CLI::App& app, CommonOptions& o, Names& names, SheetKind& kind) {
  CLI::App* verb = app.add_subcommand("sheet", "One PNG for people: classes down, styles across.");
  verb->footer(
      "  troodon-world sheet --out sheet.png --size 96 --count 2\n"
      "  troodon-world sheet --out parts.png --kind parts");
  add_common(verb, o, names, "pictures per class and style");
  static const std::map<std::string, SheetKind> kKinds = {
      {"picture", SheetKind::picture}, {"parts", SheetKind::parts}, {"depth", SheetKind::depth}};
  verb->add_option("--kind", kind, "picture, parts or depth")
      ->transform(CLI::CheckedTransformer(kKinds));
  verb->callback([&] { resolve(names, o), make_sheet(o, kind); });
}

void list_classes() {
  for (const ObjectClass& kind : catalog())
    fmt::print("{}: {}\n", kind.name, fmt::join(kind.parts, ", "));
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A small world of 3-D objects with exact labels, masks, depth and correspondences.");
  app.formatter(std::make_shared<ExamplesFirst>());
  app.footer(
      "  troodon-world images --out world --count 2900 --size 96\n"
      "  troodon-world sheet --out sheet.png\n"
      "  troodon-world COMMAND --help");
  app.set_version_flag("--version", "troodon-world " TROODON_VERSION);
  app.require_subcommand(1);
  ImagesOptions images;
  ClipOptions clip;
  PairOptions pairs;
  DuplicateOptions duplicates;
  CommonOptions sheet;
  SheetKind kind = SheetKind::picture;
  Names names;
  add_images(app, images, names), add_clip(app, clip, names), add_pairs(app, pairs, names);
  add_duplicates(app, duplicates, names), add_sheet(app, sheet, names, kind);
  app.add_subcommand("classes", "Lists the classes and their parts.")
      ->footer("  troodon-world classes")
      ->callback(list_classes);
  catch_interrupts();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    fmt::print(stderr, "error: {}\n", error.what());
    return static_cast<int>(Exit::usage);
  } catch (const Error& error) {
    log_line(LogLevel::error, error.what());
    return static_cast<int>(error.code());
  } catch (const std::exception& error) {
    log_line(LogLevel::error, error.what());
    return static_cast<int>(Exit::runtime);
  }
  return 0;
}
