import { useRef, useState } from 'preact/hooks';
import { isAbort, sendJson } from '../../core/api';
import { readEvents } from '../../core/events';
import { isUpload } from '../../core/pictures';
import { change } from '../../core/route';
import { say } from '../../core/toast';
import type { Mask, Project, Ref, Rle } from '../../core/types';
import { shapesOf, withShapes } from '../../pure/project';
import { strings } from '../../strings';
import { Button } from '../../parts/controls';
import { amend, current, newId, project, queue } from './state';

const t = strings.label;

/** The masks of a class that a person has accepted: what to look for. */
function examplesOf(from: Project, at: number): { picture: Ref; rle: Rle }[] {
  return Object.entries(from.pictures).flatMap(([picture, { shapes }]) => (isUpload(picture) ? [] : shapes
    .filter((shape) => shape.class === at && shape.state === 'accepted').map(({ rle }) => ({ picture, rle })))).slice(0, 16);
}

/** A mask found elsewhere waits for review, unless that picture has been judged for the class. */
function withFound(into: Project, ref: Ref, mask: Mask, at: number): Project {
  const there = shapesOf(into, ref);
  if (there.some((shape) => shape.class === at && shape.state !== 'draft')) return into;
  const kept = there.filter((shape) => shape.class !== at);
  return withShapes(into, ref, [...kept, { id: newId(), class: at, rle: mask.rle, score: mask.score, state: 'draft', clicks: [] }]);
}

/** Looks for the current class's objects on all pictures, and leads to their review. */
export function FindEverywhere() {
  const [progress, setProgress] = useState<{ done: number; total: number }>();
  const running = useRef<AbortController | undefined>(undefined);
  const name = project.value.classes[current.value] ?? '';
  const examples = examplesOf(project.value, current.value);
  const start = async () => {
    const abort = (running.current = new AbortController());
    const at = current.value;
    let found = 0;
    setProgress({ done: 0, total: 0 });
    try {
      const reply = await sendJson('v1/propagate', { examples, filter: '', limit: 200 }, abort.signal);
      await readEvents(reply, (event, data) => {
        if (event === 'progress') setProgress(data);
        if (event === 'found') {
          ++found;
          amend(withFound(project.value, data.ref, data.mask, at));
        }
      });
      say(t.found(found));
      if (queue.value.length) change({ review: '1' });
    } catch (error) {
      if (!isAbort(error)) say((error as Error).message, 'bad');
    } finally {
      setProgress(undefined);
    }
  };
  return (
    <div class="controls">
      <h2 class="side-title">{t.everywhere}</h2>
      {progress ? (
        <>
          <progress max={progress.total || 1} value={progress.done} aria-label={t.looking(name)} />
          <div class="row"><span class="muted">{progress.done} / {progress.total}</span><Button onClick={() => running.current?.abort()}>{t.stop}</Button></div>
        </>
      ) : <Button key="find" icon="search" disabled={!examples.length} onClick={start}>{t.find(name)}</Button>}
      <p class="hint">{examples.length ? t.examples(examples.length) : t.noExamples}</p>
      {queue.value.length > 0 && <Button kind="main" onClick={() => change({ review: '1' })}>{t.review(queue.value.length)}</Button>}
    </div>
  );
}
