import { useEffect, useRef, useState } from 'preact/hooks';
import { signal } from '@preact/signals';
import { collection } from '../../core/collection';
import { heatOver } from '../../core/heat';
import type { Loaded } from '../../core/load';
import { nameOf } from '../../core/pictures';
import { change } from '../../core/route';
import type { Hit, Picture, Ref, SearchReply } from '../../core/types';
import { strings } from '../../strings';
import { Button } from '../../parts/controls';
import { Grid } from '../../parts/grid';
import { HeatLayer } from '../../parts/heat';
import { Empty, Failed, Loading } from '../../parts/states';
import { box, count, heat, least, mostHits, searchLike, selection, shown } from './state';
import { TileButtons } from './tile_buttons';

/** Where the pointer is over a hit: the query's own picture shows what is like that place. */
export const pointed = signal<{ ref: Ref; x: number; y: number } | undefined>(undefined);

/** The heat map over the hit below the pointer: where it is like the query or its region. */
function useHeat(): [Ref, HTMLCanvasElement | undefined] {
  const over = pointed.value?.ref ?? '';
  const [map, set] = useState<HTMLCanvasElement>();
  const round = useRef(0);
  useEffect(() => {
    const own = ++round.current;
    set(undefined);
    if (!over || !heat.value || !shown.value) return;
    const timer = setTimeout(() => {
      heatOver(over, { of: shown.value, box: box.value }).then((made) => { if (round.current === own) set(made); }, () => {});
    }, 120); // not for every picture that is passed on the way
    return () => clearTimeout(timer);
  }, [over, heat.value, shown.value, box.value]);
  return [over, map];
}

/** The part of a hit where the region was found. */
function FoundBox({ hit }: { hit: Hit }) {
  if (!hit.box) return null;
  const part = (value: number, whole: number) => `${(100 * value) / whole}%`;
  return <span class="found-box" aria-hidden="true" style={{
    left: part(hit.box.x, hit.width), top: part(hit.box.y, hit.height),
    width: part(hit.box.width, hit.width), height: part(hit.box.height, hit.height),
  }} />;
}

export function Hits({ result, onCloser, onKey }: { result: Loaded<SearchReply>; onCloser: (picture: Picture) => void; onKey: (key: string, picture: Picture) => boolean }) {
  const [over, map] = useHeat();
  const { data, error, busy, again } = result;
  useEffect(() => () => { pointed.value = undefined; }, []);
  if (error) return <Failed error={error} again={again} />;
  if (!data) return busy ? <Loading text={strings.search.busy} /> : null;
  const hits = data.hits.filter((hit) => hit.score >= least.value);
  const hidden = data.hits.length - hits.length;
  const all = data.hits.length < count.value || count.value >= Math.min(mostHits, collection.value?.pictures ?? 0);
  const { look, search, fetch } = data.milliseconds;
  return (
    <div class={busy ? 'stale' : ''} aria-busy={busy}>
      <p class="summary" role="status">
        <span>{strings.search.found(hits.length)}</span>
        {hidden > 0 && <span>{strings.search.hidden(hidden)}</span>}
        <span class="badge" title={data.exact ? strings.search.exactText : strings.search.graphText(collection.value?.index.recall ?? 0)}>
          {data.exact ? strings.search.exact : strings.search.approximate}</span>
        <span class="muted" title={strings.search.times(look, search, fetch)}>{strings.search.took(look + search + fetch)}</span>
      </p>
      {!hits.length ? <Empty title={strings.empty.hits}>{strings.empty.hitsText}</Empty> : (
        <Grid label={strings.search.results} pictures={hits} onOpen={(hit) => searchLike([hit.ref])} onKey={onKey}
          nameOf={(hit) => strings.search.hit(nameOf(hit), strings.words[hit.word], hit.score)} chosen={selection.value}
          onHover={(hit, x, y) => { pointed.value = hit && { ref: hit.ref, x, y }; }}
          over={(hit) => (
            <>
              {over === hit.ref && <HeatLayer map={map} />}
              <FoundBox hit={hit} />
              <span class="tile-words" aria-hidden="true">
                {hit.word && <b>{strings.words[hit.word]}</b>}<span>{hit.score.toFixed(2)}</span>
                {hit.copies && hit.copies.length > 0 && <span>{strings.search.copies(hit.copies.length)}</span>}
              </span>
              <TileButtons picture={hit} onCloser={onCloser} />
            </>
          )} />
      )}
      {!all && <p class="centre"><Button onClick={() => change({ n: String(count.value * 2) }, 'replace')} disabled={busy}>{strings.more}</Button></p>}
    </div>
  );
}
