#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace troodon::metrics {

/// Rows of the base that show a query's object: seen well, seen badly, hardly seen.
struct QueryTruth {
  std::vector<int64_t> easy, hard, junk;
};

/// What is wanted: easy; easy and hard; hard. The rest of the truth is as if not in the base.
enum class Difficulty { easy, medium, hard };

struct Revisited {
  double map = 0;                    ///< mean over the queries with something to find
  std::vector<double> aps;           ///< [queries]; NaN with nothing to find
  std::vector<double> precision_at;  ///< [kappas] means over the same queries
};

/// Revisited Oxford and Paris (Radenovic et al. 2018): trapezoid average precision. ranks: for each
/// query all rows of the base, best first; truths [queries]; kappas >= 1. Throws Error if the sizes
/// differ.
Revisited revisited(std::span<const std::vector<int64_t>> ranks,
                    std::span<const QueryTruth> truths,
                    Difficulty difficulty,
                    std::span<const int64_t> kappas);

/// mAP@k: for each query the sum of precisions at its relevant rows among the first k, divided by
/// min(k, relevant rows); mean over the queries with a relevant row. ranks as above or cut short.
double mean_average_precision_at(int64_t k,
                                 std::span<const std::vector<int64_t>> ranks,
                                 std::span<const std::vector<int64_t>> relevant);

struct MicroPrecision {
  double value = 0;
  std::vector<double> precisions, recalls;  ///< [predictions], best score first
};

/// Micro average precision: all (query, row) predictions in one list, negatives first among equal
/// scores; recall is of total_positives >= 1. Source: Image Similarity Challenge 2021.
MicroPrecision micro_average_precision(std::span<const double> scores,
                                       std::span<const uint8_t> positive,
                                       int64_t total_positives);

/// GAP: one prediction per query, by falling confidence, wrong ones first among equals: the sum of
/// precision_i * correct_i, divided by the queries that have a true class (Google Landmarks, Met).
double global_average_precision(std::span<const double> confidence,
                                std::span<const uint8_t> correct,
                                int64_t queries_with_class);

}  // namespace troodon::metrics
