import { useEffect } from 'preact/hooks';
import { isAbort, postJson } from '../../core/api';
import { say } from '../../core/toast';
import type { Mask, Rle } from '../../core/types';
import { paletteColour, rgbOf } from '../../pure/palette';
import { decodeRle, maskPixels } from '../../pure/rle';
import { draft, mask, of } from './state';

const canvases = new Map<string, HTMLCanvasElement>();

export const classColour = (at: number) => paletteColour(at);

/** A mask in a colour as a canvas of its own size; the last few are kept. */
export function maskCanvas(rle: Rle, colour: string, inner = 96): HTMLCanvasElement {
  const key = `${rle.size} ${colour} ${inner} ${rle.counts}`;
  let canvas = canvases.get(key);
  if (!canvas) {
    const [height, width] = rle.size;
    canvas = document.createElement('canvas');
    canvas.width = width;
    canvas.height = height;
    const pixels = maskPixels(decodeRle(rle), width, height, rgbOf(colour), inner);
    canvas.getContext('2d')!.putImageData(new ImageData(pixels, width, height), 0, 0);
    canvases.set(key, canvas);
    if (canvases.size > 40) canvases.delete(canvases.keys().next().value!);
  }
  return canvas;
}

/** Asks for the mask of the draft whenever that changes. Gives whether an answer is awaited. */
export function useMask(setBusy: (busy: boolean) => void): void {
  const { clicks, box, taken } = draft.value;
  useEffect(() => {
    if (taken) {
      mask.value = taken;
      return setBusy(false);
    }
    if (!clicks.some((click) => click.positive) && !box) {
      mask.value = undefined;
      return setBusy(false);
    }
    const abort = new AbortController();
    setBusy(true);
    postJson<Mask>('v1/masks', { picture: of.value, clicks, ...(box ? { box } : {}), refine: true }, abort.signal).then(
      (made) => {
        mask.value = made;
        setBusy(false);
      },
      (error) => {
        if (isAbort(error)) return;
        setBusy(false);
        say(error.message, 'bad');
      });
    return () => abort.abort();
  }, [draft.value, of.value]);
}
