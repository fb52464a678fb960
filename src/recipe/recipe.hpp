#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/file.hpp"

namespace troodon::recipe {

/// A setting of a stage: an option of its verb without dashes, and its values.
struct Setting {
  std::string name;
  std::vector<std::string> values;  ///< "true" switches a flag on
};

/// A stage of a recipe.
struct Stage {
  std::string name;
  std::vector<Setting> settings;
  int line = 0;  ///< of the recipe

  const Setting* find(const std::string& name) const;
};

/// From a pool of pictures to a set, stage after stage. Paths are absolute or as given.
struct Recipe {
  fs::path file;
  std::string pictures;  ///< the pool's source (docs/data.md)
  std::string model;     ///< what embeds; "": no stage needs features, or `features` has them
  std::string features;  ///< of the pool, instead of a model; ""
  fs::path out;          ///< folder of all results
  std::string manifests = "csv";  ///< or "jsonl", "parquet"
  Stage embed;                    ///< settings of all embedding
  std::vector<Stage> stages;
};

/// Reads a recipe (docs/curation.md). Relative paths are relative to it. Throws Error (exit 3)
/// with file and line for what it does not know or what is missing.
Recipe read_recipe(const fs::path& file);

}  // namespace troodon::recipe
