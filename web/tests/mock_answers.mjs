// What the mock answers: simple stand-ins of the contract's shapes, no more.
import { load } from './load.mjs';
import { png } from './mock_pictures.mjs';

const { encodeRle, rampColour } = await load('pure/rle', 'pure/heat');
export const words = { copy: 0.998, same: 0.97, alike: 0.9 };
const wordOf = (score) => Object.keys(words).find((word) => score >= words[word]) ?? '';
const dot = (a, b, i = 0, j = 0, dim = a.length) => {
  let sum = 0;
  for (let d = 0; d < dim; ++d) sum += a[i + d] * b[j + d];
  return sum;
};
export const facts = ({ ref, path, label, width, height, meta }) => ({ ref, path, label, width, height, meta });

export function filtered(all, text) {
  if (!text) return all;
  return text.split(/\s+and\s+/).reduce((kept, part) => {
    const match = /^(\w+)\s*(!=|<=|>=|=|<|>|~)\s*"?([^"]*)"?$/.exec(part.trim());
    if (!match) throw Object.assign(new Error(`filter: '${part}' compares nothing; write for example: label = dog`), { status: 400 });
    const [, column, sign, value] = match;
    const tests = { '=': (a) => String(a) === value, '!=': (a) => String(a) !== value, '<': (a) => a < +value, '>': (a) => a > +value, '<=': (a) => a <= +value, '>=': (a) => a >= +value, '~': (a) => String(a).includes(value) };
    return kept.filter((one) => tests[sign](one[column] ?? one.meta[column]));
  }, all);
}

export function search(all, get, { plus = [], minus = [], region, k = 24, filter = '', collapse = false }) {
  const vector = new Float32Array(6);
  const add = (from, sign) => from.forEach((value, d) => { vector[d] += sign * value; });
  plus.forEach((ref) => add(get(ref).mean, 1));
  minus.forEach((ref) => add(get(ref).mean, -0.7));
  if (region) {
    const { grid, width, height } = get(region.picture), { box } = region;
    for (let r = 0; r < grid.rows; ++r) {
      for (let c = 0; c < grid.columns; ++c) {
        const x = ((c + 0.5) * width) / grid.columns, y = ((r + 0.5) * height) / grid.rows;
        if (x > box.x && x < box.x + box.width && y > box.y && y < box.y + box.height) add(grid.vectors.subarray((r * grid.columns + c) * 6, (r * grid.columns + c + 1) * 6), 0.05);
      }
    }
  }
  const length = Math.hypot(...vector) || 1;
  const hits = filtered(all, filter).map((one) => {
    const score = dot(vector, one.mean) / length;
    return { ...facts(one), score, word: wordOf(score), copies: [], ...(region ? { box: { x: one.width * 0.3, y: one.height * 0.3, width: one.width * 0.4, height: one.height * 0.4 } } : {}) };
  });
  hits.sort((a, b) => b.score - a.score);
  return { hits: (collapse ? hits.filter((_, i) => i % 7 !== 1) : hits).slice(0, k), exact: true, milliseconds: { look: 12, search: 0.6, fetch: 2 } };
}

/** A mask: pixels coloured like the clicks and connected to them, or a box's ellipse. */
export function mask(one, { clicks = [], box }) {
  const { width, height, pixels: { data } } = one;
  const out = new Uint8Array(width * height);
  const colour = (x, y) => [0, 1, 2].map((c) => data[4 * (Math.round(y) * width + Math.round(x)) + c]);
  const plus = clicks.filter((click) => click.positive).map(({ x, y }) => colour(x, y));
  const minus = clicks.filter((click) => !click.positive).map(({ x, y }) => colour(x, y));
  const far = (a, i) => Math.abs(a[0] - data[i]) + Math.abs(a[1] - data[i + 1]) + Math.abs(a[2] - data[i + 2]);
  if (box && !plus.length) {
    const cx = box.x + box.width / 2, cy = box.y + box.height / 2;
    for (let y = 0, i = 0; y < height; ++y) for (let x = 0; x < width; ++x, ++i) out[i] = +(((x - cx) / box.width) ** 2 + ((y - cy) / box.height) ** 2 < 0.23);
  }
  const stack = clicks.filter((click) => click.positive).map(({ x, y }) => Math.round(y) * width + Math.round(x));
  while (stack.length) {
    const i = stack.pop();
    if (out[i]) continue;
    const near = Math.min(...plus.map((one) => far(one, 4 * i)));
    if (near > 90 || minus.some((one) => far(one, 4 * i) < near)) continue;
    out[i] = 1;
    const x = i % width;
    if (x > 0) stack.push(i - 1);
    if (x < width - 1) stack.push(i + 1);
    if (i >= width) stack.push(i - width);
    if (i < width * (height - 1)) stack.push(i + width);
  }
  return maskOf(out, width, height, 0.5 + 0.49 * Math.abs(Math.sin(width + clicks.length)));
}

export function maskOf(out, width, height, score) {
  let area = 0, left = width, right = 0, top = height, bottom = 0;
  out.forEach((value, i) => {
    if (!value) return;
    ++area;
    const x = i % width, y = Math.floor(i / width);
    left = Math.min(left, x), right = Math.max(right, x + 1), top = Math.min(top, y), bottom = Math.max(bottom, y + 1);
  });
  return { width, height, rle: encodeRle(out, width, height), polygons: [], box: { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) }, area, score };
}

export function matches(a, b, { limit = 200, verify = 'none' }) {
  const pairs = [];
  const count = a.grid.rows * a.grid.columns;
  const centre = ({ grid, width, height }, patch) => [((patch % grid.columns) + 0.5) * width / grid.columns, (Math.floor(patch / grid.columns) + 0.5) * height / grid.rows];
  for (let i = 0; i < count; ++i) {
    let best = -2, at = 0;
    for (let j = 0; j < b.grid.rows * b.grid.columns; ++j) {
      const score = dot(a.grid.vectors, b.grid.vectors, 6 * i, 6 * j, 6);
      if (score > best) [best, at] = [score, j];
    }
    pairs.push({ a: centre(a, i), b: centre(b, at), score: best, mutual: true, cycle: 3, inlier: verify !== 'none' && i % 3 > 0 });
  }
  pairs.sort((p, q) => q.score - p.score);
  const kept = pairs.slice(0, limit);
  return { pairs: kept, model: verify === 'none' ? null : [1, 0, 0, 0, 1, 0, 0, 0, 1], inliers: kept.filter((pair) => pair.inlier).length };
}

/** Metres: the lower in the picture the nearer, dark is farther. */
export function depthGrid(one) {
  const { width, height, pixels: { data } } = one;
  return Float32Array.from({ length: width * height }, (_, i) => 1.5 + 4 * (1 - Math.floor(i / width) / height) + (255 - data[4 * i + 1]) / 200);
}

export function depth(one, format) {
  const values = depthGrid(one), { width, height } = one;
  const near = values.reduce((a, b) => Math.min(a, b)), far = values.reduce((a, b) => Math.max(a, b));
  const colour = (metres) => rampColour((far - metres) / (far - near));
  if (format === 'json') {
    const legend = Array.from({ length: 6 }, (_, i) => near + ((far - near) * i) / 5).map((metres) => ({ metres, colour: '#' + colour(metres).map((value) => value.toString(16).padStart(2, '0')).join('') }));
    return { width, height, near, far, unit: 'metres', legend };
  }
  if (format === 'npy') {
    const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${height}, ${width}), }`;
    const header = text.padEnd(Math.ceil((10 + text.length + 1) / 64) * 64 - 11) + '\n';
    const head = Buffer.from('\x93NUMPY\x01\x00..' + header, 'latin1');
    head.writeUInt16LE(header.length, 8);
    return Buffer.concat([head, Buffer.from(values.buffer)]);
  }
  if (format === 'points') {
    const step = 2, columns = Math.floor(width / step), rows = Math.floor(height / step), n = rows * columns;
    const out = Buffer.alloc(4 + 15 * n);
    out.writeUInt32LE(n, 0);
    for (let i = 0; i < n; ++i) {
      const x = (i % columns) * step, y = Math.floor(i / columns) * step, z = values[y * width + x];
      [((x - width / 2) / width) * z, ((y - height / 2) / width) * z, z].forEach((value, axis) => out.writeFloatLE(value, 4 + 12 * i + 4 * axis));
      for (let c = 0; c < 3; ++c) out[4 + 12 * n + 3 * i + c] = one.pixels.data[4 * (y * width + x) + c];
    }
    return out;
  }
  const rgb = new Uint8Array(3 * width * height);
  values.forEach((value, i) => rgb.set(colour(value), 3 * i));
  return png(width, height, rgb);
}

export function pca(one) {
  const { rows, columns, vectors } = one.grid;
  const rgb = Uint8Array.from({ length: 3 * rows * columns }, (_, i) => 128 + 120 * vectors[6 * Math.floor(i / 3) + (i % 3 ? 2 * (i % 3) - 1 : 3)]);
  return png(columns, rows, rgb);
}

export function restyle(content, style, strength) {
  const { width, height, pixels: { data } } = content;
  const mean = (one) => [0, 1, 2].map((c) => {
    let sum = 0;
    for (let i = c; i < one.pixels.data.length; i += 4) sum += one.pixels.data[i];
    return (4 * sum) / one.pixels.data.length;
  });
  const from = mean(content), to = mean(style);
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => Math.min(255, Math.max(0, data[4 * Math.floor(i / 3) + (i % 3)] + strength * (to[i % 3] - from[i % 3]))));
  return png(width, height, rgb);
}

/** n points in clumps; the first are the pictures, the rest repeat them (for the map's speed). */
export function map(all, n) {
  const out = Buffer.alloc(4 + 20 * n);
  const labels = [...new Set(all.map((one) => one.label))];
  out.writeUInt32LE(n, 0);
  let state = 1;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  for (let i = 0; i < n; ++i) {
    const one = all[i % all.length], cluster = i % 8, turn = (cluster * 6.28) / 8;
    const reach = 0.28 * Math.sqrt(-Math.log(random() + 1e-9)) * 0.6, angle = 6.28 * random();
    out.writeUInt32LE(Number(one.ref), 4 + 4 * i);
    out.writeFloatLE(0.6 * Math.cos(turn) + reach * Math.cos(angle), 4 + 4 * n + 4 * i);
    out.writeFloatLE(0.6 * Math.sin(turn) + reach * Math.sin(angle), 4 + 8 * n + 4 * i);
    out.writeUInt16LE(cluster, 4 + 12 * n + 2 * i);
    out.writeUInt16LE(labels.indexOf(one.label), 4 + 14 * n + 2 * i);
    out.writeFloatLE(Math.min(1, reach * 2), 4 + 16 * n + 4 * i);
  }
  return out;
}
