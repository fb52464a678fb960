import { useCallback, useEffect, useState } from 'preact/hooks';
import { getJson } from '../../core/api';
import { collection } from '../../core/collection';
import { useIncoming } from '../../core/incoming';
import { useLoad } from '../../core/load';
import { change, param } from '../../core/route';
import { strings } from '../../strings';
import { Failed, Loading } from '../../parts/states';
import { Well } from '../../parts/well';
import { Board } from './board';
import { ClassList } from './class_list';
import { Filmstrip } from './filmstrip';
import { FindEverywhere } from './find_everywhere';
import { ProjectBar } from './project_bar';
import { Review } from './review';
import { openProject } from './saving';
import { of, queue } from './state';

const pick = (refs: string[]) => change({ of: refs[0], review: '' });

export interface ProjectRow { name: string; pictures: number; shapes: number; revision: number }

export function LabelPage() {
  useIncoming(pick);
  const list = useLoad((signal) => getJson<{ projects: ProjectRow[] }>('v1/projects', signal), []);
  const [open, setOpen] = useState('');
  const [problem, setProblem] = useState<any>();
  const wanted = param('project') || list.data?.projects[0]?.name || 'labels';
  const load = useCallback(() => {
    setProblem(undefined);
    openProject(wanted).then(() => setOpen(wanted), setProblem);
  }, [wanted]);
  useEffect(() => { if (list.data) load(); }, [Boolean(list.data), load]);
  if (list.error ?? problem) return <Failed error={list.error ?? problem} again={list.error ? list.again : load} />;
  if (!open) return <Loading />;
  const review = param('review') === '1';
  return (
    <div class="with-side">
      <aside class="side" aria-label={strings.label.tools}>
        <ProjectBar projects={list.data?.projects ?? []} onChanged={list.again} />
        <ClassList />
        <FindEverywhere />
      </aside>
      <section class="main-column" aria-label={strings.label.work}>
        {review && queue.value.length > 0 ? <Review /> : of.value ? <Board key={of.value} /> : (
          <Well title={strings.label.pick} text={collection.value?.can.write === false ? strings.label.readOnly : strings.label.pickText} onPick={pick} />
        )}
        {review && !queue.value.length && <p class="hint" role="status">{strings.review.done}</p>}
        <Filmstrip />
      </section>
    </div>
  );
}
