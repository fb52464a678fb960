import { useCallback, useEffect, useState } from 'preact/hooks';
import { imageAddress } from '../../core/api';
import { collection, wordOf } from '../../core/collection';
import { heatOver } from '../../core/heat';
import { nameOf, picture } from '../../core/pictures';
import { change } from '../../core/route';
import type { Ref } from '../../core/types';
import { strings } from '../../strings';
import { Button, IconButton, Slider, Toggle } from '../../parts/controls';
import { drawBox, Stage } from '../../parts/stage';
import { PickButtons } from '../../parts/well';
import { pointed } from './hits';
import { addPlus, box, diversity, fold, heat, least, minus, plus, remove, setBox, shown } from './state';

const t = strings.search;

function Chip({ of, kind }: { of: Ref; kind: 'plus' | 'minus' }) {
  const facts = picture(of).value;
  const name = facts && !(facts instanceof Error) ? nameOf(facts) : of;
  const look = kind === 'plus';
  return (
    <li class={`chip ${kind} ${shown.value === of ? 'on' : ''}`}>
      <button type="button" class="chip-main" aria-pressed={shown.value === of} aria-label={look ? t.show(name) : t.unlike(name)}
        onClick={() => look && change({ of, box: '' })}>
        <img src={imageAddress(of, 128)} alt="" /><span class="chip-sign" aria-hidden="true">{look ? '+' : '−'}</span>
      </button>
      <IconButton icon="close" kind="tiny" label={t.remove(name)} onClick={() => remove(of)} />
    </li>
  );
}

/** On the query's picture: what is like the place of a hit that the pointer is over. */
function useAnswer(): HTMLCanvasElement | undefined {
  const [map, set] = useState<HTMLCanvasElement>();
  const at = pointed.value;
  const cell = at && `${at.ref} ${Math.floor(at.x * 24)} ${Math.floor(at.y * 24)}`;
  useEffect(() => {
    let current = true;
    if (!at || !heat.value || !shown.value) set(undefined);
    else heatOver(shown.value, { of: at.ref, at: [at.x, at.y] }).then((made) => { if (current) set(made); }, () => {});
    return () => { current = false; };
  }, [cell, heat.value, shown.value]);
  return map;
}

const wide = matchMedia('(min-width: 821px)').matches; // on a phone the results come first

export function QueryPanel({ busy }: { busy: boolean }) {
  const answer = useAnswer();
  const area = box.value;
  const regions = collection.value?.can.regions ?? true;
  const draw = useCallback((context: CanvasRenderingContext2D, width: number, height: number, unit: number) => {
    if (answer) context.drawImage(answer, 0, 0, width, height);
    if (!area) return;
    context.fillStyle = 'rgb(0 0 0 / .5)';
    context.beginPath();
    context.rect(0, 0, width, height);
    context.rect(area.x, area.y, area.width, area.height);
    if (!answer) context.fill('evenodd');
    drawBox(context, area, unit);
  }, [answer, area]);
  const word = wordOf(least.value);
  return (
    <aside class="side" aria-label={t.query} aria-busy={busy}>
      <Stage of={shown.value} label={t.stage} high={wide ? '38vh' : '30vh'} draw={draw} onBox={regions ? (found) => setBox(shown.value, found) : undefined} />
      <p class="hint">{area ? <button type="button" class="link" onClick={() => setBox(shown.value, undefined)}>{t.whole}</button> : regions ? t.boxHint : t.noRegions}</p>
      <ul class="chips" aria-label={t.examples}>
        {plus.value.map((ref) => <Chip key={ref} of={ref} kind="plus" />)}
        {minus.value.map((ref) => <Chip key={ref} of={ref} kind="minus" />)}
      </ul>
      <PickButtons onPick={addPlus} many />
      <details class="controls-fold" open={wide}>
        <summary>{t.settings}</summary>
        <div class="controls">
        <Slider label={t.least} min={-0.01} max={1} value={Math.max(-0.01, least.value)}
          text={least.value < 0 ? t.anyScore : `${word ? strings.words[word] + ' ' : ''}≥ ${least.value.toFixed(2)}`}
          onInput={(value) => change({ min: value < 0 ? '' : value.toFixed(2) }, 'replace')} />
        <Slider label={t.diversity} value={diversity.value} step={0.05}
          text={diversity.value === 0 ? t.noDiversity : `${Math.round(100 * diversity.value)} %`}
          onInput={(value) => change({ div: value ? String(value) : '' }, 'replace')} />
        <Toggle label={t.fold} checked={fold.value} onChange={(on) => change({ fold: on ? '1' : '' })} />
        {regions && <Toggle label={t.heat} checked={heat.value} onChange={(on) => change({ heat: on ? '' : '0' }, 'replace')} />}
        </div>
      </details>
      <Button kind="quiet" icon="close" onClick={() => change({ plus: '', minus: '', of: '', box: '', n: '', min: '' })}>{t.clear}</Button>
    </aside>
  );
}
