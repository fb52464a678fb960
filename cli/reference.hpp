#pragma once

#include <string>

#include <CLI/CLI.hpp>

// Everything about the command line that is written from the parser itself, so that it can't go
// stale: the manual's reference, the man page, shell completion.
namespace troodon::cli {

/// docs/reference/verbs.md: each verb with its examples and options.
std::string verbs_markdown(const CLI::App& app);

/// docs/reference/settings.md: each setting with type, default and meaning.
std::string settings_markdown();

/// The man page troodon(1), as roff.
std::string man_page(const CLI::App& app);

/// What each exit code means, in two lines.
inline constexpr const char* kExitCodes =
    "0 done, 1 error, 2 usage, 3 config, 4 input, 5 numeric, 6 resource, 7 mismatch,\n"
    "8 done with some inputs failed, 130 interrupted, 143 terminated.\n";

/// A completion script; `shell` is bash, zsh or fish. Throws Error (exit 2) on another.
std::string completion(const CLI::App& app, const std::string& shell);

}  // namespace troodon::cli
