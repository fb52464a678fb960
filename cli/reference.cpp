#include "reference.hpp"

#include <fmt/ranges.h>

#include "base/error.hpp"
#include "train/config.hpp"

namespace troodon::cli {
namespace {

std::vector<const CLI::App*> verbs_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// Options a user types, without -h and positional names.
std::vector<const CLI::Option*> flags_of(const CLI::App& verb) {
  return verb.get_options([](const CLI::Option* option) {
    return !option->get_lnames().empty() || !option->get_snames().empty();
  });
}

std::vector<std::string> words_of(const CLI::Option& option) {
  std::vector<std::string> words;
  for (const auto& name : option.get_snames()) words.push_back("-" + name);
  for (const auto& name : option.get_lnames()) words.push_back("--" + name);
  return words;
}

std::vector<std::string> long_words_of(const CLI::App& verb) {
  std::vector<std::string> words;
  for (const CLI::Option* option : flags_of(verb)) {
    for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

bool takes_value(const CLI::Option& option) {
  return option.get_items_expected_max() > 0;
}

std::string escape_cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, "\\");
  return text;
}

/// "troodon config show": the words that lead to a verb.
std::string full_name(const CLI::App& verb) {
  const CLI::App* parent = verb.get_parent();
  return parent == nullptr ? "troodon" : full_name(*parent) + " " + verb.get_name();
}

void verb_markdown(const CLI::App& verb, std::string& out) {
  out += fmt::format("\n## {}\n\n{}\n", full_name(verb), verb.get_description());
  if (!verb.get_footer().empty()) out += fmt::format("\n```\n{}\n```\n", verb.get_footer());
  std::string rows;
  for (const CLI::Option* option : verb.get_options()) {
    const auto words = words_of(*option);
    const std::string name =
        words.empty() ? option->get_name(true) : fmt::format("{}", fmt::join(words, ", "));
    const std::string value = option->get_default_str();
    rows += fmt::format("| `{}` | {}{} |\n",
                        name,
                        escape_cell(option->get_description()),
                        value.empty() ? "" : fmt::format(" (default: {})", value));
  }
  out += "\n| option | meaning |\n| --- | --- |\n" + rows;
  for (const CLI::App* inner : verbs_of(verb)) verb_markdown(*inner, out);
}

/// Text for roff: backslashes and leading dots mean something there.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') out += '\\';
    if (c == '-') out += '\\';
    out += c;
  }
  if (out.starts_with('.')) out.insert(0, "\\&");
  return out;
}

void verb_man(const CLI::App& verb, std::string& out) {
  out += fmt::format(".SS \"{}\"\n{}\n", full_name(verb), roff(verb.get_description()));
  if (!verb.get_footer().empty()) out += fmt::format(".nf\n{}\n.fi\n", roff(verb.get_footer()));
  for (const CLI::Option* option : flags_of(verb)) {
    out += fmt::format(".TP\n.B {}\n{}\n",
                       roff(fmt::format("{}", fmt::join(words_of(*option), ", "))),
                       roff(option->get_description()));
  }
  for (const CLI::App* inner : verbs_of(verb)) verb_man(*inner, out);
}

/// Words after "troodon": a verb with its flags, and its inner verbs.
struct Completion {
  std::string words;  ///< of the path, e.g. "config show"
  std::vector<std::string> next;
};

void collect(const CLI::App& app, const std::string& path, std::vector<Completion>& out) {
  Completion here{path, {}};
  for (const CLI::App* verb : verbs_of(app)) here.next.push_back(verb->get_name());
  for (const auto& word : long_words_of(app)) here.next.push_back(word);
  out.push_back(here);
  for (const CLI::App* verb : verbs_of(app)) {
    collect(*verb, path.empty() ? verb->get_name() : path + " " + verb->get_name(), out);
  }
}

/// bash and zsh (through bashcompinit): the longest known path of words, then files.
std::string bash_completion(const CLI::App& app) {
  std::vector<Completion> all;
  collect(app, "", all);
  std::string cases;
  for (const Completion& c : all) {
    cases += fmt::format("    '{}') words='{}' ;;\n", c.words, fmt::join(c.next, " "));
  }
  return "_troodon() {\n"
         "  local path='' word words\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    [[ $word == -* ]] && break\n"
         "    case \"${path:+$path }$word\" in\n" +
         [&] {
           std::vector<std::string> paths;
           for (const Completion& c : all) {
             if (!c.words.empty()) paths.push_back("'" + c.words + "'");
           }
           return fmt::format("      {}) path=\"${{path:+$path }}$word\" ;;\n",
                              fmt::join(paths, "|"));
         }() +
         "      *) break ;;\n"
         "    esac\n"
         "  done\n"
         "  case \"$path\" in\n" +
         cases +
         "  esac\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
         "}\n"
         "complete -o default -F _troodon troodon\n";
}

std::string fish_completion(const CLI::App& app) {
  std::string out;
  const auto quoted = [](std::string text) {
    for (size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2)
      text.insert(at, "\\");
    return "'" + text + "'";
  };
  for (const CLI::App* verb : verbs_of(app)) {
    out += fmt::format("complete -c troodon -n __fish_use_subcommand -a {} -d {}\n",
                       verb->get_name(),
                       quoted(verb->get_description()));
    for (const CLI::Option* option : flags_of(*verb)) {
      for (const auto& name : option->get_lnames()) {
        out +=
            fmt::format("complete -c troodon -n '__fish_seen_subcommand_from {}' -l {}{} -d {}\n",
                        verb->get_name(),
                        name,
                        takes_value(*option) ? " -r" : "",
                        quoted(option->get_description()));
      }
    }
  }
  return out;
}

}  // namespace

std::string verbs_markdown(const CLI::App& app) {
  std::string out =
      "# Verbs\n\nWritten by `troodon reference verbs`; a test compares. What all verbs share "
      "(exit codes, `--json`) is in [cli.md](../cli.md).\n";
  for (const CLI::App* verb : verbs_of(app)) verb_markdown(*verb, out);
  return out;
}

std::string settings_markdown() {
  train::TrainConfig defaults;
  std::string out =
      "# Settings of `troodon train`\n\nWritten by `troodon reference settings`; a test compares. "
      "Keys and defaults are the official ones; `troodon.*` are ours.\n";
  std::string section;
  for (const Setting& setting : settings_of(defaults)) {
    const std::string name = setting.key.substr(0, setting.key.find('.'));
    if (name != section) {
      section = name;
      out += fmt::format(
          "\n## {}\n\n| key | type | default | meaning |\n| --- | --- | --- | --- |\n", section);
    }
    out += fmt::format("| `{}` | {} | `{}` | {} |\n",
                       setting.key,
                       type_text(setting),
                       value_text(setting),
                       escape_cell(setting.help));
  }
  return out;
}

std::string man_page(const CLI::App& app) {
  std::string out = ".TH TROODON 1 \"\" \"troodon " TROODON_VERSION "\" \"User Commands\"\n";
  out += fmt::format(".SH NAME\ntroodon \\- {}\n", roff(app.get_description()));
  out += ".SH SYNOPSIS\n.B troodon\n.I VERB\n[flags] [key=value ...]\n.SH VERBS\n";
  for (const CLI::App* verb : verbs_of(app)) verb_man(*verb, out);
  out += ".SH EXIT STATUS\n";
  out += kExitCodes;
  return out;
}

std::string completion(const CLI::App& app, const std::string& shell) {
  if (shell == "fish") return fish_completion(app);
  if (shell == "bash") return bash_completion(app);
  if (shell == "zsh") {
    return "#compdef troodon\nautoload -U +X bashcompinit && bashcompinit\n" + bash_completion(app);
  }
  fail(Exit::usage, "no completion for '{}': write bash, zsh or fish", shell);
}

}  // namespace troodon::cli
