import { useState } from 'preact/hooks';
import { address, ask } from '../../core/api';
import { change } from '../../core/route';
import { say } from '../../core/toast';
import { strings } from '../../strings';
import { Button, Download } from '../../parts/controls';
import { Dialog } from '../../parts/dialog';
import type { ProjectRow } from './label';
import { forget, saveNow, saving, settle } from './saving';
import { project } from './state';

const t = strings.label;
const formats = ['coco', 'yolo', 'voc', 'png'] as const;

function Conflict() {
  return (
    <div class="notice" role="alert">
      <p>{t.conflict}</p>
      <div class="row wrap">
        <Button kind="main" onClick={() => settle('both')}>{t.both}</Button>
        <Button onClick={() => settle('theirs')}>{t.theirs}</Button>
      </div>
    </div>
  );
}

/** Which project, whether it is saved, and its ways out. */
export function ProjectBar({ projects, onChanged }: { projects: ProjectRow[]; onChanged: () => void }) {
  const [asking, setAsking] = useState<'' | 'new' | 'delete'>('');
  const { name } = project.value;
  const names = [...new Set([...projects.map((row) => row.name), name])];
  const create = (event: SubmitEvent) => {
    event.preventDefault();
    const made = String(new FormData(event.currentTarget as HTMLFormElement).get('name') ?? '').trim();
    setAsking('');
    if (made) change({ project: made });
  };
  const remove = async () => {
    setAsking('');
    try {
      await ask(`v1/projects/${encodeURIComponent(name)}`, { method: 'DELETE' });
      forget();
      onChanged();
      change({ project: names.find((other) => other !== name) ?? 'labels' });
    } catch (error) { say((error as Error).message, 'bad'); }
  };
  return (
    <div class="controls">
      <div>
        <div class="control-head"><label for="project">{t.project}</label><output>{t.saving[saving.value]}</output></div>
        <div class="row">
          <select id="project" class="field" value={name} onChange={(event) => change({ project: event.currentTarget.value })}>
            {names.map((one) => <option key={one}>{one}</option>)}
          </select>
          <Button onClick={() => setAsking('new')}>{t.create}</Button>
        </div>
      </div>
      {saving.value === 'conflict' && <Conflict />}
      {saving.value === 'failed' && <Button onClick={saveNow}>{t.saveAgain}</Button>}
      <details class="exports">
        <summary>{t.exports}</summary>
        <div class="row wrap">
          {formats.map((format) => <Download key={format} href={address(`v1/projects/${encodeURIComponent(name)}/export?format=${format}`)} name={`${name}-${format}.zip`}>{t.formats[format]}</Download>)}
          <Button kind="quiet" icon="bin" onClick={() => setAsking('delete')}>{t.remove}</Button>
        </div>
      </details>
      {asking === 'new' && (
        <Dialog title={t.createTitle} onClose={() => setAsking('')}>
          <form class="row" onSubmit={create}>
            <input name="name" class="field" aria-label={t.projectName} placeholder={t.projectName} required maxLength={64} />
            <button class="button main" type="submit">{t.create}</button>
          </form>
        </Dialog>
      )}
      {asking === 'delete' && (
        <Dialog title={t.removeTitle(name)} onClose={() => setAsking('')}>
          <p>{t.removeText}</p>
          <div class="row"><Button icon="bin" onClick={remove}>{t.removeYes}</Button><Button kind="quiet" onClick={() => setAsking('')}>{t.keep}</Button></div>
        </Dialog>
      )}
    </div>
  );
}
