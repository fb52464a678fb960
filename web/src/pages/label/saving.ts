import { signal } from '@preact/signals';
import { getJson, Problem, sendJson } from '../../core/api';
import { collection } from '../../core/collection';
import { isUpload } from '../../core/pictures';
import type { Project } from '../../core/types';
import { begin } from '../../pure/history';
import { merge } from '../../pure/project';
import { strings } from '../../strings';
import { say } from '../../core/toast';
import { emptyProject, noDraft, of, project, story } from './state';

export const saving = signal<'saved' | 'waiting' | 'saving' | 'conflict' | 'failed' | 'never'>('saved');
let revision = 0; // of what the server has
let timer = 0;
let name = '';

const path = (of: string) => `v1/projects/${encodeURIComponent(of)}`;

/** Opens a project; one that the server doesn't have starts empty. */
export async function openProject(of_: string): Promise<void> {
  if (name === of_) return;
  await saveNow();
  let opened = emptyProject(of_);
  try {
    opened = await getJson<Project>(path(of_));
  } catch (error) {
    if (!(error instanceof Problem && error.status === 404)) throw error;
  }
  name = of_;
  revision = opened.revision;
  story.value = begin({ project: opened, draft: noDraft, of: of.value });
  saving.value = 'saved';
}

/** Saves soon: many steps in a row are one request. */
export function scheduleSave(): void {
  if (saving.value === 'conflict') return;
  if (collection.value?.can.write === false) {
    saving.value = 'never';
    return;
  }
  saving.value = 'waiting';
  clearTimeout(timer);
  timer = window.setTimeout(saveNow, 700);
}

export async function saveNow(): Promise<void> {
  clearTimeout(timer);
  if (saving.value !== 'waiting' && saving.value !== 'failed') return;
  saving.value = 'saving';
  const sent = project.value;
  const kept = Object.fromEntries(Object.entries(sent.pictures).filter(([ref]) => !isUpload(ref))); // uploads are forgotten
  try {
    const reply = await (await sendJson(path(sent.name), { ...sent, pictures: kept, revision }, undefined, 'PUT')).json();
    revision = reply.revision;
    const quiet = (saving.value as string) === 'saving' && project.value === sent;
    saving.value = quiet ? 'saved' : 'waiting';
    if (!quiet) scheduleSave();
  } catch (error) {
    const conflict = error instanceof Problem && error.status === 409;
    saving.value = conflict ? 'conflict' : 'failed';
    if (!conflict) say((error as Error).message, 'bad');
  }
}

/** Ends a conflict: with what the other saved, or with both. */
export async function settle(how: 'theirs' | 'both'): Promise<void> {
  try {
    const theirs = await getJson<Project>(path(project.value.name));
    revision = theirs.revision;
    const next = how === 'theirs' ? theirs : merge(theirs, project.value);
    story.value = begin({ project: next, draft: noDraft, of: of.value });
    saving.value = 'saved';
    if (how === 'both') scheduleSave();
    say(strings.label.settled);
  } catch (error) {
    say((error as Error).message, 'bad');
  }
}

export function forget(): void {
  name = '';
  saving.value = 'saved';
}
