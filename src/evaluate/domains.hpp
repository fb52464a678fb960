#pragma once

#include "evaluate/classify.hpp"

namespace troodon::evaluate {

struct DomainOptions {
  ClassifyOptions classify;  ///< logistic regression or kNN suit small sets
  std::string data;          ///< a folder per domain with a folder per class in each, or a manifest
  std::string column;        ///< of the manifest: the domain ("style"); "": sub-folders are domains
  int64_t folds = 5;         ///< a domain on itself: the mean of so many parts held out in turn
};

/// Heads that learnt one style, judged on each.
struct Domains {
  std::vector<std::string> names;
  std::vector<int64_t> pictures;  ///< [domains]
  std::vector<double> top1;       ///< [domains, domains], learnt on major
  double own = 0;                 ///< mean of the diagonal
  double other = 0;               ///< mean of the rest
  double chance = 0;              ///< share of the largest class
  bool interrupted = false;

  double at(size_t learnt, size_t judged) const { return top1[learnt * names.size() + judged]; }
};

/// Cross-domain matrix. Throws Error (exit 4) if there are fewer than two domains.
Domains domains(const DomainOptions& options);

}  // namespace troodon::evaluate
