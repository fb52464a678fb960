import type { Project, Ref, Shape } from '../core/types';

/** How sure a mask is, 0 not at all .. 1: a score of one half says least. */
export const certainty = (score: number) => Math.abs(2 * Math.min(1, Math.max(0, score)) - 1);

export interface Waiting { ref: Ref; shape: Shape }

/** What nobody has judged yet, least certain first. */
export function queueOf(project: Project): Waiting[] {
  const waiting: Waiting[] = [];
  for (const [ref, { shapes }] of Object.entries(project.pictures)) {
    for (const shape of shapes) if (shape.state === 'draft') waiting.push({ ref, shape });
  }
  return waiting.sort((a, b) => certainty(a.shape.score) - certainty(b.shape.score) || a.shape.id.localeCompare(b.shape.id));
}

/** A project with a picture's shapes replaced. */
export const withShapes = (project: Project, ref: Ref, shapes: Shape[]): Project =>
  ({ ...project, pictures: { ...project.pictures, [ref]: { shapes } } });

export const shapesOf = (project: Project, ref: Ref): Shape[] => project.pictures[ref]?.shapes ?? [];

/** Both sides of a conflict: their classes first, then ours; shapes of both, ours where both have one. */
export function merge(theirs: Project, ours: Project): Project {
  const classes = [...theirs.classes, ...ours.classes.filter((name) => !theirs.classes.includes(name))];
  const pictures = { ...theirs.pictures };
  for (const [ref, { shapes }] of Object.entries(ours.pictures)) {
    const moved = shapes.map((shape) => ({ ...shape, class: Math.max(0, classes.indexOf(ours.classes[shape.class])) }));
    const own = new Set(shapes.map((shape) => shape.id));
    pictures[ref] = { shapes: [...shapesOf(theirs, ref).filter((shape) => !own.has(shape.id)), ...moved] };
  }
  return { ...theirs, classes, pictures };
}
