#include "curation.hpp"
#include "features.hpp"

namespace troodon::cli {

CLI::App& add_embed(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  infer::ExtractOptions& x = args->embed.extract;
  x.model = "small";
  CLI::App& verb = add_verb(
      curate,
      "embed",
      "Turn pictures into features, fingerprints and quality in one pass.",
      "  troodon curate embed heap/ --model MODEL --out pool.safetensors --looks pool.looks\n"
      "  troodon curate embed test/ --model MODEL --out test.safetensors");
  verb.add_option("input", x.input, "folder, list, table, shards, video: see docs/data.md")
      ->required();
  verb.add_option("--model,-m",
                  x.model,
                  "checkpoint, Hugging Face folder, run's folder, a released model's name, or what "
                  "comes with Troodon: small, copies")
      ->default_str("small");
  add_output_flags(verb, x);
  verb.get_option("--overwrite")->group("");  // it goes on by itself
  verb.get_option("--update")->group("");
  verb.add_option(
      "--looks", args->embed.looks, "file for fingerprints and quality, for sift and dedup");
  add_picture_flags(verb, x);
  verb.add_option("--batch,-b", x.batch, "pictures at once")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_common(verb, args->common);
  return verb;
}

CLI::App& add_hand_over(CLI::App& curate, const std::shared_ptr<CurateArgs>& args) {
  auto& options = args->hand_over;
  CLI::App& verb =
      add_verb(curate,
               "export",
               "Make a set ready for training: shards, links, or a list of absolute paths.",
               "  troodon curate export heap/ --only set.csv --shards set/\n"
               "  troodon curate export heap/ --only set.csv --links set/ --manifest set_abs.csv");
  verb.add_option("input", options.pictures, "the pool's pictures: see docs/data.md")->required();
  verb.add_option("--only", options.only, "manifest or list of the set");
  verb.add_option("--shards", options.shards, "folder for WebDataset shards");
  verb.add_option("--links", options.links, "folder for symbolic links, named as in the pool");
  verb.add_option("--manifest", options.manifest, "table of absolute paths, to lie anywhere");
  verb.add_option("--shard-size", options.shard_bytes, "bytes, or 256MB, 1GB, ...")
      ->transform(CLI::AsSizeValue(/*kb_is_1000=*/false))
      ->check(CLI::PositiveNumber)
      ->default_str("256MB");
  add_common(verb, args->common);
  return verb;
}

}  // namespace troodon::cli
