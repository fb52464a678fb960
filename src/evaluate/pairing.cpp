#include <algorithm>
#include <limits>

#include "evaluate/discover.hpp"

namespace troodon::evaluate {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();

/// Shortest augmenting paths with prices, rows and columns counted from 1; 0 stands for no row.
class Assignment {
 public:
  Assignment(const std::vector<double>& cost, size_t side)
      : cost_(cost),
        side_(side),
        row_price_(side + 1),
        column_price_(side + 1),
        row_of_(side + 1) {}

  void add(size_t row) {
    std::vector<double> slack(side_ + 1, kNever);
    std::vector<size_t> before(side_ + 1);
    std::vector<char> visited(side_ + 1);
    row_of_[0] = row;
    size_t column = 0;
    do {
      visited[column] = 1;
      column = nearest(column, slack, before, visited);
    } while (row_of_[column] != 0);
    for (; column != 0; column = before[column]) row_of_[column] = row_of_[before[column]];
  }
  size_t row_of(size_t column) const { return row_of_[column]; }

 private:
  /// The next column of the cheapest path, after prices moved by its length.
  size_t nearest(size_t column,
                 std::vector<double>& slack,
                 std::vector<size_t>& before,
                 const std::vector<char>& visited) {
    const size_t row = row_of_[column];
    double least = kNever;
    size_t next = 0;
    for (size_t j = 1; j <= side_; ++j) {
      if (visited[j] != 0) continue;
      const double way = cost_[(row - 1) * side_ + j - 1] - row_price_[row] - column_price_[j];
      if (way < slack[j]) slack[j] = way, before[j] = column;
      if (slack[j] < least) least = slack[j], next = j;
    }
    for (size_t j = 0; j <= side_; ++j) {
      if (visited[j] != 0)
        row_price_[row_of_[j]] += least, column_price_[j] -= least;
      else
        slack[j] -= least;
    }
    return next;
  }

  const std::vector<double>& cost_;
  size_t side_;
  std::vector<double> row_price_, column_price_;
  std::vector<size_t> row_of_;
};

}  // namespace

std::vector<int64_t> best_pairing(const std::vector<double>& gain, int64_t rows, int64_t columns) {
  const auto side = static_cast<size_t>(std::max(rows, columns));
  std::vector<double> cost(side * side);  // rows and columns that are missing gain nothing
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      cost[static_cast<size_t>(r) * side + static_cast<size_t>(c)] =
          -gain[static_cast<size_t>(r * columns + c)];
  Assignment assignment(cost, side);
  for (size_t row = 1; row <= side; ++row) assignment.add(row);
  std::vector<int64_t> out(static_cast<size_t>(rows), -1);
  for (size_t column = 1; column <= static_cast<size_t>(columns); ++column) {
    const size_t row = assignment.row_of(column);
    if (row <= static_cast<size_t>(rows)) out[row - 1] = static_cast<int64_t>(column) - 1;
  }
  return out;
}

}  // namespace troodon::evaluate
