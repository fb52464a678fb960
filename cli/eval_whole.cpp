#include <memory>

#include "eval.hpp"

namespace troodon::cli {
namespace {

void add_classify(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    std::string train, val;
    evaluate::ClassifyOptions options;
  };
  CLI::App& verb =
      add_verb(eval,
               "classify",
               "How well a tiny head tells classes apart.",
               "  troodon eval classify --model vits14 --train pets/train --val pets/val\n"
               "  troodon eval classify --model small --train a/train --val a/val "
               "--head knn -k 20 --out judged/\n"
               "  troodon eval classify --model small --train faces.csv?split=train "
               "--val faces.csv?split=val --table faces.csv --by country,age --out judged/");
  auto args = std::make_shared<Args>();
  verb.add_option("--train", args->train, "labelled pictures to learn from")->required();
  verb.add_option("--val", args->val, "labelled pictures to judge on")->required();
  add_class_flags(verb, args->options);
  complete(verb, args, status, [](Args& a) {
    return scorecard::classes_trial(data_name(a.val), a.train, a.val, a.options);
  });
}

void add_domains(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    evaluate::DomainOptions options;
  };
  CLI::App& verb =
      add_verb(eval,
               "domains",
               "Learn one style, judge on the others: photo, sketch, cartoon, painting.",
               "  troodon eval domains --model small --data pacs/\n"
               "  troodon eval domains --model small --data world/manifest.csv --column style");
  auto args = std::make_shared<Args>();
  verb.add_option("--data",
                  args->options.data,
                  "a folder per domain (a folder per class in each), or a manifest")
      ->required();
  verb.add_option("--column", args->options.column, "the manifest's column that names the domain");
  verb.add_option("--folds", args->options.folds, "parts held out in turn, for a domain on itself")
      ->check(CLI::Range(2, 100))
      ->capture_default_str();
  add_class_flags(verb, args->options.classify);
  complete(verb, args, status, [](Args& a) {
    return scorecard::domains_trial(data_name(a.options.data), a.options);
  });
}

void add_damage(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    std::string train, val;
    std::vector<std::string> corruptions;
    evaluate::RobustOptions options{.classify = {.head = evaluate::ClassHeadKind::logistic}};
  };
  CLI::App& verb =
      add_verb(eval,
               "damage",
               "Errors on pictures with noise, blur, weather, compression at five strengths.",
               "  troodon eval damage --model small --train a/train --val a/val --limit 500");
  auto args = std::make_shared<Args>();
  verb.add_option("--train", args->train, "labelled pictures to learn from")->required();
  verb.add_option("--val", args->val, "labelled pictures to damage")->required();
  verb.add_option(
          "--corruptions", args->corruptions, "such as gaussian_noise,fog,jpeg (default: all)")
      ->delimiter(',');
  verb.add_option("--limit", args->options.limit, "so many of the judged pictures, evenly spread");
  add_class_flags(verb, args->options.classify);
  complete(verb, args, status, [](Args& a) {
    for (const std::string& name : a.corruptions)
      a.options.corruptions.push_back(image::corruption_of(name));
    return scorecard::damage_trial(data_name(a.val), a.train, a.val, a.options);
  });
}

void add_descriptor(CLI::App& verb, evaluate::RetrieveOptions& options) {
  static const std::map<std::string, evaluate::Descriptor> descriptors = {
      {"cls", evaluate::Descriptor::cls},
      {"pooled", evaluate::Descriptor::pooled},
      {"deep", evaluate::Descriptor::deep}};
  verb.add_option("--descriptor",
                  options.descriptor,
                  "cls, pooled (with the mean patch token) or deep (and all blocks' class tokens)")
      ->transform(CLI::CheckedTransformer(descriptors, CLI::ignore_case))
      ->default_str("cls");
  verb.add_option("--scales", options.scales, "factors of the size; descriptors are added up")
      ->delimiter(',')
      ->capture_default_str();
}

void add_retrieve(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    std::string data;
    evaluate::RetrieveOptions options;
  };
  CLI::App& verb =
      add_verb(eval,
               "retrieve",
               "Rank pictures by likeness: Revisited Oxford and Paris, or any labelled source.",
               "  troodon eval retrieve --model vitb14 --data roxford5k/\n"
               "  troodon eval retrieve --model small --data pets/val");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "a folder with gnd.json, or labelled pictures")->required();
  verb.add_option("-k", args->options.kappas, "precision and mAP at so many")
      ->delimiter(',')
      ->capture_default_str();
  add_descriptor(verb, args->options);
  complete(verb, args, status, [](Args& a) {
    const bool landmarks = fs::exists(fs::path(a.data) / "gnd.json");
    return landmarks ? scorecard::landmarks_trial(data_name(a.data), a.data, a.options)
                     : scorecard::labels_trial(data_name(a.data), a.data, a.options);
  });
}

void add_copies(CLI::App& eval, int& status) {
  struct Args : EvalArgs {
    std::string data, distractors;
    evaluate::RetrieveOptions options;
  };
  CLI::App& verb =
      add_verb(eval,
               "copies",
               "Find originals of changed copies (micro average precision).",
               "  troodon eval copies --model copies --resize stretch --data copydetect/ "
               "--distractors photos/");
  auto args = std::make_shared<Args>();
  verb.add_option("--data", args->data, "a folder with gnd.csv (query, original, transform)")
      ->required();
  verb.add_option("--distractors", args->distractors, "pictures to search besides the originals");
  add_descriptor(verb, args->options);
  complete(verb, args, status, [](Args& a) {
    return scorecard::copies_trial(data_name(a.data), a.data, a.distractors, a.options);
  });
}

}  // namespace

void add_eval_whole(CLI::App& eval, int& status) {
  add_classify(eval, status);
  add_domains(eval, status);
  add_damage(eval, status);
  add_retrieve(eval, status);
  add_copies(eval, status);
}

}  // namespace troodon::cli
