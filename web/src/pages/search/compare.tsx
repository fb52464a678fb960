import { useCallback, useEffect, useState } from 'preact/hooks';
import { boxText } from '../../core/api';
import { heatOver, type Wanted } from '../../core/heat';
import { useKeys } from '../../core/keys';
import { nameOf, picture } from '../../core/pictures';
import { show } from '../../core/route';
import type { Box, Hit, Picture, Ref } from '../../core/types';
import { strings } from '../../strings';
import { Button } from '../../parts/controls';
import { Dialog } from '../../parts/dialog';
import { drawBox, Stage } from '../../parts/stage';
import { box, searchLike, shown } from './state';

const t = strings.compare;

/** A picture with the map of what another's place under the pointer is like. */
function Side({ of, map, area, label, onAt }: { of: Ref; map?: HTMLCanvasElement; area?: Box; label: string; onAt: (at?: [number, number]) => void }) {
  const facts = picture(of).value as Picture | undefined;
  const draw = useCallback((context: CanvasRenderingContext2D, width: number, height: number, unit: number) => {
    if (map) context.drawImage(map, 0, 0, width, height);
    if (area) drawBox(context, area, unit);
  }, [map, area && boxText(area)]);
  return (
    <figure>
      <Stage of={of} label={label} high="60vh" draw={draw} onLeave={() => onAt(undefined)}
        onHover={(x, y) => facts?.width && onAt([x / facts.width, y / facts.height])} />
      <figcaption>{label}{facts?.path ? <span class="muted"> {facts.path}</span> : null}</figcaption>
    </figure>
  );
}

function useMap(over: Ref, wanted: Wanted | undefined, key: string): HTMLCanvasElement | undefined {
  const [map, set] = useState<HTMLCanvasElement>();
  useEffect(() => {
    let current = true;
    if (!wanted || !over) set(undefined);
    else heatOver(over, wanted).then((made) => { if (current) set(made); }, () => {});
    return () => { current = false; };
  }, [over, key]);
  return map;
}

/** The query and a hit side by side; without a query one picture with its facts. */
export function Compare({ hit, onClose, onStep }: { hit: Picture; onClose: () => void; onStep: (way: number) => void }) {
  const query = shown.value === hit.ref ? '' : shown.value;
  const [left, setLeft] = useState<[number, number]>(); // the pointer on the query
  const [right, setRight] = useState<[number, number]>(); // on the hit
  const cell = (at?: [number, number]) => at?.map((value) => Math.floor(value * 48)).join() ?? '';
  const onHit = useMap(query ? hit.ref : '', left && { of: query, at: left }, cell(left));
  const onQuery = useMap(query, right && { of: hit.ref, at: right }, cell(right));
  const own = useMap(query ? '' : hit.ref, right && { of: hit.ref, at: right }, cell(right));
  useKeys((key, event) => {
    if ((event.target as HTMLElement).tagName === 'CANVAS') return;
    if (key === 'ArrowRight' || key === 'ArrowLeft') return onStep(key === 'ArrowRight' ? 1 : -1), true;
  });
  const { score, word, box: found } = hit as Hit;
  const rest = Object.entries(hit.meta ?? {});
  return (
    <Dialog title={nameOf(hit)} onClose={onClose} wide actions={score !== undefined && <span class="badge">{strings.words[word] || strings.words['']} {score.toFixed(3)}</span>}>
      <div class={query ? 'pair' : 'pair one'}>
        {query && <Side of={query} map={onQuery} area={box.value} label={t.query} onAt={setLeft} />}
        <Side of={hit.ref} map={query ? onHit : own} area={found} label={query ? t.hit : t.picture} onAt={setRight} />
      </div>
      <p class="hint">{query ? t.hint : t.hintOne}</p>
      <dl class="facts">
        <dt>{t.path}</dt><dd>{hit.path}</dd>
        {hit.label && <><dt>{t.label}</dt><dd>{hit.label}</dd></>}
        <dt>{t.size}</dt><dd>{hit.width} × {hit.height}</dd>
        {rest.map(([name, value]) => <><dt>{name}</dt><dd>{String(value)}</dd></>)}
      </dl>
      <div class="row wrap">
        <Button icon="search" kind="main" onClick={() => { onClose(); searchLike([hit.ref]); }}>{t.search}</Button>
        <Button icon="label" onClick={() => show('label', { of: hit.ref })}>{strings.pages.label}</Button>
        <Button icon="match" onClick={() => show('match', { a: query || hit.ref, b: query ? hit.ref : '' })}>{strings.pages.match}</Button>
        <Button icon="depth" onClick={() => show('depth', { of: hit.ref })}>{strings.pages.depth}</Button>
        <Button icon="pca" onClick={() => show('pca', { of: query ? `${query},${hit.ref}` : hit.ref })}>{strings.pages.pca}</Button>
        <Button icon="restyle" onClick={() => show('restyle', { content: query || hit.ref, style: query ? hit.ref : '' })}>{strings.pages.restyle}</Button>
      </div>
    </Dialog>
  );
}
