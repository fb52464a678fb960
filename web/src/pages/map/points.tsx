import { useMemo, useState } from 'preact/hooks';
import { getBytes } from '../../core/api';
import { collection, version } from '../../core/collection';
import { useLoad } from '../../core/load';
import { picture } from '../../core/pictures';
import { change, param, show } from '../../core/route';
import type { Picture } from '../../core/types';
import { parseMap } from '../../pure/mapdata';
import { strings } from '../../strings';
import { Button, Choices } from '../../parts/controls';
import { Grid } from '../../parts/grid';
import { Empty, Failed, Loading } from '../../parts/states';
import { selection } from '../search/state';
import { entries, pointColours, type By } from './colouring';
import { ScatterView } from './scatter';

const t = strings.map;
const none: number[] = [];

/** A picture's facts if they are known, else a square of its ref. */
function factsOf(ref: string): Picture {
  const known = picture(ref).peek();
  return known && !(known instanceof Error) ? known : { ref, path: '', label: '', width: 1, height: 1 };
}

export function PointsView() {
  const by = param('by', 'cluster') as By;
  const { data, error, again } = useLoad((signal) => getBytes('v1/map', signal).then(parseMap), [version.value]);
  const [chosen, setChosen] = useState<number[]>(none);
  const [pointed, setPointed] = useState(-1);
  const colours = useMemo(() => data && pointColours(data, by), [data, by]);
  const legend = useMemo(() => (data ? entries(data, by, collection.value!, t.clusterName) : []), [data, by]);
  const pictures = useMemo(() => {
    const refs = [...new Set(chosen.slice(0, 600).map((point) => String(data!.ref[point])))];
    return refs.map((ref, i) => (i < 60 ? factsOf(ref) : { ref, path: '', label: '', width: 1, height: 1 }));
  }, [chosen, data]);
  if (error) return <Failed error={error} again={again} />;
  if (!data || !colours) return <Loading text={t.busy} />;
  if (!data.count) return <Empty icon="map" title={strings.empty.collection}>{strings.empty.collectionText}</Empty>;
  const chooseKey = (key: number) => {
    const column = by === 'label' ? data.label : data.cluster;
    setChosen([...column.keys()].filter((i) => column[i] === key));
  };
  return (
    <div class="map-columns">
      <div class="map-main">
        <ScatterView data={data} colours={colours} chosen={chosen} pointed={pointed} onChoose={setChosen} />
        <p class="hint">{t.hint}</p>
      </div>
      <section class="panel map-side" aria-label={t.chosen}>
        <Choices label={t.by} value={by} onChange={(value) => change({ by: value }, 'replace')}
          choices={(['cluster', 'label', 'outlier'] as const).map((value) => ({ value, label: t.bys[value] }))} />
        {by === 'outlier' ? <p class="hint">{t.outlierText}</p> : (
          <ul class="legend-list">
            {legend.slice(0, 14).map(({ key, name, colour, count }) => (
              <li key={key}><button type="button" onClick={() => chooseKey(key)}><span class="dot" style={{ background: colour }} aria-hidden="true" />{name}<span class="muted">{count}</span></button></li>
            ))}
          </ul>
        )}
        <div class="row wrap">
          <h2 aria-live="polite">{chosen.length ? strings.selection.count(chosen.length) : t.nothing}</h2>
          {chosen.length > 0 && <>
            <Button onClick={() => { selection.value = new Set(pictures.map((one) => one.ref)); }}>{t.select}</Button>
            <Button kind="quiet" onClick={() => setChosen(none)}>{strings.selection.clear}</Button>
          </>}
        </div>
        {chosen.length > 0 ? (
          <div class="scrolls map-grid">
            <Grid label={t.chosen} pictures={pictures} goal={92} nameOf={(one) => strings.search.searchFor(one.path || one.ref)}
              onOpen={(one) => show('search', { plus: one.ref })}
              onHover={(one) => setPointed(one ? data.ref.indexOf(Number(one.ref)) : -1)} />
          </div>
        ) : <p class="hint">{t.nothingText}</p>}
      </section>
    </div>
  );
}
