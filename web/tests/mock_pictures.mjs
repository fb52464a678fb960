// Pictures for the mock: decoded JPEG files, colour features in place of a network's, PNG out.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { deflateSync, crc32 } from 'node:zlib';
import jpeg from 'jpeg-js';

/** The JPEG files below a folder, sorted, at most `most`. */
export function findPictures(folder, most) {
  const found = [];
  const walk = (at) => {
    for (const name of readdirSync(at).sort()) {
      const path = join(at, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (/\.jpe?g$/i.test(name)) found.push(path);
    }
  };
  walk(folder);
  const step = Math.max(1, found.length / most);
  return Array.from({ length: Math.min(most, found.length) }, (_, i) => found[Math.floor(i * step)]);
}

/** Rows x columns patches of 6 features each, of unit length: colour against grey, brightness, place. */
function features({ width, height, data }) {
  const columns = Math.max(4, Math.min(28, Math.round((24 * width) / Math.max(width, height))));
  const rows = Math.max(4, Math.min(28, Math.round((24 * height) / Math.max(width, height))));
  const dim = 6, vectors = new Float32Array(rows * columns * dim);
  for (let r = 0; r < rows; ++r) {
    for (let c = 0; c < columns; ++c) {
      let red = 0, green = 0, blue = 0, square = 0, n = 0;
      for (let y = Math.floor((r * height) / rows); y < ((r + 1) * height) / rows; y += 3) {
        for (let x = Math.floor((c * width) / columns); x < ((c + 1) * width) / columns; x += 3) {
          const at = 4 * (Math.min(height - 1, y) * width + Math.min(width - 1, x));
          red += data[at], green += data[at + 1], blue += data[at + 2];
          square += data[at + 1] ** 2;
          ++n;
        }
      }
      red /= n, green /= n, blue /= n;
      const grey = (red + green + blue) / 3;
      const vector = [(red - grey) * 3, (green - grey) * 3, (blue - grey) * 3, grey - 110, Math.sqrt(Math.max(0, square / n - green * green)) - 25, 25];
      const length = Math.hypot(...vector) || 1;
      vectors.set(vector.map((value) => value / length), (r * columns + c) * dim);
    }
  }
  return { rows, columns, dim, vectors };
}

export function decode(bytes) {
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, maxMemoryUsageInMB: 1024 });
  return { width, height, data };
}

export function makePicture(ref, path, bytes, label = '') {
  const pixels = decode(bytes);
  const grid = features(pixels);
  const mean = new Float32Array(grid.dim);
  grid.vectors.forEach((value, i) => { mean[i % grid.dim] += value; });
  const length = Math.hypot(...mean);
  return { ref, path, label, width: pixels.width, height: pixels.height, bytes, pixels, grid, mean: mean.map((value) => value / length), meta: { bytes: bytes.length } };
}

export const readFolder = (folder, most) => findPictures(folder, most).map((path, i) =>
  makePicture(String(i), relative(folder, path), readFileSync(path), basename(dirname(path))));

export function tokenBytes({ grid: { rows, columns, dim, vectors } }) {
  const count = rows * columns;
  const buffer = new ArrayBuffer(12 + 4 * count + count * dim);
  new Uint32Array(buffer, 0, 3).set([rows, columns, dim]);
  new Float32Array(buffer, 12, count).fill(1 / 127);
  new Int8Array(buffer, 12 + 4 * count).set(vectors.map((value) => Math.round(127 * value)));
  return Buffer.from(buffer);
}

function chunk(type, body) {
  const out = Buffer.alloc(12 + body.length);
  out.writeUInt32BE(body.length, 0);
  out.write(type, 4, 'latin1');
  body.copy(out, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length);
  return out;
}

/** RGB bytes as a PNG file. */
export function png(width, height, rgb) {
  const rows = Buffer.alloc(height * (1 + 3 * width));
  for (let y = 0; y < height; ++y) Buffer.from(rgb.buffer, rgb.byteOffset + 3 * width * y, 3 * width).copy(rows, y * (1 + 3 * width) + 1);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
