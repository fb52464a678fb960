#include "annotate/sight.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "annotate/cut/cells.hpp"
#include "annotate/cut/lab.hpp"
#include "annotate/cut/spread.hpp"
#include "base/error.hpp"
#include "image/resize.hpp"
#include "index/pca.hpp"

namespace troodon::annotate {
namespace {

constexpr int kCells = 800;
constexpr int64_t kComponents = 32;

/// A cell's pixels for which features are looked up: each third of each third row is enough.
constexpr int kEach = 2;

void normalise(float* row, int64_t dim) {
  double sum = 0;
  for (int64_t i = 0; i < dim; ++i) sum += double{row[i]} * row[i];
  const auto scale = static_cast<float>(1 / std::sqrt(std::max(sum, 1e-12)));
  for (int64_t i = 0; i < dim; ++i) row[i] *= scale;
}

/// Patch tokens in the directions in which this picture's differ most, [patches, dim].
std::vector<float> main_features(const frozen::Tokens& tokens, int& dim) {
  const int64_t patches = tokens.rows * tokens.columns;
  if (tokens.layers == 0 || patches < 2) return {};
  const index::Matrix all{tokens.patches(tokens.layers - 1), patches, tokens.dim};
  const index::Pca basis = index::fit_pca(all, std::min(kComponents, tokens.dim));
  dim = static_cast<int>(basis.count());
  return basis.project(all);
}

/// Adds the feature at a place (shares of the picture), between patches, to sum [dim].
void add_between(const std::vector<float>& values,
                 const frozen::Tokens& grid,
                 int dim,
                 double share_x,
                 double share_y,
                 float* sum) {
  const double x = std::clamp(share_x * grid.columns - 0.5, 0.0, grid.columns - 1.0),
               y = std::clamp(share_y * grid.rows - 0.5, 0.0, grid.rows - 1.0);
  const auto left = static_cast<int64_t>(x), top = static_cast<int64_t>(y);
  const int64_t right = std::min(left + 1, grid.columns - 1),
                bottom = std::min(top + 1, grid.rows - 1);
  const auto u = static_cast<float>(x - left), v = static_cast<float>(y - top);
  const float* rows[4] = {&values[(top * grid.columns + left) * dim],
                          &values[(top * grid.columns + right) * dim],
                          &values[(bottom * grid.columns + left) * dim],
                          &values[(bottom * grid.columns + right) * dim]};
  for (int i = 0; i < dim; ++i)
    sum[i] += (1 - v) * ((1 - u) * rows[0][i] + u * rows[1][i]) +
              v * ((1 - u) * rows[2][i] + u * rows[3][i]);
}

void describe_cells(Sight& sight, const std::vector<float>& lab) {
  const int width = sight.small.width, height = sight.small.height;
  const std::vector<float> features = main_features(sight.tokens, sight.dim);
  const auto cells = static_cast<size_t>(sight.cells);
  sight.colour.assign(3 * cells, 0);
  sight.place.assign(2 * cells, 0);
  sight.area.assign(cells, 0);
  sight.feature.assign(cells * static_cast<size_t>(sight.dim), 0);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const size_t at = static_cast<size_t>(y) * width + x;
      const auto cell = static_cast<size_t>(sight.cell[at]);
      for (size_t i = 0; i < 3; ++i) sight.colour[3 * cell + i] += lab[3 * at + i];
      sight.place[2 * cell] += static_cast<float>(x) + 0.5F;
      sight.place[2 * cell + 1] += static_cast<float>(y) + 0.5F;
      ++sight.area[cell];
      if (sight.dim > 0 && (x % kEach == 0 || y % kEach == 0))
        add_between(features,
                    sight.tokens,
                    sight.dim,
                    (x + 0.5) / width,
                    (y + 0.5) / height,
                    &sight.feature[cell * static_cast<size_t>(sight.dim)]);
    }
  }
  for (size_t cell = 0; cell < cells; ++cell) {
    const auto area = static_cast<float>(sight.area[cell]);
    for (size_t i = 0; i < 3; ++i) sight.colour[3 * cell + i] /= area;
    for (size_t i = 0; i < 2; ++i) sight.place[2 * cell + i] /= area;
    if (sight.dim > 0) normalise(&sight.feature[cell * static_cast<size_t>(sight.dim)], sight.dim);
  }
}

float step_between(const float* a, const float* b) {
  float sum = 0;
  for (int i = 0; i < 3; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum);
}

/// Borders between cells; contrast is taken two pixels to each side, where edges have ended.
void find_borders(Sight& sight, const std::vector<float>& lab) {
  const int width = sight.small.width, height = sight.small.height;
  std::map<std::pair<int32_t, int32_t>, std::pair<int, double>> found;
  const auto look = [&](int x, int y, int dx, int dy) {
    if (x + dx >= width || y + dy >= height) return;
    const auto at = [&](int px, int py) {
      px = std::clamp(px, 0, width - 1), py = std::clamp(py, 0, height - 1);
      return static_cast<size_t>(py) * width + px;
    };
    const int32_t a = sight.cell[at(x, y)], b = sight.cell[at(x + dx, y + dy)];
    if (a == b) return;
    auto& [length, contrast] = found[std::minmax(a, b)];
    ++length;
    contrast += step_between(&lab[3 * at(x - dx, y - dy)], &lab[3 * at(x + 2 * dx, y + 2 * dy)]);
  };
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) look(x, y, 1, 0), look(x, y, 0, 1);
  }
  for (const auto& [cells, what] : found) {
    Border one{.a = cells.first,
               .b = cells.second,
               .length = static_cast<float>(what.first),
               .contrast = static_cast<float>(what.second / what.first)};
    float cosine = 0;
    for (int i = 0; i < sight.dim; ++i)
      cosine += sight.feature[static_cast<size_t>(one.a) * sight.dim + i] *
                sight.feature[static_cast<size_t>(one.b) * sight.dim + i];
    one.strangeness = sight.dim > 0 ? 1 - cosine : 0;
    sight.borders.push_back(one);
  }
}

}  // namespace

Sight sight_of(image::Image picture, frozen::Tokens tokens) {
  if (picture.empty()) fail(Exit::input, "an empty picture has nothing to point at");
  Sight out{.picture = std::move(picture), .tokens = std::move(tokens)};
  const int longer = std::max(out.picture.width, out.picture.height);
  const double scale = std::min(1.0, static_cast<double>(kWorkingSide) / longer);
  out.small = image::resize(out.picture,
                            std::max(1, static_cast<int>(std::lround(out.picture.width * scale))),
                            std::max(1, static_cast<int>(std::lround(out.picture.height * scale))),
                            image::Filter::bilinear);
  const std::vector<float> lab = lab_of(out.small);
  Cells cells = cells_of(lab, out.small.width, out.small.height, kCells);
  out.cells = cells.count;
  out.cell = std::move(cells.of);
  describe_cells(out, lab);
  find_borders(out, lab);
  out.by_colour = joins_of(out, steps_of(out), 0);
  out.by_both = joins_of(out, steps_of(out), 1);
  return out;
}

frozen::DenseOptions looking_options(const fs::path& model) {
  return {.model = model, .grid = 40};
}

Sight sight_of(image::Image picture, frozen::DenseFeatures& features) {
  frozen::Tokens tokens = features.compute(picture);
  return sight_of(std::move(picture), std::move(tokens));
}

}  // namespace troodon::annotate
