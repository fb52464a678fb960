#include "evaluate/domains.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/error.hpp"

namespace troodon::evaluate {
namespace {

/// All pictures of all domains, the domain as their group.
data::Source open_folders(const std::string& folder) {
  std::vector<fs::path> domains;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_directory()) domains.push_back(entry.path());
  std::ranges::sort(domains);
  std::vector<data::Source> sources;
  std::set<std::string> classes;
  for (const fs::path& domain : domains) {
    sources.push_back(data::open_source(domain.string()));
    classes.insert(sources.back().classes.begin(), sources.back().classes.end());
  }
  data::Source all{.classes = {classes.begin(), classes.end()}};
  for (size_t i = 0; i < sources.size(); ++i) {
    data::align_labels(sources[i], all.classes);
    for (data::Item& item : sources[i].items) {
      item.id = domains[i].filename().string() + "/" + item.id;
      all.items.push_back(std::move(item));
      all.groups.push_back(domains[i].filename().string());
    }
  }
  return all;
}

data::Source open_all(const DomainOptions& options) {
  data::Source all = options.column.empty()
                         ? open_folders(options.data)
                         : data::open_source(options.data, {.group = options.column});
  all.description = fmt::format("{}: {} pictures", options.data, all.items.size());
  return all;
}

/// Rows of each domain.
std::map<std::string, std::vector<int64_t>> rows_by_domain(const frozen::Vectors& all) {
  std::map<std::string, std::vector<int64_t>> out;
  for (size_t i = 0; i < all.groups.size(); ++i)
    out[all.groups[i]].push_back(static_cast<int64_t>(i));
  return out;
}

/// A domain on itself: parts are held out in turn; every picture is judged once.
double on_itself(const DomainOptions& options,
                 const frozen::Vectors& all,
                 const std::vector<int64_t>& rows) {
  double right = 0;
  for (int64_t fold = 0; fold < options.folds; ++fold) {
    std::vector<int64_t> learnt, judged;
    // Rows come class by class: every folds-th one leaves each class in both parts.
    for (size_t i = 0; i < rows.size(); ++i)
      (static_cast<int64_t>(i) % options.folds == fold ? judged : learnt).push_back(rows[i]);
    if (judged.empty()) continue;
    const Classified said =
        classify_vectors(options.classify, rows_of(all, learnt), rows_of(all, judged));
    right += said.accuracy.top1 * static_cast<double>(judged.size());
  }
  return right / static_cast<double>(rows.size());
}

double largest_share(const std::vector<int64_t>& labels) {
  std::map<int64_t, int64_t> counts;
  int64_t most = 0;
  for (const int64_t label : labels) most = std::max(most, ++counts[label]);
  return static_cast<double>(most) / static_cast<double>(labels.size());
}

}  // namespace

Domains domains(const DomainOptions& options) {
  const data::Source source = open_all(options);
  const frozen::Vectors all =
      look(options.classify.looking, source, infer::Output::probe, options.classify.layers);
  Domains out{.interrupted = all.interrupted};
  if (out.interrupted) return out;
  const auto rows = rows_by_domain(all);
  if (rows.size() < 2)
    fail(Exit::input,
         "{}: has {} domain; going from one to another takes two folders, or a manifest's column",
         options.data,
         rows.size());
  for (const auto& [name, own] : rows) {
    out.names.push_back(name);
    out.pictures.push_back(static_cast<int64_t>(own.size()));
    for (const auto& [other, theirs] : rows) {
      const bool same = name == other;
      const double top1 =
          same ? on_itself(options, all, own)
               : classify_vectors(options.classify, rows_of(all, own), rows_of(all, theirs))
                     .accuracy.top1;
      out.top1.push_back(top1);
      (same ? out.own : out.other) += top1;
    }
  }
  const auto count = static_cast<double>(rows.size());
  out.own /= count;
  out.other /= count * (count - 1);
  out.chance = largest_share(all.features.labels);
  return out;
}

}  // namespace troodon::evaluate
