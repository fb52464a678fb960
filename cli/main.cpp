#include <exception>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/log.hpp"
#include "base/tensor_file.hpp"
#include "kernels/backend.hpp"
#include "reference.hpp"
#include "verbs.hpp"

namespace {

/// Help that begins with examples: a verb keeps them in its footer.
class ExamplesFirst : public CLI::Formatter {
 public:
  std::string make_description(const CLI::App* app) const override {
    const std::string examples = app->get_footer();
    return app->get_description() + "\n" +
           (examples.empty() ? "" : "\nExamples:\n" + examples + "\n");
  }
  std::string make_footer(const CLI::App*) const override {
    return std::string("\nExit codes: ") + troodon::cli::kExitCodes;
  }
};

/// The names a user may have meant, for a word that the parser does not know.
std::string suggestion(const CLI::App& app, const std::string& word) {
  std::vector<std::string> known;
  for (const CLI::App* verb : app.get_subcommands({})) {
    if (!app.got_subcommand(verb->get_name())) {
      known.push_back(verb->get_name());
      continue;
    }
    known.clear();
    for (const CLI::Option* option : verb->get_options()) {
      for (const auto& name : option->get_lnames()) known.push_back("--" + name);
    }
    break;
  }
  const std::string best = troodon::closest(word.substr(0, word.find('=')), known);
  return best.empty() ? "" : fmt::format("; did you mean '{}'?", best);
}

int report_usage(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
  const auto left = app.remaining(/*recurse=*/true);
  std::string text =
      left.empty()
          ? error.what()
          : fmt::format("unknown argument '{}'{}", left.front(), suggestion(app, left.front()));
  fmt::print(stderr, "error: {}\n", text);
  return static_cast<int>(troodon::Exit::usage);
}

bool wants_json(int argc, char** argv) {
  return std::any_of(
      argv, argv + argc, [](const char* word) { return std::string_view(word) == "--json"; });
}

void report_error(const std::exception& error, int code, bool json) {
  if (json) {
    const nlohmann::json object = {{"error", {{"code", code}, {"message", error.what()}}}};
    fmt::print("{}\n", object.dump());
  }
  troodon::log_line(troodon::LogLevel::error, error.what());
}

int run(int argc, char** argv) {
  CLI::App app("Troodon: learn from images without labels (DINOv2), then use what was learnt.");
  app.formatter(std::make_shared<ExamplesFirst>());
  app.footer(
      "  troodon train --data photos/ --out runs/first\n"
      "  troodon features --model runs/first --input photos/ --out features.safetensors\n"
      "  troodon VERB --help");
  app.set_version_flag("--version", "troodon " TROODON_VERSION);
  app.require_subcommand(1);
  int status = 0;
  troodon::cli::add_train(app, status);
  troodon::cli::add_distill(app, status);
  troodon::cli::add_features(app, status);
  troodon::cli::add_knn(app, status);
  troodon::cli::add_eval(app, status);
  troodon::cli::add_pca(app, status);
#ifdef TROODON_HAVE_COLLECTIONS
  troodon::cli::add_index(app, status);
  troodon::cli::add_search(app, status);
#endif
#ifdef TROODON_HAVE_SERVE
  troodon::cli::add_serve(app, status);
#endif
  troodon::cli::add_match(app, status);
  troodon::cli::add_track(app, status);
  troodon::cli::add_restyle(app, status);
  troodon::cli::add_head(app, status);
  troodon::cli::add_label(app, status);
  troodon::cli::add_depth(app, status);
  troodon::cli::add_explore(app, status);
  troodon::cli::add_info(app, status);
  troodon::cli::add_convert(app, status);
  troodon::cli::add_config(app, status);
  troodon::cli::add_export(app, status);
  troodon::cli::add_fetch(app, status);
  troodon::cli::add_data(app, status);
  troodon::cli::add_curate(app, status);
  troodon::cli::add_doctor(app, status);
  troodon::cli::add_completion(app, status);
  troodon::cli::add_reference(app, status);
  troodon::catch_interrupts();
  try {
    app.parse(argc, argv);
    return status;
  } catch (const CLI::ParseError& error) {
    return report_usage(app, error);
  } catch (const troodon::Error& error) {
    const int code =
        troodon::interrupted() ? troodon::interrupt_exit_code() : static_cast<int>(error.code());
    report_error(error, code, wants_json(argc, argv));
    return code;
  } catch (const std::exception& error) {
    report_error(error, 1, wants_json(argc, argv));
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  troodon::kernels::prepare_process(argv);
  troodon::kernels::leave(run(argc, argv));
}
