#include "engine/native/vit.hpp"

#include <algorithm>

#include "engine/native/attention.hpp"
#include "engine/native/rowwise.hpp"

namespace troodon::engine {

using namespace kernels;

namespace {

float* room(std::vector<float>& v, int64_t n) {
  if (v.size() < static_cast<size_t>(n)) v.resize(static_cast<size_t>(n));
  return v.data();
}

/// Some pictures' way through the network: x [B*T,D], a picture's tokens one below the other.
struct Pass {
  const VitWeights& vit;
  const EngineOptions& options;
  int64_t pictures;
  int64_t tokens;  ///< of a picture; 1 as soon as only class tokens count
  Workspace& w;
  Team& team;

  int64_t rows() const { return pictures * tokens; }
};

/// Bytes of each patch as one row of floats, [N, p*p*3].
Rows patch_rows(const Pass& pass, const image::Image& picture) {
  const int64_t patch = pass.vit.patch, columns = picture.width / patch;
  const int64_t count = picture.height / patch * columns, inputs = patch * patch * 3;
  float* out = room(pass.w.pixels, count * inputs);
  pass.team.run(static_cast<size_t>(count), [&](size_t i, size_t) {
    const auto number = static_cast<int64_t>(i);
    const int64_t top = number / columns * patch, left = number % columns * patch;
    for (int64_t y = 0; y < patch; ++y) {
      const uint8_t* from = picture.pixels.data() + ((top + y) * picture.width + left) * 3;
      float* to = out + number * inputs + y * patch * 3;
      for (int64_t j = 0; j < patch * 3; ++j) to[j] = from[j];
    }
  });
  return {out, count, inputs, inputs};
}

/// All rows of x, normed, on all threads.
float* norm(const Pass& pass, const std::vector<float>& gain, const std::vector<float>& bias) {
  constexpr int64_t kRows = 16;
  const int64_t dim = pass.vit.dim, rows = pass.rows();
  float* out = room(pass.w.normed, rows * dim);
  const float* x = pass.w.x.data();
  pass.team.run(static_cast<size_t>(tiles_for(rows, kRows)), [&](size_t i, size_t) {
    const int64_t first = static_cast<int64_t>(i) * kRows;
    layer_norm(x + first * dim,
               std::min(kRows, rows - first),
               dim,
               gain.data(),
               bias.data(),
               out + first * dim);
  });
  return out;
}

/// Leaves the class tokens, for whom the others have done their part.
void keep_class_tokens(Pass& pass) {
  const int64_t dim = pass.vit.dim;
  float* x = pass.w.x.data();
  for (int64_t i = 1; i < pass.pictures; ++i) {
    std::copy_n(x + i * pass.tokens * dim, dim, x + i * dim);
  }
  pass.tokens = 1;
}

/// x += proj(attention(norm1(x))).
void attention(Pass& pass, const BlockWeights& block) {
  const int64_t dim = pass.vit.dim, tokens = pass.tokens, width = dim / pass.vit.heads;
  const float* normed = norm(pass, block.norm1_gain, block.norm1_bias);
  Workspace& w = pass.w;
  // Queries, keys and values of a token one behind the other, whoever asks.
  float* all = room(w.wide, pass.rows() * 3 * dim);
  const auto project = [&](const Rows& x, const Matrix& matrix, float* out, int64_t stride) {
    linear(x, matrix, Then::store, out, stride, w.scratch, pass.team);
  };
  if (block.only_class) {
    project({normed, pass.pictures, dim, tokens * dim}, block.query, all, tokens * 3 * dim);
  }
  project({normed, pass.rows(), dim, dim}, block.rest, all + (block.only_class ? dim : 0), 3 * dim);
  if (block.only_class) keep_class_tokens(pass);
  const int64_t queries = pass.tokens;
  float* mixed = room(w.mixed, pass.rows() * dim);
  const int planes = pass.options.precision == Precision::fp32 ? 3 : 1;
  pass.team.run(static_cast<size_t>(pass.pictures * pass.vit.heads), [&](size_t i, size_t worker) {
    const TileRegisters registers;
    const int64_t picture = static_cast<int64_t>(i) / pass.vit.heads;
    const int64_t column = static_cast<int64_t>(i) % pass.vit.heads * width;
    const float* q = all + picture * tokens * 3 * dim + column;
    attend({q, queries, width, 3 * dim},
           {q + dim, tokens, width, 3 * dim},
           {q + 2 * dim, tokens, width, 3 * dim},
           planes,
           mixed + picture * queries * dim + column,
           dim,
           w.scratch.workers[worker]);
  });
  linear({mixed, pass.rows(), dim, dim},
         block.proj,
         Then::add_to,
         w.x.data(),
         dim,
         w.scratch,
         pass.team);
}

/// x += ffn(norm2(x)).
void feed_forward(const Pass& pass, const BlockWeights& block) {
  const int64_t dim = pass.vit.dim, rows = pass.rows();
  Workspace& w = pass.w;
  const float* normed = norm(pass, block.norm2_gain, block.norm2_bias);
  if (pass.vit.ffn == "identity") {
    for (int64_t i = 0; i < rows * dim; ++i) {
      w.x[static_cast<size_t>(i)] += normed[i] * block.identity[static_cast<size_t>(i % dim)];
    }
    return;
  }
  const bool mlp = pass.vit.ffn == "mlp";
  const int64_t outputs = block.inner.outputs, width = block.outer.inputs;
  float* hidden = room(w.hidden, rows * outputs);
  linear({normed, rows, dim, dim},
         block.inner,
         mlp ? Then::gelu : Then::store,
         hidden,
         outputs,
         w.scratch,
         pass.team);
  if (!mlp) {  // gate and value lie beside each other; the product takes the gate's place
    pass.team.run(static_cast<size_t>(rows), [&](size_t row, size_t) {
      float* gate = hidden + static_cast<int64_t>(row) * outputs;
      swiglu(gate, gate + width, width, gate);
    });
  }
  linear({hidden, rows, width, outputs},
         block.outer,
         Then::add_to,
         w.x.data(),
         dim,
         w.scratch,
         pass.team);
}

/// Normed class token of each picture -> out, `stride` floats apart.
void class_tokens(const Pass& pass, float* out, int64_t stride) {
  const VitWeights& vit = pass.vit;
  for (int64_t i = 0; i < pass.pictures; ++i) {
    const float* token = pass.w.x.data() + i * pass.tokens * vit.dim;
    layer_norm(token, 1, vit.dim, vit.norm_gain.data(), vit.norm_bias.data(), out + i * stride);
  }
}

/// Normed tokens of one picture -> the mean of its patch tokens.
void mean_patch(const Pass& pass, const float* normed, float* out) {
  const int64_t dim = pass.vit.dim, before = 1 + pass.vit.registers;
  const float* patches = normed + before * dim;
  const int64_t count = pass.tokens - before;
  std::vector<double> sums(static_cast<size_t>(dim));
  for (int64_t i = 0; i < count * dim; ++i) sums[static_cast<size_t>(i % dim)] += patches[i];
  for (int64_t i = 0; i < dim; ++i) {
    out[i] = static_cast<float>(sums[static_cast<size_t>(i)] / static_cast<double>(count));
  }
}

/// What is left to say when all blocks are done, from all tokens.
void select(const Pass& pass, float* out, int64_t stride) {
  const VitWeights& vit = pass.vit;
  const int64_t dim = vit.dim, before = 1 + vit.registers;
  const float* normed = norm(pass, vit.norm_gain, vit.norm_bias);
  for (int64_t i = 0; i < pass.pictures; ++i, normed += pass.tokens * dim, out += stride) {
    if (pass.options.output == Output::patches) {
      std::copy_n(normed + before * dim, (pass.tokens - before) * dim, out);
      continue;
    }
    if (pass.options.output == Output::pooled) std::copy_n(normed, dim, out);
    mean_patch(pass, normed, out + stride - dim);  // of pooled and probe the last
  }
}

/// All tokens but registers of each picture -> out, `stride` floats apart.
void all_tokens(const Pass& pass, float* out, int64_t stride) {
  const VitWeights& vit = pass.vit;
  const int64_t dim = vit.dim, before = 1 + vit.registers;
  const float* from =
      pass.options.norm ? norm(pass, vit.norm_gain, vit.norm_bias) : pass.w.x.data();
  for (int64_t i = 0; i < pass.pictures; ++i, from += pass.tokens * dim, out += stride) {
    std::copy_n(from, dim, out);
    std::copy_n(from + before * dim, (pass.tokens - before) * dim, out + dim);
  }
}

/// Class tokens and registers in their places, patches embedded.
void embed(const Pass& pass,
           std::span<const image::Image> pictures,
           const std::vector<float>& start) {
  const VitWeights& vit = pass.vit;
  float* x = room(pass.w.x, pass.rows() * vit.dim);
  for (const image::Image& picture : pictures) {
    std::copy(start.begin(), start.end(), x);
    float* patches = x + (1 + vit.registers) * vit.dim;
    linear(patch_rows(pass, picture),
           vit.patch_embed,
           Then::add_to,
           patches,
           vit.dim,
           pass.w.scratch,
           pass.team);
    x += pass.tokens * vit.dim;
  }
}

}  // namespace

void forward(const VitWeights& vit,
             const EngineOptions& options,
             std::span<const image::Image> pictures,
             const std::vector<float>& start,
             float* out,
             Workspace& w,
             Team& team) {
  const auto count = static_cast<int64_t>(pictures.size());
  Pass pass{vit, options, count, static_cast<int64_t>(start.size()) / vit.dim, w, team};
  const int64_t patches = pass.tokens - 1 - vit.registers;
  const auto depth = static_cast<int64_t>(vit.blocks.size());
  const auto stride = static_cast<int64_t>(item_size(options, vit.dim, patches));
  const bool then_class = options.output == Output::blocks_and_cls;
  const bool whole = options.output == Output::blocks || then_class;
  const bool layers = options.output == Output::layers || options.output == Output::probe;
  const std::vector<int64_t> chosen = chosen_blocks(options, depth);
  embed(pass, pictures, start);
  float* to = out;  // where the next chosen block's tokens go
  const int64_t last = options.output == Output::blocks ? chosen.back() + 1 : depth;
  for (int64_t i = 0; i < last; ++i) {
    const BlockWeights& block = vit.blocks[static_cast<size_t>(i)];
    attention(pass, block);
    feed_forward(pass, block);
    if (!(whole || layers) || !std::ranges::binary_search(chosen, i)) continue;
    whole ? all_tokens(pass, to, stride) : class_tokens(pass, to, stride);
    to += whole ? (1 + patches) * vit.dim : vit.dim;
  }
  if (then_class) return class_tokens(pass, to, stride);
  if (options.output == Output::layers || whole) return;
  if (options.output == Output::cls) return class_tokens(pass, out, stride);
  select(pass, out, stride);
}

}  // namespace troodon::engine
