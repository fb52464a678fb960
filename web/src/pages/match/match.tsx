import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { postJson } from '../../core/api';
import { heatOver, type Wanted } from '../../core/heat';
import { useIncoming } from '../../core/incoming';
import { useLoad } from '../../core/load';
import { picture } from '../../core/pictures';
import { change, numberParam, param } from '../../core/route';
import { save } from '../../core/save';
import { say } from '../../core/toast';
import type { MatchReply, Picture, Ref } from '../../core/types';
import { strings } from '../../strings';
import { Button, Choices, IconButton, Slider, Toggle } from '../../parts/controls';
import { Slot } from '../../parts/slot';
import { Stage } from '../../parts/stage';
import { Failed } from '../../parts/states';
import { Lines } from './lines';
import { useMarks } from './marks';

const t = strings.match;
const dropped = (refs: Ref[]) => {
  const [a, b] = [param('a'), param('b')];
  if (refs.length > 1) change({ a: refs[0], b: refs[1] });
  else change(a && !b ? { b: refs[0] } : { a: refs[0] });
};

export interface Pointed { side: 'a' | 'b'; at: [number, number] } // 0..1

/** The heat map over the other picture for a clicked point. */
function useAnswer(a: Ref, b: Ref, point: Pointed | undefined) {
  const [map, set] = useState<HTMLCanvasElement>();
  useEffect(() => {
    let current = true;
    set(undefined);
    if (!point) return;
    const [from, to] = point.side === 'a' ? [a, b] : [b, a];
    const wanted: Wanted = { of: from, at: point.at };
    heatOver(to, wanted).then((made) => { if (current) set(made); }, (error) => say(error.message, 'bad'));
    return () => { current = false; };
  }, [a, b, point]);
  return map;
}

export function MatchPage() {
  useIncoming(dropped);
  const a = param('a'), b = param('b'), ready = Boolean(a && b);
  const mutual = param('mutual', '1') === '1', verify = param('verify', 'none') as 'none' | 'affine' | 'homography';
  const share = numberParam('share', 30);
  const [point, setPoint] = useState<Pointed>();
  const pair = useRef<HTMLDivElement>(null);
  const result = useLoad((signal) => postJson<MatchReply>('v1/matches', { a, b, limit: 400, mutual, cycle: 0, verify }, signal), [a, b, mutual, verify], ready);
  const map = useAnswer(a, b, point);
  useEffect(() => setPoint(undefined), [a, b]);
  const all = ready ? result.data?.pairs ?? [] : [];
  const shown = useMemo(() => all.slice(0, Math.max(1, Math.round((all.length * share) / 100))), [all, share]);
  const side = (name: 'a' | 'b') => {
    const of = name === 'a' ? a : b, facts = picture(of).value as Picture | undefined;
    const draw = useMarks(point, name, map);
    return (
      <Slot of={of} title={t[name]} onPick={(ref) => change({ [name]: ref })}>
        <Stage of={of} label={t[name]} high="64vh" draw={draw}
          onPress={({ x, y }) => facts?.width && setPoint({ side: name, at: [x / facts.width, y / facts.height] })} />
      </Slot>
    );
  };
  return (
    <div class="main-column">
      <div class="panel row wrap controls-row">
        <Slider label={t.share} min={1} max={100} step={1} value={share} text={t.shown(share, ready ? shown.length : 0)} disabled={!ready}
          onInput={(value) => change({ share: String(value) }, 'replace')} />
        <Choices label={t.verify} value={verify} onChange={(value) => change({ verify: value })}
          choices={(['none', 'affine', 'homography'] as const).map((value) => ({ value, label: t.kinds[value] }))} />
        <Toggle label={t.mutual} checked={mutual} onChange={(on) => change({ mutual: on ? '' : '0' })} />
        <IconButton icon="swap" label={t.swap} disabled={!ready} onClick={() => change({ a: b, b: a })} />
        {point && <Button icon="reset" onClick={() => setPoint(undefined)}>{t.lines}</Button>}
        <Button icon="download" disabled={!all.length} onClick={() => save('matches.json', JSON.stringify({ a, b, ...result.data }, null, 1), 'application/json')}>JSON</Button>
      </div>
      {result.error && <Failed error={result.error} again={result.again} />}
      <div class={`pair match-pair ${result.busy && ready && !point ? 'stale' : ''}`} ref={pair} aria-busy={result.busy && ready}>
        {side('a')}
        {side('b')}
        {ready && !point && <Lines pairs={shown} a={a} b={b} within={pair} verified={verify !== 'none'} />}
      </div>
      <p class="hint" role="status">
        {!ready ? t.pick : result.busy ? strings.loading : point ? t.pointed : t.found(all.length)}
        {ready && result.data?.model && !point ? ` ${t.inliers(result.data.inliers, all.length)}` : ''}
      </p>
    </div>
  );
}
