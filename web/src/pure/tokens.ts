/** Patch features of a picture: codes[patch * dim + d] * scale[patch], of unit length. */
export interface Tokens {
  rows: number;
  columns: number;
  dim: number;
  scale: Float32Array;
  codes: Int8Array;
}

/** Reads /v1/pictures/REF/tokens; throws if the bytes are fewer than the header says. */
export function parseTokens(bytes: ArrayBuffer): Tokens {
  if (bytes.byteLength < 12) throw new Error('tokens: no header');
  const [rows, columns, dim] = new Uint32Array(bytes, 0, 3);
  const count = rows * columns;
  if (bytes.byteLength < 12 + count * (4 + dim)) throw new Error('tokens: cut short');
  return {
    rows, columns, dim,
    scale: new Float32Array(bytes, 12, count),
    codes: new Int8Array(bytes, 12 + 4 * count, count * dim),
  };
}

/** The unit vector of one patch. */
export function patchVector(tokens: Tokens, patch: number): Float32Array {
  const { dim, codes, scale } = tokens;
  const vector = new Float32Array(dim);
  for (let d = 0; d < dim; ++d) vector[d] = codes[patch * dim + d] * scale[patch];
  return vector;
}

/** The patch below a place of the picture, x and y in 0..1. */
export function patchAt(tokens: Tokens, x: number, y: number): number {
  const inside = (value: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(value * count)));
  return inside(y, tokens.rows) * tokens.columns + inside(x, tokens.columns);
}

/** The patches whose centre a box covers (fractions of the picture); the nearest if it covers none. */
export function patchesIn(tokens: Tokens, box: { x: number; y: number; width: number; height: number }): number[] {
  const found: number[] = [];
  for (let row = 0; row < tokens.rows; ++row) {
    const y = (row + 0.5) / tokens.rows;
    if (y < box.y || y > box.y + box.height) continue;
    for (let column = 0; column < tokens.columns; ++column) {
      const x = (column + 0.5) / tokens.columns;
      if (x >= box.x && x <= box.x + box.width) found.push(row * tokens.columns + column);
    }
  }
  return found.length ? found : [patchAt(tokens, box.x + box.width / 2, box.y + box.height / 2)];
}

/** The mean direction of some patches, of unit length. */
export function meanVector(tokens: Tokens, patches: number[]): Float32Array {
  const mean = new Float32Array(tokens.dim);
  for (const patch of patches) {
    const vector = patchVector(tokens, patch);
    for (let d = 0; d < tokens.dim; ++d) mean[d] += vector[d];
  }
  const length = Math.hypot(...mean) || 1;
  return mean.map((value) => value / length);
}

/** Cosine of each patch with a unit vector, -1..1. */
export function similarity(tokens: Tokens, vector: Float32Array): Float32Array {
  const { dim, codes, scale } = tokens;
  const out = new Float32Array(tokens.rows * tokens.columns);
  for (let patch = 0; patch < out.length; ++patch) {
    let sum = 0;
    for (let d = 0, at = patch * dim; d < dim; ++d, ++at) sum += codes[at] * vector[d];
    out[patch] = sum * scale[patch];
  }
  return out;
}

/** For each patch the best cosine with any of up to `most` patches spread over another picture. */
export function bestSimilarity(tokens: Tokens, query: Tokens, most = 64): Float32Array {
  const count = query.rows * query.columns;
  const step = Math.max(1, count / most);
  const out = new Float32Array(tokens.rows * tokens.columns).fill(-1);
  for (let at = step / 2; at < count; at += step) {
    const one = similarity(tokens, patchVector(query, Math.floor(at)));
    for (let i = 0; i < out.length; ++i) out[i] = Math.max(out[i], one[i]);
  }
  return out;
}
