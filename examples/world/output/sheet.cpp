#include "base/error.hpp"
#include "base/parallel.hpp"
#include "image/encode.hpp"
#include "output/commands.hpp"
#include "output/lettering.hpp"
#include "output/truth.hpp"
#include "render/styles.hpp"
#include "shapes/catalog.hpp"

namespace troodon::world {

namespace {

image::Image parts_picture(const Truth& truth) {
  image::Image out(truth.size, truth.size);
  for (size_t i = 0; i < truth.parts.size(); ++i) {
    const int part = truth.parts[i];
    if (part > 0) put(out, i, hsv(0.137F * part, 0.75F, 0.95F));
  }
  return out;
}

image::Image depth_picture(const Truth& truth) {
  image::Image out(truth.size, truth.size);
  for (size_t i = 0; i < truth.millimetres.size(); ++i) {
    const float near = truth.millimetres[i] > 0 ? 1000.0F / truth.millimetres[i] : 0;
    put_encoded(out, i, Vec{1, 1, 1} * clamp01(near));
  }
  return out;
}

image::Image cell(const Plan& plan, int size, SheetKind kind) {
  if (kind == SheetKind::picture) return picture_of(plan, size);
  const Scene scene = compose(plan);
  const Truth truth = observe(scene, assemble(scene), size);
  return kind == SheetKind::parts ? parts_picture(truth) : depth_picture(truth);
}

}  // namespace

void make_sheet(const CommonOptions& options, SheetKind kind) {
  if (fs::exists(options.out) && !options.overwrite)
    fail(Exit::usage, "{} exists; choose another --out, or --overwrite", options.out.string());
  const std::vector<int> labels = labels_of(options);
  std::vector<Style> styles = options.styles;
  if (styles.empty()) styles = {Style::photo, Style::cartoon, Style::sketch, Style::painting};
  const auto columns = styles.size() * options.count;
  const int size = options.size, margin = size / 2 + 10, gap = 2;
  image::Image sheet(margin + static_cast<int>(columns) * (size + gap),
                     static_cast<int>(labels.size()) * (size + gap));
  std::fill(sheet.pixels.begin(), sheet.pixels.end(), uint8_t{255});
  Progress progress("sheet", labels.size() * columns, options.progress);
  parallel_for(
      labels.size() * columns,
      [&](size_t i) {
        stop_if_interrupted();
        const size_t row = i / columns, column = i % columns;
        CommonOptions one = options;
        one.styles = {styles[column / options.count]};
        const image::Image picture =
            cell(plan_of(one, labels[row], static_cast<int64_t>(column)), size, kind);
        for (int y = 0; y < size; ++y) {
          uint8_t* to = sheet.row(static_cast<int>(row) * (size + gap) + y) +
                        3 * (margin + column * (size + gap));
          std::copy_n(picture.row(y), 3 * size, to);
        }
        progress.advance();
      },
      options.threads);
  for (size_t row = 0; row < labels.size(); ++row) {
    const int dot = std::max(1, size / 96);
    write_text(sheet,
               catalog()[labels[row]].name,
               4,
               static_cast<int>(row) * (size + gap) + size / 2,
               dot,
               0);
  }
  image::write(options.out, sheet);
}

}  // namespace troodon::world
