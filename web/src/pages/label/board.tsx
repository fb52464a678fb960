import { useCallback, useEffect, useState } from 'preact/hooks';
import { postJson } from '../../core/api';
import { useKeys } from '../../core/keys';
import { say } from '../../core/toast';
import type { Mask, Shape } from '../../core/types';
import { strings } from '../../strings';
import { decodeRle } from '../../pure/rle';
import { Button, IconButton } from '../../parts/controls';
import { drawBox, drawDot, Stage, type Press } from '../../parts/stage';
import { classColour, maskCanvas, useMask } from './masks';
import { accept, current, draft, drop, edit, mask, noDraft, of, project, proposals, setShapes, shapes, story, walk } from './state';

const t = strings.label;

function ShapeChip({ shape, onOver }: { shape: Shape; onOver: (id: string) => void }) {
  const name = project.value.classes[shape.class] ?? '?';
  const change = (next: Partial<Shape>) => setShapes(of.value, shapes.value.map((one) => (one.id === shape.id ? { ...one, ...next } : one)));
  return (
    <li class={`shape ${shape.state}`} onPointerEnter={() => onOver(shape.id)} onPointerLeave={() => onOver('')}>
      <span class="dot" style={{ background: classColour(shape.class) }} aria-hidden="true" />
      {name}{shape.state === 'draft' && <em>{t.draft}</em>}
      {shape.state === 'draft' && <IconButton icon="check" kind="tiny" label={t.acceptShape(name)} onClick={() => change({ state: 'accepted' })} />}
      <IconButton icon="close" kind="tiny" label={t.removeShape(name)} onClick={() => setShapes(of.value, shapes.value.filter((one) => one.id !== shape.id))} />
    </li>
  );
}

/** The smallest proposal below a click. */
const proposalAt = ({ x, y }: Press) => proposals.value
  .filter((one) => decodeRle(one.rle)[y * one.width + x]).sort((a, b) => a.area - b.area)[0];

/** The picture with its masks, to click on. */
export function Board() {
  const [busy, setBusy] = useState(false);
  const [over, setOver] = useState('');
  const [looking, setLooking] = useState(false);
  useMask(setBusy);
  useEffect(() => { proposals.value = []; }, [of.value]);
  useKeys((key) => {
    const act = {
      Enter: () => (document.activeElement?.matches('button, a, summary, select') ? false : accept()), a: accept,
      Escape: drop, 'Ctrl-z': () => walk('undo'), 'Ctrl-Shift-z': () => walk('redo'), 'Ctrl-y': () => walk('redo'),
    }[key];
    if (act) return act() !== false;
    if (/^[1-9]$/.test(key) && Number(key) <= project.value.classes.length) return (current.value = Number(key) - 1), true;
  });
  const press = (at: Press) => {
    const taken = proposals.value.length ? proposalAt(at) : undefined;
    if (taken) edit({ draft: { clicks: [], taken } });
    else edit({ draft: { box: draft.value.box, clicks: [...draft.value.clicks, at] } });
    if (taken) proposals.value = [];
  };
  const propose = () => {
    setLooking(true);
    postJson<{ masks: Mask[] }>('v1/proposals', { picture: of.value, count: 10 }).then(
      ({ masks }) => {
        proposals.value = masks;
        if (!masks.length) say(t.noProposals);
      }, (error) => say(error.message, 'bad')).finally(() => setLooking(false));
  };
  const draw = useCallback((context: CanvasRenderingContext2D, width: number, height: number, unit: number) => {
    for (const shape of shapes.value) {
      if (shape.state === 'rejected') continue;
      const inner = shape.id === over ? 190 : shape.state === 'draft' ? 40 : 96;
      context.drawImage(maskCanvas(shape.rle, classColour(shape.class), inner), 0, 0, width, height);
    }
    proposals.value.forEach((one, i) => context.drawImage(maskCanvas(one.rle, classColour(i), 70), 0, 0, width, height));
    if (mask.value) context.drawImage(maskCanvas(mask.value.rle, classColour(current.value), 130), 0, 0, width, height);
    if (draft.value.box) drawBox(context, draft.value.box, unit);
    for (const { x, y, positive } of draft.value.clicks) drawDot(context, x, y, unit, positive ? '#1f7a3d' : '#b3261e', positive ? '+' : '-');
  }, [shapes.value, over, mask.value, draft.value, current.value, proposals.value]);
  const name = project.value.classes[current.value];
  return (
    <div class="board">
      <div class="row wrap toolbar" role="toolbar" aria-label={t.toolbar}>
        <Button kind="main" icon="check" disabled={!mask.value?.area} onClick={accept}>{t.accept(name)}</Button>
        <Button icon="close" disabled={draft.value === noDraft && !proposals.value.length} onClick={drop}>{t.drop}</Button>
        <IconButton icon="undo" label={t.undo} disabled={!story.value.past.length} onClick={() => walk('undo')} />
        <IconButton icon="redo" label={t.redo} disabled={!story.value.next.length} onClick={() => walk('redo')} />
        <Button icon="pca" disabled={looking} onClick={propose}>{looking ? t.proposing : t.propose}</Button>
        <span class="muted" role="status">{busy ? t.busy : mask.value ? t.made(mask.value.area / (mask.value.width * mask.value.height)) : proposals.value.length ? t.proposals(proposals.value.length) : ''}</span>
      </div>
      <Stage of={of.value} label={t.stage} high="60vh" draw={draw} onPress={press}
        onBox={(box) => edit({ draft: { clicks: draft.value.clicks, box } })} />
      <p class="hint">{t.hint}</p>
      {shapes.value.some((shape) => shape.state !== 'rejected') && (
        <ul class="shapes" aria-label={t.shapes}>
          {shapes.value.filter((shape) => shape.state !== 'rejected').map((shape) => <ShapeChip key={shape.id} shape={shape} onOver={setOver} />)}
        </ul>
      )}
    </div>
  );
}
