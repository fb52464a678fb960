import { computed, signal } from '@preact/signals';
import { change, param } from '../../core/route';
import type { Box, Click, Mask, Project, Ref, Shape } from '../../core/types';
import { begin, redo, step, undo, type History } from '../../pure/history';
import { queueOf, shapesOf, withShapes } from '../../pure/project';
import { scheduleSave } from './saving';

/** A mask in the making: from clicks and a box, or taken from the proposals. */
export interface Draft { clicks: Click[]; box?: Box; taken?: Mask }
export interface Snapshot { project: Project; draft: Draft; of: Ref }

export const noDraft: Draft = { clicks: [] };
export const emptyProject = (name: string): Project => ({ name, revision: 0, classes: ['object'], pictures: {} });

export const of = computed(() => param('of'));
export const story = signal<History<Snapshot>>(begin({ project: emptyProject('labels'), draft: noDraft, of: '' }));
export const project = computed(() => story.value.now.project);
export const draft = computed(() => (story.value.now.of === of.value ? story.value.now.draft : noDraft));
export const mask = signal<Mask | undefined>(undefined); // what the server made of the draft
export const proposals = signal<Mask[]>([]);
export const current = signal(0); // the class that new masks get
export const shapes = computed(() => shapesOf(project.value, of.value));
export const queue = computed(() => queueOf(project.value));

export const newId = () => Array.from({ length: 12 }, () => Math.floor(16 * Math.random()).toString(16)).join('');

/** One step that undo takes back. A change of the project is saved. */
export function edit(values: Partial<Omit<Snapshot, 'of'>>): void {
  const now = { ...story.value.now, draft: draft.value, of: of.value, ...values };
  const saves = now.project !== project.value;
  story.value = step(story.value, now);
  if (saves) scheduleSave();
}

/** A change that undo does not take back, as what a running search finds. */
export function amend(next: Project): void {
  story.value = { ...story.value, now: { ...story.value.now, project: next } };
  scheduleSave();
}

export function walk(way: 'undo' | 'redo'): void {
  const before = project.value;
  story.value = (way === 'undo' ? undo : redo)(story.value);
  proposals.value = [];
  const now = story.value.now;
  if (now.of && now.of !== of.value) change({ of: now.of });
  if (before !== now.project) scheduleSave();
}

export const setShapes = (ref: Ref, next: Shape[], rest: Partial<Omit<Snapshot, 'of' | 'project'>> = {}) =>
  edit({ project: withShapes(project.value, ref, next), ...rest });

/** Makes the mask on screen a shape of the current class. */
export function accept(): void {
  const made = mask.value;
  if (!made || !made.area) return;
  const shape: Shape = { id: newId(), class: current.value, rle: made.rle, score: made.score, state: 'accepted', clicks: draft.value.clicks };
  mask.value = undefined;
  setShapes(of.value, [...shapes.value, shape], { draft: noDraft });
}

export function drop(): void {
  mask.value = undefined;
  proposals.value = [];
  if (draft.value !== noDraft) edit({ draft: noDraft });
}

/** The answer to a mask of the review queue. */
export function judge(ref: Ref, id: string, state: 'accepted' | 'rejected'): void {
  setShapes(ref, shapesOf(project.value, ref).map((shape) => (shape.id === id ? { ...shape, state } : shape)));
}

export function addClass(name: string): void {
  const text = name.trim();
  if (!text) return;
  const at = project.value.classes.indexOf(text);
  if (at < 0) edit({ project: { ...project.value, classes: [...project.value.classes, text] } });
  current.value = at < 0 ? project.value.classes.length - 1 : at;
}

export const renameClass = (at: number, name: string) => name.trim() &&
  edit({ project: { ...project.value, classes: project.value.classes.map((old, i) => (i === at ? name.trim() : old)) } });
