import type { Box } from '../core/types';

/** The box between two corners, whole pixels, inside a picture. */
export function boxBetween(a: [number, number], b: [number, number], width: number, height: number): Box {
  const clamp = (value: number, most: number) => Math.round(Math.min(most, Math.max(0, value)));
  const x0 = clamp(Math.min(a[0], b[0]), width), x1 = clamp(Math.max(a[0], b[0]), width);
  const y0 = clamp(Math.min(a[1], b[1]), height), y1 = clamp(Math.max(a[1], b[1]), height);
  return { x: x0, y: y0, width: x1 - x0, height: y1 - y0 };
}

export function parseBox(text: string): Box | undefined {
  const [x, y, width, height] = text.split(',').map(Number);
  return [x, y, width, height].every(Number.isFinite) && width > 0 && height > 0 ? { x, y, width, height } : undefined;
}

/** Whether a point lies in a polygon [x, y, x, y, ...]: even-odd rule. */
export function inPolygon(x: number, y: number, polygon: ArrayLike<number>): boolean {
  let inside = false;
  for (let i = 0, j = polygon.length - 2; i < polygon.length; j = i, i += 2) {
    const xi = polygon[i], yi = polygon[i + 1], xj = polygon[j], yj = polygon[j + 1];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside;
  }
  return inside;
}

/** The points of two columns that a lasso holds. */
export function lassoed(x: ArrayLike<number>, y: ArrayLike<number>, polygon: ArrayLike<number>): number[] {
  if (polygon.length < 6) return [];
  let left = Infinity, right = -Infinity, top = Infinity, bottom = -Infinity;
  for (let i = 0; i < polygon.length; i += 2) {
    left = Math.min(left, polygon[i]), right = Math.max(right, polygon[i]);
    top = Math.min(top, polygon[i + 1]), bottom = Math.max(bottom, polygon[i + 1]);
  }
  const found: number[] = [];
  for (let i = 0; i < x.length; ++i) {
    if (x[i] < left || x[i] > right || y[i] < top || y[i] > bottom) continue;
    if (inPolygon(x[i], y[i], polygon)) found.push(i);
  }
  return found;
}

/** The point nearest to a place, within reach, or -1. */
export function nearest(x: ArrayLike<number>, y: ArrayLike<number>, px: number, py: number, reach: number): number {
  let best = -1, least = reach * reach;
  for (let i = 0; i < x.length; ++i) {
    const square = (x[i] - px) ** 2 + (y[i] - py) ** 2;
    if (square <= least) {
      least = square;
      best = i;
    }
  }
  return best;
}
