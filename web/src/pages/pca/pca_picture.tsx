import { useCallback, useEffect, useState } from 'preact/hooks';
import { ask, isAbort, query } from '../../core/api';
import type { Ref } from '../../core/types';
import { strings } from '../../strings';
import { IconButton } from '../../parts/controls';
import { Stage } from '../../parts/stage';

/** The picture's colours, components turned round as asked. */
function useColours(of: Ref, all: Ref[], flips: string): [HTMLCanvasElement | undefined, string] {
  const [bitmap, setBitmap] = useState<ImageBitmap>();
  const [problem, setProblem] = useState('');
  const [made, setMade] = useState<HTMLCanvasElement>();
  const others = [...all].sort().join(); // one order for all: one basis, one sign
  useEffect(() => {
    const abort = new AbortController();
    setProblem('');
    ask(`v1/pictures/${of}/pca${query({ with: others })}`, { signal: abort.signal }).then((reply) => reply.blob()).then(createImageBitmap)
      .then((next) => { if (!abort.signal.aborted) setBitmap(next); }, (error) => { if (!isAbort(error)) setProblem(error.message); });
    return () => abort.abort();
  }, [of, others]);
  useEffect(() => {
    if (!bitmap) return;
    const canvas = document.createElement('canvas');
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    const context = canvas.getContext('2d')!;
    context.drawImage(bitmap, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
    for (let i = 0; i < pixels.data.length; ++i) if (i % 4 < 3 && flips[i % 4] === '1') pixels.data[i] = 255 - pixels.data[i];
    context.putImageData(pixels, 0, 0);
    setMade(canvas);
  }, [bitmap, flips]);
  return [made, problem];
}

export function PcaPicture({ of, all, flips, mix, onRemove }: { of: Ref; all: Ref[]; flips: string; mix: number; onRemove: () => void }) {
  const [colours, problem] = useColours(of, all, flips);
  const draw = useCallback((context: CanvasRenderingContext2D, width: number, height: number) => {
    if (!colours) return;
    context.globalAlpha = mix;
    context.imageSmoothingQuality = 'high';
    context.drawImage(colours, 0, 0, width, height);
    context.globalAlpha = 1;
  }, [colours, mix]);
  return (
    <li>
      <Stage of={of} label={strings.pca.picture} high="46vh" draw={draw} />
      {problem && <p class="hint" role="alert">{problem}</p>}
      <div class="row centre tight"><IconButton icon="close" kind="tiny" label={strings.pca.remove} onClick={onRemove} /></div>
    </li>
  );
}
