/** Values of a grid at width x height places between its cells' centres, bilinear; edges hold. */
export function upsample(values: ArrayLike<number>, rows: number, columns: number,
                         width: number, height: number): Float32Array {
  const out = new Float32Array(width * height);
  for (let y = 0; y < height; ++y) {
    const row = Math.min(rows - 1, Math.max(0, ((y + 0.5) * rows) / height - 0.5));
    const r0 = Math.floor(row), r1 = Math.min(rows - 1, r0 + 1), fy = row - r0;
    for (let x = 0; x < width; ++x) {
      const column = Math.min(columns - 1, Math.max(0, ((x + 0.5) * columns) / width - 0.5));
      const c0 = Math.floor(column), c1 = Math.min(columns - 1, c0 + 1), fx = column - c0;
      const top = values[r0 * columns + c0] * (1 - fx) + values[r0 * columns + c1] * fx;
      const bottom = values[r1 * columns + c0] * (1 - fx) + values[r1 * columns + c1] * fx;
      out[y * width + x] = top * (1 - fy) + bottom * fy;
    }
  }
  return out;
}

/** Spreads a map over 0..1: 0 at its median, 1 at its greatest; a flat map stays near 0. */
export function contrast(values: Float32Array, least = 0.05): Float32Array {
  const sorted = values.slice().sort();
  const low = sorted[Math.floor(sorted.length / 2)];
  const range = Math.max(least, sorted[sorted.length - 1] - low);
  return values.map((value) => Math.min(1, Math.max(0, (value - low) / range)));
}

// Dark violet over red and orange to pale yellow: lightness rises all along, for every kind of eye.
const ramp = [[28, 16, 68], [94, 24, 112], [168, 44, 96], [226, 82, 58], [250, 150, 40], [252, 232, 140]];

/** A colour of the ramp, t in 0..1. */
export function rampColour(t: number): [number, number, number] {
  const at = Math.min(1, Math.max(0, t)) * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(at)), f = at - i;
  return [0, 1, 2].map((c) => Math.round(ramp[i][c] * (1 - f) + ramp[i + 1][c] * f)) as [number, number, number];
}

/** The map as RGBA bytes, to lie over a picture: cold places darken it, hot ones glow. */
export function heatPixels(values: Float32Array): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(values.length * 4);
  for (let i = 0; i < values.length; ++i) {
    const [red, green, blue] = rampColour(values[i]);
    out.set([red, green, blue, 150 - 20 * values[i]], i * 4);
  }
  return out;
}
