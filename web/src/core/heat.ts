import { bestSimilarity, meanVector, patchAt, patchVector, patchesIn, similarity, type Tokens } from '../pure/tokens';
import { contrast, heatPixels, upsample } from '../pure/heat';
import { picture, tokensOf } from './pictures';
import type { Box, Ref } from './types';

/** What a heat map looks for: one patch, a box's mean, or anything of a whole picture. */
export type Wanted = { of: Ref; at: [number, number] } | { of: Ref; box?: Box };

export async function vectorAt(ref: Ref, x: number, y: number): Promise<Float32Array> {
  const tokens = await tokensOf(ref);
  return patchVector(tokens, patchAt(tokens, x, y));
}

function sizeOf(ref: Ref): { width: number; height: number } {
  const facts = picture(ref).peek();
  return facts && !(facts instanceof Error) ? facts : { width: 1, height: 1 };
}

/** The map over picture `ref` of how like its places are to what is wanted, as a small smooth canvas. */
export async function heatOver(ref: Ref, wanted: Wanted): Promise<HTMLCanvasElement> {
  const [tokens, query] = await Promise.all([tokensOf(ref), tokensOf(wanted.of)]);
  let map: Float32Array;
  if ('at' in wanted) map = similarity(tokens, patchVector(query, patchAt(query, ...wanted.at)));
  else if (wanted.box) {
    const { width, height } = sizeOf(wanted.of);
    const { box } = wanted;
    const part = { x: box.x / width, y: box.y / height, width: box.width / width, height: box.height / height };
    map = similarity(tokens, meanVector(query, patchesIn(query, part)));
  } else map = bestSimilarity(tokens, query);
  return heatCanvas(map, tokens);
}

export function heatCanvas(map: Float32Array, { rows, columns }: Pick<Tokens, 'rows' | 'columns'>): HTMLCanvasElement {
  const scale = Math.max(1, Math.min(8, Math.floor(320 / Math.max(rows, columns))));
  const width = columns * scale, height = rows * scale;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const smooth = upsample(contrast(map), rows, columns, width, height);
  canvas.getContext('2d')!.putImageData(new ImageData(heatPixels(smooth), width, height), 0, 0);
  return canvas;
}
