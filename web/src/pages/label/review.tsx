import { useCallback, useState } from 'preact/hooks';
import { useKeys } from '../../core/keys';
import { change } from '../../core/route';
import { strings } from '../../strings';
import { Button } from '../../parts/controls';
import { Stage } from '../../parts/stage';
import { classColour, maskCanvas } from './masks';
import { judge, project, queue, walk } from './state';

const t = strings.review;

/** One mask after the other, least certain first: yes, no or later. */
export function Review() {
  const [later, setLater] = useState<ReadonlySet<string>>(new Set());
  const first = () => queue.value.find(({ shape }) => !later.has(shape.id)) ?? queue.value[0];
  const { ref, shape } = first();
  const name = project.value.classes[shape.class] ?? '?';
  const answer = (state: 'accepted' | 'rejected') => {
    const waiting = first();
    if (waiting) judge(waiting.ref, waiting.shape.id, state);
  };
  const skip = () => setLater(new Set([...later, shape.id]));
  useKeys((key) => {
    const act = { y: () => answer('accepted'), n: () => answer('rejected'), s: skip, 'Ctrl-z': () => walk('undo'), 'Ctrl-Shift-z': () => walk('redo'), Escape: () => change({ review: '' }) }[key];
    act?.();
    return Boolean(act);
  });
  const draw = useCallback((context: CanvasRenderingContext2D, width: number, height: number) => {
    context.drawImage(maskCanvas(shape.rle, classColour(shape.class), 110), 0, 0, width, height);
  }, [shape]);
  return (
    <div class="board">
      <div class="row wrap toolbar" role="toolbar" aria-label={t.toolbar}>
        <Button kind="main" icon="check" onClick={() => answer('accepted')}>{t.yes}</Button>
        <Button icon="close" onClick={() => answer('rejected')}>{t.no}</Button>
        <Button onClick={skip}>{t.later}</Button>
        <Button icon="label" onClick={() => change({ of: ref, review: '' })}>{t.mend}</Button>
        <span class="muted" role="status">{t.left(queue.value.length)}</span>
        <Button kind="quiet" onClick={() => change({ review: '' })}>{t.leave}</Button>
      </div>
      <h2>{t.question(name)} <span class="badge">{t.score(shape.score)}</span></h2>
      <Stage key={ref} of={ref} label={t.stage(name)} high="60vh" draw={draw} />
    </div>
  );
}
