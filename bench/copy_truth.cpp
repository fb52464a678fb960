#include "copy_truth.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "base/random.hpp"
#include "data/images.hpp"
#include "formats/table.hpp"

namespace troodon::bench {
namespace {

formats::Table table_of(const fs::path& file) {
  return formats::parse_table(read_text(file), ',', file.string());
}

/// Files by name, each once.
class Files {
 public:
  Files(fs::path root, std::vector<data::Item>& files) : root_(std::move(root)), files_(files) {}
  size_t of(const std::string& name) {
    const auto [place, fresh] = places_.try_emplace(name, files_.size());
    if (fresh) files_.push_back({.path = (root_ / name).string(), .id = name});
    return place->second;
  }

 private:
  fs::path root_;
  std::vector<data::Item>& files_;
  std::unordered_map<std::string, size_t> places_;
};

CopyTruth truth_of_pairs(const fs::path& folder) {
  const formats::Table table = table_of(folder / "gnd.csv");
  CopyTruth truth;
  Files files(folder / "..", truth.files);
  std::unordered_map<std::string, size_t> groups;
  for (const auto& row : table.rows) {
    const std::string& original = row[table.column("original")];
    const auto [group, fresh] = groups.try_emplace(original, groups.size());
    if (fresh) truth.references.push_back({.file = files.of(original), .group = group->second});
    truth.queries.push_back({.file = files.of(row[table.column("query")]),
                             .group = group->second,
                             .transform = row[table.column("transform")]});
  }
  return truth;
}

CopyTruth truth_of_pool(const fs::path& folder) {
  const formats::Table table = table_of(folder / "pool.csv");
  const size_t path = table.column("path"), of = table.column("dup_of");
  CopyTruth truth;
  Files files(folder / "..", truth.files);
  std::unordered_map<std::string, size_t> places;
  for (const auto& row : table.rows) {
    const std::string& original = row[of].empty() ? row[path] : row[of];
    const auto [place, fresh] = places.try_emplace(original, truth.references.size());
    const size_t group = place->second;
    if (fresh) truth.references.push_back({.file = files.of(original), .group = group});
    CopyTruth::Picture query{.file = files.of(row[path]), .group = group};
    if (row[of].empty()) {
      query.self = group;
    } else {
      query.transform = row[table.column("kind")] + " " + row[table.column("transform")];
    }
    truth.queries.push_back(std::move(query));
  }
  return truth;
}

/// Those that can be read.
std::vector<data::Item> readable(const std::vector<data::Item>& items) {
  std::vector<char> good(items.size());
  parallel_for(items.size(), [&](size_t i) { good[i] = data::read_picture(items[i]) ? 1 : 0; });
  std::vector<data::Item> out;
  for (size_t i = 0; i < items.size(); ++i) {
    if (good[i] != 0) out.push_back(items[i]);
  }
  return out;
}

CopyTruth truth_of_edits(const std::string& folder, uint64_t seed, size_t limit) {
  const auto items = data::open_source(folder).items;
  std::vector<data::Item> drawn;
  for (const int64_t i : Random(seed).permutation(static_cast<int64_t>(items.size()))) {
    if (limit > 0 && drawn.size() == limit) break;
    drawn.push_back(items[static_cast<size_t>(i)]);
  }
  CopyTruth truth;
  truth.files = readable(drawn);
  for (size_t i = 0; i < truth.files.size(); ++i) {
    truth.references.push_back({.file = i, .group = i});
  }
  const auto edits = fingerprint::standard_edits();
  for (const auto& copy : fingerprint::planned_copies(truth.files.size() / 2, edits, seed)) {
    truth.queries.push_back({.file = copy.original,
                             .group = copy.original,
                             .transform = name_of(copy.edit),
                             .copy = copy});
  }
  return truth;
}

}  // namespace

CopyTruth read_truth(const std::string& folder, uint64_t seed, size_t limit) {
  if (fs::exists(fs::path(folder) / "gnd.csv")) return truth_of_pairs(folder);
  if (fs::exists(fs::path(folder) / "pool.csv")) return truth_of_pool(folder);
  return truth_of_edits(folder, seed, limit);
}

void add_distractors(CopyTruth& truth, const std::vector<std::string>& folders) {
  for (const std::string& folder : folders) {
    for (const data::Item& item : readable(data::open_source(folder).items)) {
      truth.references.push_back({.file = truth.files.size(), .group = SIZE_MAX});
      truth.files.push_back(item);
    }
  }
}

void look_at_all(const CopyTruth& truth, const Look& look) {
  struct Uses {
    std::vector<size_t> queries, references;
  };
  std::vector<Uses> uses(truth.files.size());
  for (size_t q = 0; q < truth.queries.size(); ++q) {
    uses[truth.queries[q].file].queries.push_back(q);
  }
  for (size_t r = 0; r < truth.references.size(); ++r) {
    uses[truth.references[r].file].references.push_back(r);
  }
  parallel_for(truth.files.size(), [&](size_t file) {
    const auto image = data::read_picture(truth.files[file]);
    if (!image) fail(Exit::input, "{}: {}", truth.files[file].path, image.reason());
    for (const size_t r : uses[file].references) look(false, r, *image);
    for (const size_t q : uses[file].queries) {
      const auto& copy = truth.queries[q].copy;
      look(true, q, copy ? fingerprint::edited(*image, copy->edit, copy->seed) : *image);
    }
  });
}

}  // namespace troodon::bench
