import { useState } from 'preact/hooks';
import { picture } from '../../core/pictures';
import type { Picture, Ref } from '../../core/types';
import { strings } from '../../strings';

/** Before and after, with a line between that is dragged or moved by keys. */
export function Curtain({ of, before, after }: { of: Ref; before: string; after: string }) {
  const [at, setAt] = useState(50);
  const facts = picture(of).value as Picture | undefined;
  const shape = facts?.width ? facts.width / facts.height : 1.5;
  return (
    <div class="stage curtain" style={{ aspectRatio: String(shape), '--shape': shape, '--high': '74vh' } as any}>
      <img src={after} alt={strings.restyle.after} />
      <img src={before} alt={strings.restyle.before} style={{ clipPath: `inset(0 ${100 - at}% 0 0)` }} />
      <span class="curtain-line" style={{ left: `${at}%` }} aria-hidden="true" />
      <input type="range" min={0} max={100} step={1} value={at} aria-label={strings.restyle.curtain}
        onInput={(event) => setAt(event.currentTarget.valueAsNumber)} />
    </div>
  );
}
