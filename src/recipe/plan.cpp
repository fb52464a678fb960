#include "recipe/plan.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"
#include "stages/manifest.hpp"

namespace troodon::recipe {
namespace {

/// Makes the commands of a recipe one after the other, and knows what there is so far.
class Planner {
 public:
  explicit Planner(const Recipe& recipe) : recipe_(recipe) {
    if (!recipe.features.empty()) pools_[""] = recipe.features;
  }

  std::vector<Command> plan() {
    if (recipe_.features.empty() && !recipe_.model.empty()) pool_of(Stage{.name = "embed"});
    for (const Stage& stage : recipe_.stages) add(stage);
    return std::move(commands_);
  }

 private:
  void add(const Stage& stage) {
    ++number_;
    if (stage.name == "sift") return sift(stage);
    if (stage.name == "dedup") return dedup(stage);
    if (stage.name == "match") return match(stage);
    if (stage.name == "retrieve") return retrieve(stage);
    if (stage.name == "cluster") return cluster(stage);
    if (stage.name == "sample") return sample(stage);
    if (stage.name == "export") return hand_over(stage);
    return report(stage);
  }

  /// The network that a stage looks through: its own, or the recipe's.
  std::string model_of(const Stage& stage) const {
    const Setting* own = stage.find("model");
    return own == nullptr ? recipe_.model : own->values.front();
  }

  /// The pool's features for a stage; the first embedding looks at pictures in the same pass.
  fs::path pool_of(const Stage& stage) {
    const std::string model = model_of(stage);
    if (stage.find("model") == nullptr && pools_.contains("")) return pools_[""];
    if (pools_.contains(model)) return pools_[model];
    if (model.empty()) return {};
    const fs::path out = unique("pool" + (pools_.empty() ? "" : "-" + stem(model)));
    Command command = embedding(recipe_.pictures, model, out);
    if (looks_.empty()) look(looks_ = recipe_.out / "pool.looks", command);
    commands_.push_back(std::move(command));
    return pools_[model] = out;
  }

  Command embedding(const std::string& pictures, const std::string& model, const fs::path& out) {
    Command command = begin(recipe_.embed);
    command.stage = "embed";
    command.words = {"embed", pictures, "--model", model, "--out", out.string()};
    command.sources = {pictures};
    if (fs::exists(model)) command.reads.emplace_back(model);
    command.writes = {out};
    add_settings(recipe_.embed, {}, command);
    return command;
  }

  /// Lets an embedding look at pictures in the same pass.
  static void look(const fs::path& looks, Command& command) {
    command.words.insert(command.words.end(), {"--looks", looks.string()});
    command.writes.push_back(looks);
  }

  /// The features of a set of pictures; a file of features is itself.
  fs::path features_of(const Stage& stage, const std::string& set) {
    const std::string extension = fs::path(set).extension().string();
    if (extension == ".safetensors" || extension == ".npy" || extension == ".parquet") return set;
    const std::string model = model_of(stage);
    if (model.empty())
      fault(stage, fmt::format("{} is to be embedded, but the recipe names no model", set));
    fs::path& out = embedded_[{model, set}];
    if (!out.empty()) return out;
    out = unique("set-" + stem(set));
    Command command = embedding(set, model, out);
    look(fs::path(out).replace_extension(".looks"), command);
    commands_.push_back(std::move(command));
    return out;
  }

  /// "dir/name.ext" and "dir/name/" -> "name".
  static std::string stem(const std::string& path) {
    const fs::path normal = fs::path(path).lexically_normal();
    return normal.has_filename() ? normal.stem().string() : normal.parent_path().stem().string();
  }

  fs::path unique(std::string name) {
    while (!names_.insert(name).second) name += "_";
    return recipe_.out / (name + ".safetensors");
  }

  void sift(const Stage& stage) {
    Command command = begin(stage);
    command.words = {"sift", looks_or_pictures(command)};
    removing(stage, {}, command);
  }

  void dedup(const Stage& stage) {
    const fs::path features = pool_of(stage);
    Command command = begin(stage);
    command.words = {"dedup"};
    if (!features.empty()) {
      command.words.push_back(features.string());
      command.reads.push_back(features);
    }
    command.words.insert(command.words.end(), {"--pictures", looks_or_pictures(command)});
    removing(stage, {}, command);
  }

  void match(const Stage& stage) {
    Command command = with_features(stage);
    bool pictures = false;  // of test sets are known, so that fingerprints may speak
    for (const std::string& set : wanted(stage, "against").values) {
      const fs::path features = features_of(stage, set);
      command.words.insert(command.words.end(), {"--against", features.string()});
      command.reads.push_back(features);
      if (features == set) continue;
      sets_.emplace("--test-pictures", set);
      const fs::path looks = fs::path(features).replace_extension(".looks");
      command.words.insert(command.words.end(), {"--against-pictures", looks.string()});
      command.reads.push_back(looks);
      pictures = true;
    }
    if (pictures)
      command.words.insert(command.words.end(), {"--pictures", looks_or_pictures(command)});
    removing(stage, {"against"}, command);
  }

  void retrieve(const Stage& stage) {
    Command command = with_features(stage);
    for (const std::string& set : wanted(stage, "seeds").values) {
      const fs::path features = features_of(stage, set);
      if (features != set) sets_.emplace("--seed-pictures", set);
      command.words.insert(command.words.end(), {"--seeds", features.string()});
      command.reads.push_back(features);
    }
    const Setting* clustered = stage.find("clusters");
    if (clustered != nullptr && clustered->values.front() != "false") use_clusters(stage, command);
    by_seed_ = numbered("seeds");
    command.words.insert(command.words.end(), {"--by-seed", by_seed_.string()});
    command.writes.push_back(by_seed_);
    keeping(stage, {"seeds", "clusters"}, command);
  }

  void cluster(const Stage& stage) {
    Command command = with_features(stage);
    clusters_ = recipe_.out / fmt::format("{}-clusters.safetensors", number_);
    clustered_ = only_;
    add_only(command);
    command.words.insert(command.words.end(), {"--out", clusters_.string()});
    command.writes = {clusters_};
    add_settings(stage, {}, command);
    commands_.push_back(std::move(command));
  }

  void sample(const Stage& stage) {
    Command command = with_features(stage);
    use_clusters(stage, command);
    keeping(stage, {}, command);
  }

  void hand_over(const Stage& stage) {
    Command command = begin(stage);
    command.words = {"export", recipe_.pictures};
    command.sources = {recipe_.pictures};
    add_only(command);
    for (const auto& [form, name] : {std::pair{"shards", "shards"}, {"links", "links"}}) {
      if (stage.find(form) == nullptr) continue;
      const fs::path folder = recipe_.out / name;
      command.words.insert(command.words.end(), {fmt::format("--{}", form), folder.string()});
      command.writes.push_back(folder);
    }
    if (stage.find("manifest") != nullptr) {
      const fs::path file = recipe_.out / ("set." + recipe_.manifests);
      command.words.insert(command.words.end(), {"--manifest", file.string()});
      command.writes.push_back(file);
    }
    add_settings(stage, {"shards", "links", "manifest"}, command);
    commands_.push_back(std::move(command));
  }

  void report(const Stage& stage) {
    Command command = begin(stage);
    command.words = {"report", "--pictures", recipe_.pictures};
    for (const auto& [name, out] : kept_) {
      command.words.insert(command.words.end(), {"--stage", name + "=" + out.string()});
      command.reads.push_back(out);
    }
    if (!by_seed_.empty()) {
      command.words.insert(command.words.end(), {"--by-seed", by_seed_.string()});
      command.reads.push_back(by_seed_);
    }
    for (const auto& [option, set] : sets_)
      command.words.insert(command.words.end(), {option, set});
    const fs::path page = recipe_.out / "report.html";
    command.words.insert(command.words.end(), {"--out", page.string()});
    command.writes = {page};
    add_settings(stage, {}, command);
    commands_.push_back(std::move(command));
  }

  Command begin(const Stage& stage) const { return {.stage = stage.name, .line = stage.line}; }

  Command with_features(const Stage& stage) {
    const fs::path features = pool_of(stage);
    if (features.empty())
      fault(stage, "it needs features: name a model, or features, in the recipe");
    Command command = begin(stage);
    command.words = {stage.name, features.string()};
    command.reads = {features};
    return command;
  }

  std::string looks_or_pictures(Command& command) {
    if (looks_.empty()) {
      command.sources.push_back(recipe_.pictures);
      return recipe_.pictures;
    }
    command.reads.push_back(looks_);
    return looks_.string();
  }

  /// Clusters are of the pictures that stood there when they were made.
  void use_clusters(const Stage& stage, Command& command) {
    if (clusters_.empty()) fault(stage, "it needs clusters: put the stage cluster before it");
    if (clustered_ != only_)
      fault(stage, "pictures went since the stage cluster; put that directly before this one");
    command.words.insert(command.words.end(), {"--clusters", clusters_.string()});
    command.reads.push_back(clusters_);
  }

  void add_only(Command& command) const {
    if (only_.empty()) return;
    command.words.insert(command.words.end(), {"--only", only_.string()});
    command.reads.push_back(only_);
  }

  /// A stage whose manifest is of pictures that stay.
  void keeping(const Stage& stage, const std::set<std::string>& done, Command command) {
    add_only(command);
    only_ = numbered(stage.name);
    command.words.insert(command.words.end(), {"--out", only_.string()});
    command.writes.push_back(only_);
    add_settings(stage, done, command);
    kept_.emplace_back(stage.name, only_);
    commands_.push_back(std::move(command));
  }

  /// One with a manifest of the others, too.
  void removing(const Stage& stage, const std::set<std::string>& done, Command command) {
    command.writes.push_back(stages::removed_beside(numbered(stage.name)));
    keeping(stage, done, std::move(command));
  }

  fs::path numbered(const std::string& name) const {
    return recipe_.out / fmt::format("{}-{}.{}", number_, name, recipe_.manifests);
  }

  const Setting& wanted(const Stage& stage, const std::string& name) const {
    const Setting* found = stage.find(name);
    if (found == nullptr) fault(stage, fmt::format("it needs '{}: [...]'", name));
    return *found;
  }

  [[noreturn]] void fault(const Stage& stage, const std::string& what) const {
    fail(Exit::config, "{}, line {}: {}: {}", recipe_.file.string(), stage.line, stage.name, what);
  }

  static void add_settings(const Stage& stage, const std::set<std::string>& done, Command& out) {
    for (const auto& [name, values] : stage.settings) {
      if (name == "model" || done.contains(name) || values == std::vector<std::string>{"false"})
        continue;
      out.words.push_back((name.size() == 1 ? "-" : "--") + name);
      if (values == std::vector<std::string>{"true"}) continue;
      std::string joined;
      for (const std::string& value : values) joined += (joined.empty() ? "" : ",") + value;
      out.words.push_back(joined);
    }
  }

  const Recipe& recipe_;
  std::vector<Command> commands_;
  int number_ = 0;
  std::map<std::pair<std::string, std::string>, fs::path> embedded_;  ///< sets by model and source
  std::map<std::string, fs::path> pools_;  ///< features by model; "": those that were given
  fs::path looks_, only_, clusters_, clustered_, by_seed_;
  std::vector<std::pair<std::string, fs::path>> kept_;
  std::set<std::string> names_;                         ///< of what was embedded
  std::set<std::pair<std::string, std::string>> sets_;  ///< tests and seeds, for the report
};

}  // namespace

std::vector<Command> plan(const Recipe& recipe) {
  return Planner(recipe).plan();
}

}  // namespace troodon::recipe
