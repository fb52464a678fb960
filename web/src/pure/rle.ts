import type { Rle } from '../core/types';

/** Run lengths from COCO's text: 5 bits a character, each from the third as the change to that two before. */
export function runsOf(counts: string): number[] {
  const runs: number[] = [];
  for (let at = 0; at < counts.length;) {
    let value = 0, shift = 0, code: number;
    do {
      code = counts.charCodeAt(at++) - 48;
      value |= (code & 31) << shift;
      shift += 5;
    } while (code & 32 && at < counts.length);
    if (code & 16) value |= -1 << shift; // the sign
    if (runs.length > 2) value += runs[runs.length - 2];
    runs.push(value);
  }
  return runs;
}

/** COCO's text of run lengths. */
export function textOf(runs: number[]): string {
  let text = '';
  runs.forEach((run, i) => {
    let value = i > 2 ? run - runs[i - 2] : run;
    for (let more = true; more;) {
      let code = value & 31;
      value >>= 5;
      more = code & 16 ? value !== -1 : value !== 0;
      if (more) code |= 32;
      text += String.fromCharCode(code + 48);
    }
  });
  return text;
}

/** A mask, row by row, 1 inside. The runs go down the columns, outside first. */
export function decodeRle(rle: Rle): Uint8Array {
  const [height, width] = rle.size;
  const mask = new Uint8Array(width * height);
  let at = 0, inside = false;
  for (const run of runsOf(rle.counts)) {
    if (inside) {
      for (let i = at, end = Math.min(at + run, mask.length); i < end; ++i) {
        mask[(i % height) * width + Math.floor(i / height)] = 1;
      }
    }
    at += run;
    inside = !inside;
  }
  return mask;
}

/** The run lengths of a mask that lies row by row. */
export function encodeRle(mask: ArrayLike<number>, width: number, height: number): Rle {
  const runs: number[] = [];
  let run = 0, inside = 0;
  for (let i = 0; i < width * height; ++i) {
    const value = mask[(i % height) * width + Math.floor(i / height)] ? 1 : 0;
    if (value !== inside) {
      runs.push(run);
      run = 0;
      inside = value;
    }
    ++run;
  }
  runs.push(run);
  return { size: [height, width], counts: textOf(runs) };
}

/** A mask in one colour as RGBA bytes, its edge opaque, its inside as clear as `inner` (0..255). */
export function maskPixels(mask: Uint8Array, width: number, height: number,
                           [red, green, blue]: readonly number[], inner = 96): Uint8ClampedArray<ArrayBuffer> {
  const out = new Uint8ClampedArray(width * height * 4);
  const reach = Math.max(1, Math.round(Math.max(width, height) / 400));
  for (let y = 0, i = 0; y < height; ++y) {
    for (let x = 0; x < width; ++x, ++i) {
      if (!mask[i]) continue;
      const edge = x < reach || y < reach || x >= width - reach || y >= height - reach || !mask[i - reach] ||
        !mask[i + reach] || !mask[i - reach * width] || !mask[i + reach * width];
      out.set([red, green, blue, edge ? 255 : inner], i * 4);
    }
  }
  return out;
}
