#include <memory>

#include "base/error.hpp"
#include "reference.hpp"
#include "verbs.hpp"

namespace troodon::cli {
namespace {

int print_reference(const CLI::App& app, const std::string& what) {
  if (what == "verbs") {
    fmt::print("{}", verbs_markdown(app));
  } else if (what == "settings") {
    fmt::print("{}", settings_markdown());
  } else {
    fmt::print("{}", man_page(app));
  }
  return 0;
}

}  // namespace

void add_completion(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app,
                            "completion",
                            "Print a completion script for bash, zsh or fish.",
                            "  source <(troodon completion bash)\n"
                            "  troodon completion fish > ~/.config/fish/completions/troodon.fish");
  auto shell = std::make_shared<std::string>();
  verb.add_option("shell", *shell, "bash, zsh or fish")->required();
  verb.callback([shell, &app, &status] {
    fmt::print("{}", completion(app, *shell));
    status = 0;
  });
}

void add_reference(CLI::App& app, int& status) {
  CLI::App& verb = add_verb(app,
                            "reference",
                            "Print the reference of verbs or settings, or the man page.",
                            "  troodon reference settings > docs/reference/settings.md\n"
                            "  troodon reference man | man -l -");
  auto what = std::make_shared<std::string>();
  verb.add_option("what", *what, "verbs, settings or man")
      ->required()
      ->check(CLI::IsMember({"verbs", "settings", "man"}));
  verb.callback([what, &app, &status] { status = print_reference(app, *what); });
}

}  // namespace troodon::cli
