import type { Collection } from '../../core/types';
import { rampColour } from '../../pure/heat';
import { noLabel, type MapData } from '../../pure/mapdata';
import { paletteColour, rgbOf } from '../../pure/palette';

export type By = 'cluster' | 'label' | 'outlier';
export interface Entry { key: number; name: string; colour: string; count: number }

/** Each point's colour, three bytes a point. */
export function pointColours(data: MapData, by: By): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(3 * data.count);
  const palette = Array.from({ length: 10 }, (_, i) => rgbOf(paletteColour(i)));
  for (let i = 0; i < data.count; ++i) {
    if (by === 'outlier') out.set(rampColour(0.15 + 0.85 * data.outlier[i]), 3 * i);
    else {
      const key = data[by][i];
      out.set(key === noLabel ? [150, 150, 150] : palette[key % 10], 3 * i);
    }
  }
  return out;
}

/** What the colours mean, most points first. */
export function entries(data: MapData, by: By, collection: Collection, unnamed: (n: number) => string): Entry[] {
  if (by === 'outlier') return [];
  const counts = new Map<number, number>();
  for (let i = 0; i < data.count; ++i) counts.set(data[by][i], (counts.get(data[by][i]) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([key, count]) => ({
    key, count, colour: key === noLabel ? '#969696' : paletteColour(key),
    name: by === 'label' ? collection.labels[key]?.name ?? unnamed(-1) : unnamed(key),
  }));
}
