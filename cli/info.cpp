#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "infer/inspect.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct InfoArgs {
  Common common;
  fs::path file;
  bool tensors = false;
};

int run_info(const InfoArgs& args) {
  const infer::Inspection found = infer::inspect(args.file);
  if (args.common.json) {
    nlohmann::ordered_json object = {
        {"path", args.file.string()}, {"kind", found.kind}, {"summary", found.summary}};
    for (const auto& [name, value] : found.facts) object["facts"][name] = value;
    for (const auto& t : found.tensors)
      object["tensors"].push_back({{"name", t.name}, {"dtype", t.dtype}, {"shape", t.shape}});
    fmt::print("{}\n", object.dump());
    return 0;
  }
  fmt::print("{}\n", found.summary);
  for (const auto& [name, value] : found.facts) fmt::print("  {:<12} {}\n", name, value);
  if (!found.tensors.empty() && !args.tensors)
    fmt::print("  {} tensors; --tensors lists them\n", found.tensors.size());
  if (args.tensors) {
    for (const auto& t : found.tensors)
      fmt::print("  {:<48} {:<10} {}\n", t.name, t.dtype, t.shape);
  }
  return 0;
}

}  // namespace

void add_info(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "info",
               "Say what a checkpoint, feature file, picture or folder is.",
               "  troodon info dinov2_vits14_pretrain.pth\n  troodon info runs/first --json");
  auto args = std::make_shared<InfoArgs>();
  verb.add_option("file", args->file, "file or folder")->required();
  verb.add_flag("--tensors", args->tensors, "list every stored tensor");
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_info(*args); });
}

}  // namespace troodon::cli
