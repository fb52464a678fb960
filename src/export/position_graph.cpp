#include "export/position_graph.hpp"

#include <ATen/ATen.h>

namespace troodon::onnx {
namespace {

/// Keys' cubic kernel of distances >= 0, zero from 2 on. LibTorch's a: -0.75, with antialiasing
/// -0.5.
std::string cubic_kernel(Graph& g, const std::string& distance, double a) {
  const auto mul = [&](const std::string& x, const std::string& y) { return g.add("Mul", {x, y}); };
  const auto plus = [&](const std::string& x, double y) { return g.add("Add", {x, g.real(y)}); };
  const std::string& d = distance;
  // ((a+2)d - (a+3))d^2 + 1 and ((d - 5)d + 8)d a - 4a
  const std::string near = plus(mul(mul(plus(mul(d, g.real(a + 2)), -(a + 3)), d), d), 1);
  const std::string far = plus(mul(mul(plus(mul(plus(d, -5), d), 8), d), g.real(a)), -4 * a);
  const std::string beyond = g.add("Where", {g.add("Less", {d, g.real(2)}), far, g.real(0)});
  return g.add("Where", {g.add("Less", {d, g.real(1)}), near, beyond});
}

/// What an output step is in stored steps: M / (count + offset).
std::string step_of(Graph& g, const std::string& count, const std::string& offset, int64_t side) {
  const std::string wanted = g.add("Add", {g.cast(count, Element::float32), offset});
  return g.add("Div", {g.real(static_cast<double>(side)), wanted});
}

/// (0.5 + 0, 1, ... count - 1) * step, [count,1]
std::string centres(Graph& g, const std::string& count, const std::string& step) {
  const std::string indices = g.add("Range", {g.whole(0), count, g.whole(1)});
  const std::string middles = g.add("Add", {g.cast(indices, Element::float32), g.real(0.5)});
  return g.add("Unsqueeze", {g.add("Mul", {middles, step}), g.wholes({1})});
}

/// Weights [count,M] of four taps; those beyond the border fall on the border.
std::string plain_weights(Graph& g, const std::string& centre, int64_t side) {
  const Tensor taps = torch::arange(-2, side + 2);  // as far as any output reaches
  const Tensor onto = taps.clamp(0, side - 1).unsqueeze(1) == torch::arange(side);
  const std::string places = g.store("positions.taps", taps);
  const std::string source = g.add("Sub", {centre, g.real(0.5)});
  const std::string distance = g.add("Abs", {g.add("Sub", {source, places})});
  return g.add("MatMul", {cubic_kernel(g, distance, -0.75), g.store("positions.fold", onto)});
}

/// Weights [count,M] of a kernel as wide as a step that is longer than 1; each row sums to 1.
std::string antialiased_weights(Graph& g,
                                const std::string& centre,
                                const std::string& step,
                                int64_t side) {
  const std::string places = g.store("positions.middles", torch::arange(side) + 0.5);
  const std::string stretch = g.add("Max", {step, g.real(1)});
  const std::string away = g.add("Abs", {g.add("Sub", {centre, places})});
  const std::string weights = cubic_kernel(g, g.add("Div", {away, stretch}), -0.5);
  return g.add("Div", {weights, g.add("ReduceSum", {weights, g.wholes({1})})});
}

}  // namespace

std::string add_positions(Graph& g,
                          const model::VitConfig& config,
                          const Tensor& patches,
                          const std::string& rows,
                          const std::string& columns) {
  g.scope = "positions";
  const int64_t side = config.img_size / config.patch_size, dim = config.embed_dim;
  const std::string same_rows = g.add("Equal", {rows, g.whole(side)});
  const std::string same_columns = g.add("Equal", {columns, g.whole(side)});
  const std::string same = g.add("And", {same_rows, same_columns});
  const auto weights = [&](const std::string& count, const std::string& same_count) {
    // On the stored grid the offset goes: a step of 1 makes every weight exactly 0 or 1.
    // LibTorch's antialiasing leaves even a single axis alone that keeps its length.
    const std::string& exact = config.interpolate_antialias ? same_count : same;
    const std::string offset =
        g.add("Where", {exact, g.real(0), g.real(config.interpolate_offset)});
    const std::string step = step_of(g, count, offset, side);
    const std::string centre = centres(g, count, step);
    return config.interpolate_antialias ? antialiased_weights(g, centre, step, side)
                                        : plain_weights(g, centre, side);
  };
  const std::string grid = g.store("pos_embed.patches", patches.reshape({side, side * dim}));
  const std::string down = g.add("MatMul", {weights(rows, same_rows), grid});
  const std::string lines = g.add("Reshape", {down, g.wholes({-1, side, dim})});
  const std::string across = g.add("MatMul", {weights(columns, same_columns), lines});
  return g.add("Reshape", {across, g.wholes({1, -1, dim})});
}

}  // namespace troodon::onnx
