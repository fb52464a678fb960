#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/progress.hpp"
#include "infer/embedder.hpp"

namespace troodon::cli {

/// Flags that mean the same in every verb.
struct Common {
  bool json = false;
  int threads = 0;  ///< 0: all cores
  std::string device = "auto";
  std::string progress = "auto";

  ProgressStyle progress_style() const;
};

/// Adds --json, --threads, --device, --progress to a verb.
void add_common(CLI::App& verb, Common& common);

/// Adds --fit: how a picture of any shape meets the network's size.
void add_fit(CLI::App& verb, infer::Fit& fit);

/// A verb with its one-line summary and the examples that its --help begins with.
CLI::App& add_verb(CLI::App& app,
                   const std::string& name,
                   const std::string& summary,
                   const std::string& examples);

// One file each. A verb's callback leaves its exit code in `status`.
void add_train(CLI::App& app, int& status);
void add_distill(CLI::App& app, int& status);
void add_features(CLI::App& app, int& status);
void add_knn(CLI::App& app, int& status);
void add_eval(CLI::App& app, int& status);
void add_pca(CLI::App& app, int& status);
void add_index(CLI::App& app, int& status);
void add_search(CLI::App& app, int& status);
void add_serve(CLI::App& app, int& status);
void add_match(CLI::App& app, int& status);
void add_track(CLI::App& app, int& status);
void add_restyle(CLI::App& app, int& status);
void add_head(CLI::App& app, int& status);
void add_label(CLI::App& app, int& status);
void add_depth(CLI::App& app, int& status);
void add_explore(CLI::App& app, int& status);
void add_info(CLI::App& app, int& status);
void add_convert(CLI::App& app, int& status);
void add_config(CLI::App& app, int& status);
void add_export(CLI::App& app, int& status);
void add_fetch(CLI::App& app, int& status);
void add_data(CLI::App& app, int& status);
void add_curate(CLI::App& app, int& status);
void add_doctor(CLI::App& app, int& status);
void add_completion(CLI::App& app, int& status);
void add_reference(CLI::App& app, int& status);

}  // namespace troodon::cli
