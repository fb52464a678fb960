#include "zoo/fetch.hpp"

#include <memory>

#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "infer/inspect.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

struct FetchArgs {
  Common common;
  std::string name, mirror, sha256;
  fs::path out;
  int retries = 6;
};

int run_fetch(const FetchArgs& args) {
  auto downloads = zoo::downloads_of(args.name, args.mirror, args.out);
  if (!args.sha256.empty() && downloads.size() > 1)
    fail(Exit::usage, "{} is several files; --sha256 goes with the name of one", args.name);
  nlohmann::ordered_json files = nlohmann::ordered_json::array();
  for (zoo::FetchOptions& download : downloads) {
    download.sha256 = args.sha256;
    download.retries = args.retries;
    download.progress = args.common.progress_style();
    download.check = infer::check_model_file;
    const zoo::Fetched done = zoo::fetch(download);
    if (done.interrupted) {
      log_info("stopped after {} bytes; repeat the same command to go on", done.bytes);
      return interrupt_exit_code();
    }
    files.push_back({{"path", download.to.string()},
                     {"bytes", done.bytes},
                     {"sha256", done.sha256},
                     {"resumed_at", done.resumed_at},
                     {"present", done.present}});
    if (!args.common.json)
      fmt::print("{}{}\n  {} bytes, SHA-256 {}\n",
                 download.to.string(),
                 done.present ? " (was there)" : "",
                 done.bytes,
                 done.sha256);
  }
  if (args.common.json) fmt::print("{}\n", nlohmann::ordered_json{{"files", files}}.dump());
  return 0;
}

}  // namespace

void add_fetch(CLI::App& app, int& status) {
  CLI::App& verb =
      add_verb(app,
               "fetch",
               "Download a model that Meta has published; an interrupted call goes on "
               "when repeated.",
               "  troodon fetch vits14                    # into torch hub's cache\n"
               "  troodon fetch facebook/dinov2-with-registers-base --out weights/\n"
               "  troodon fetch dinov2_vits14_lc1 --mirror https://mirror.example/dinov2\n"
               "  troodon features --model vits14 --input photos/ --out f.safetensors");
  auto args = std::make_shared<FetchArgs>();
  verb.add_option("name", args->name, "a released model (docs/models.md), or an http(s) address")
      ->required();
  verb.add_option("--out,-o", args->out, "folder (default: torch hub's cache)");
  verb.add_option(
      "--mirror", args->mirror, "address below which the official folders and names lie");
  verb.add_option("--sha256", args->sha256, "digest that the file must have")
      ->check([](const std::string& text) {
        const bool good =
            text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
        return good ? "" : "a SHA-256 has 64 digits of 0123456789abcdef";
      });
  verb.add_option("--retries", args->retries, "tries without progress before giving up")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  add_common(verb, args->common);
  verb.callback([args, &status] { status = run_fetch(*args); });
}

}  // namespace troodon::cli
