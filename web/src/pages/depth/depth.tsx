import { useState } from 'preact/hooks';
import { address, getBytes, getJson } from '../../core/api';
import { collection } from '../../core/collection';
import { useIncoming } from '../../core/incoming';
import { useLoad } from '../../core/load';
import { change, param } from '../../core/route';
import type { DepthFacts, Ref } from '../../core/types';
import { parseNpy } from '../../pure/npy';
import { strings } from '../../strings';
import { Button, Choices, Download } from '../../parts/controls';
import { Stage } from '../../parts/stage';
import { Empty, Failed, Loading } from '../../parts/states';
import { Well } from '../../parts/well';
import { CloudView } from './cloud_view';
import { Legend } from './legend';

const t = strings.depth;
const pick = (refs: Ref[]) => change({ of: refs[0] });
const views = ['colours', 'normals', 'cloud', 'picture'] as const;
const files = ['png', 'png16', 'npy', 'normals', 'ply'] as const;
const ending: Record<(typeof files)[number], string> = { png: 'png', png16: 'png', npy: 'npy', normals: 'png', ply: 'ply' };

export function DepthPage() {
  useIncoming(pick);
  const of = param('of');
  if (!collection.value?.can.depth) return <Empty icon="depth" title={t.none}>{t.noneText}</Empty>;
  return of ? <DepthOf key={of} of={of} /> : <Well title={t.pick} text={t.pickText} onPick={pick} />;
}

function DepthOf({ of }: { of: Ref }) {
  const view = param('view', 'colours') as (typeof views)[number];
  const path = (format: string) => `v1/pictures/${of}/depth?format=${format}`;
  const facts = useLoad((signal) => getJson<DepthFacts>(path('json'), signal), [of]);
  const grid = useLoad((signal) => getBytes(path('npy'), signal).then(parseNpy), [of], Boolean(facts.data));
  const [at, setAt] = useState<[number, number]>();
  if (facts.error) return <Failed error={facts.error} again={facts.again} />;
  if (!facts.data) return <Loading text={t.busy} />;
  const { width, height, unit } = facts.data;
  let value: number | undefined;
  if (at && grid.data) {
    const inside = (place: number, count: number) => Math.min(count - 1, Math.max(0, Math.floor(place * count)));
    value = grid.data.values[inside(at[1] / height, grid.data.height) * grid.data.width + inside(at[0] / width, grid.data.width)];
  }
  const image = view === 'colours' ? address(path('png')) : view === 'normals' ? address(path('normals')) : undefined;
  return (
    <div class="main-column">
      <div class="panel row wrap controls-row">
        <Choices label={t.view} hideLabel value={view} onChange={(next) => change({ view: next }, 'replace')} choices={views.map((name) => ({ value: name, label: t.views[name] }))} />
        <Button icon="swap" onClick={() => change({ of: '' })}>{t.other}</Button>
      </div>
      {view === 'cloud' ? <CloudView of={of} /> : (
        <div class="depth-view">
          <Stage of={of} label={t.stage} image={image} high="68vh" onHover={(x, y) => setAt([x, y])} onLeave={() => setAt(undefined)} />
          <p class="depth-value" role="status">{value === undefined ? t.hover : t.value(value, unit)}</p>
        </div>
      )}
      <Legend facts={facts.data} value={value} />
      {unit === 'relative' && <p class="hint">{t.relative}</p>}
      <div class="row wrap">
        {files.map((format) => <Download key={format} href={address(path(format))} name={`depth-${of}.${ending[format]}`}>{t.files[format]}</Download>)}
      </div>
    </div>
  );
}
