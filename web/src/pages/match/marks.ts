import { useCallback } from 'preact/hooks';
import { drawDot } from '../../parts/stage';
import type { Pointed } from './match';

/** What lies over one of the pictures: the clicked point, or the map of what is like it. */
export function useMarks(point: Pointed | undefined, name: 'a' | 'b', map: HTMLCanvasElement | undefined) {
  return useCallback((context: CanvasRenderingContext2D, width: number, height: number, unit: number) => {
    if (!point) return;
    if (point.side === name) drawDot(context, point.at[0] * width, point.at[1] * height, unit, '#1f7a3d');
    else if (map) context.drawImage(map, 0, 0, width, height);
  }, [point, map]);
}
