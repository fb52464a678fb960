#include <memory>

#include <nlohmann/json.hpp>

#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "eval.hpp"
#include "head.hpp"

namespace troodon::cli {
namespace {

struct TaughtArgs {
  Common common;
  evaluate::Looking looking;
  fs::path out;
};

void add_taught_flags(CLI::App& verb, TaughtArgs& args) {
  add_looking_flags(verb, args.looking);
  verb.add_option("--out,-o", args.out, "the head: a .safetensors file with a card")->required();
  add_common(verb, args.common);
}

/// Says what became of it. -> exit code
int finish(const TaughtArgs& args,
           bool stopped,
           const std::vector<std::pair<std::string, double>>& figures,
           const std::string& chosen) {
  if (stopped) {
    log_info("stopped; features that were computed are kept, repeat the command to go on");
    return interrupt_exit_code();
  }
  nlohmann::ordered_json out = {{"out", args.out.string()}, {"chosen", chosen}};
  for (const auto& [name, value] : figures) out[name] = value;
  if (args.common.json) {
    fmt::print("{}\n", out.dump());
    return 0;
  }
  fmt::print("{}", args.out.string());
  for (const auto& [name, value] : figures) fmt::print(", {} {:.4f}", name, value);
  fmt::print("{}\n", chosen.empty() ? "" : " (" + chosen + ")");
  return 0;
}

void teach_classes(CLI::App& train, int& status) {
  struct Args : TaughtArgs {
    std::string train, val;
    evaluate::ClassifyOptions options;
  };
  CLI::App& verb =
      add_verb(train,
               "classify",
               "A head that tells classes apart.",
               "  troodon head train classify --model vits14 --train pets/ --out pets.safetensors");
  auto args = std::make_shared<Args>();
  verb.add_option("--train", args->train, "labelled pictures to learn from")->required();
  verb.add_option(
      "--val", args->val, "to judge and choose on (default: every tenth, not learnt from)");
  add_class_flags(verb, args->options);
  add_taught_flags(verb, *args);
  verb.callback([args, &status] {
    take_common(args->common, args->looking);
    args->options.looking = args->looking;
    args->options.head_file = args->out;
    auto [learnt, judged] =
        args->val.empty() ? evaluate::hold_out(data::open_source(args->train))
                          : std::pair{data::open_source(args->train), data::open_source(args->val)};
    const auto said = evaluate::classify(args->options, learnt, judged);
    status = finish(
        *args,
        said.interrupted,
        {{"top1", said.accuracy.top1}, {"calibration_error", said.calibration.expected_error}},
        said.chosen);
  });
}

void teach_masks(CLI::App& train, int& status) {
  struct Args : TaughtArgs {
    fs::path data;
    evaluate::SegmentOptions options{.shown = 0};
  };
  CLI::App& verb =
      add_verb(train,
               "masks",
               "A head that gives each pixel a class.",
               "  troodon head train masks --model vits14 --data VOC2012/ --out voc.safetensors");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "a folder in the layout of PASCAL VOC")->required();
  add_mask_flags(verb, args->options);
  add_taught_flags(verb, *args);
  verb.callback([args, &status] {
    take_common(args->common, args->looking);
    args->options.looking = args->looking;
    args->options.head_file = args->out;
    const auto [learnt, judged] = evaluate::open_split_masks(args->data);
    const auto said = evaluate::segment(args->options, learnt, judged);
    status = finish(*args,
                    said.interrupted,
                    {{"miou", said.scores.miou}, {"pixel_accuracy", said.scores.aacc}},
                    "");
  });
}

void teach_depth(CLI::App& train, int& status) {
  struct Args : TaughtArgs {
    fs::path data;
    std::string group;
    evaluate::DepthOptions options{.shown = 0};
  };
  CLI::App& verb = add_verb(
      train,
      "depth",
      "A head that measures metres.",
      "  troodon head train depth --model vits14 --data kitchen/ --out metres.safetensors");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "a folder with depth.csv")->required();
  verb.add_option("--group", args->group, "rows of depth.csv with that value in its column group");
  verb.add_flag("--relative",
                args->options.relative,
                "its card says that on other pictures it is right up to a factor, no metres");
  add_depth_flags(verb, args->options);
  add_taught_flags(verb, *args);
  verb.callback([args, &status] {
    take_common(args->common, args->looking);
    args->options.looking = args->looking;
    args->options.head_file = args->out;
    const auto said =
        evaluate::depth(args->options,
                        datasets::open_depth(args->data, {.split = "train", .group = args->group}),
                        datasets::open_depth(args->data, {.split = "val", .group = args->group}));
    status = finish(
        *args,
        said.interrupted,
        {{"rmse", said.scores.rmse}, {"abs_rel", said.scores.abs_rel}, {"a1", said.scores.a1}},
        "");
  });
}

}  // namespace

void add_head_train(CLI::App& head, int& status) {
  CLI::App& verb =
      add_verb(head,
               "train",
               "Teach a tiny head on frozen features.",
               "  troodon head train classify --model small --train pets/ --out pets.safetensors");
  verb.require_subcommand(1);
  teach_classes(verb, status);
  teach_masks(verb, status);
  teach_depth(verb, status);
}

}  // namespace troodon::cli
