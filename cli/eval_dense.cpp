#include <memory>

#include "eval.hpp"

namespace troodon::cli {
namespace {

void add_masks(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    fs::path data;
    evaluate::SegmentOptions options;
  };
  CLI::App& verb =
      add_verb(eval,
               "masks",
               "Segmentation by the official head on patch tokens (mIoU).",
               "  troodon eval masks --model vits14 --data VOC2012/ --layers 4 --out judged/");
  auto args = std::make_shared<Args>();
  verb.add_option(
          "--data", args->data, "a folder in the layout of PASCAL VOC, or the small world's")
      ->required();
  add_mask_flags(verb, args->options);
  complete(verb, args, status, [](Args& a) {
    return scorecard::masks_trial(data_name(a.data), a.data, a.options);
  });
}

void add_discover(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    fs::path data;
    evaluate::DiscoverOptions options;
  };
  CLI::App& verb = add_verb(eval,
                            "discover",
                            "Masks without labels: k-means on patch tokens, foreground by PCA.",
                            "  troodon eval discover --model vits14 --data VOC2012/ --clusters 27");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "a folder in the layout of PASCAL VOC, for judging")
      ->required();
  verb.add_option("--clusters", args->options.clusters, "default: as many as there are classes");
  verb.add_option("--iterations", args->options.iterations, "of k-means")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  complete(verb, args, status, [](Args& a) {
    return scorecard::discover_trial(data_name(a.data), a.data, a.options);
  });
}

void judge_depth(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    fs::path data;
    std::string group;
    evaluate::DepthOptions options;
  };
  CLI::App& verb =
      add_verb(eval,
               "depth",
               "Metric depth by the official decoders (RMSE, AbsRel, a1, ...).",
               "  troodon eval depth --model vits14 --data nyu/ --decoder linear4 --crop nyu "
               "--out judged/");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "a folder with depth.csv, or the small world's")
      ->required();
  verb.add_option("--group", args->group, "rows of depth.csv with that value in its column group");
  add_depth_flags(verb, args->options);
  complete(verb, args, status, [](Args& a) {
    return scorecard::depth_trial(data_name(a.data), a.data, a.group, a.options);
  });
}

void add_video(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    fs::path data;
    evaluate::VideoOptions options;
  };
  CLI::App& verb = add_verb(eval,
                            "video",
                            "Carry the first mask of a film through its frames (DAVIS: J, F).",
                            "  troodon eval video --model vits16 --data DAVIS/ --pictures masks/");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "a folder in the layout of DAVIS")->required();
  verb.add_option("--frames", args->options.frames, "last frames that are asked, besides the first")
      ->capture_default_str();
  verb.add_option("--neighbours", args->options.neighbours, "patches that vote")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  verb.add_option("--radius",
                  args->options.radius,
                  "patches around a place that are asked (default: a fifth of the rows)")
      ->check(CLI::PositiveNumber);
  verb.add_option("--temperature", args->options.temperature, "of the vote's softmax")
      ->capture_default_str();
  verb.add_option("--pictures", args->options.pictures, "folder for the masks that come out");
  complete(verb, args, status, [](Args& a) {
    return scorecard::video_trial(data_name(a.data), a.data, a.options);
  });
}

void add_eval_match(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    fs::path data;
    evaluate::MatchOptions options;
  };
  CLI::App& verb = add_verb(eval,
                            "match",
                            "Find points of one picture in another (PCK).",
                            "  troodon eval match --model vitb14 --data SPair-71k/");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "SPair-71k, or pairs of the small world")->required();
  verb.add_option(
          "--alpha", args->options.alpha, "share of the object's longer side that is near enough")
      ->capture_default_str();
  complete(verb, args, status, [](Args& a) {
    return scorecard::match_trial(data_name(a.data), a.data, a.options);
  });
}

}  // namespace

void add_eval_dense(CLI::App& eval, int& status) {
  add_masks(eval, status);
  add_discover(eval, status);
  judge_depth(eval, status);
  add_video(eval, status);
  add_eval_match(eval, status);
}

}  // namespace troodon::cli
