import { signal, type Signal } from '@preact/signals';
import { getBytes, getJson, upload } from './api';
import type { Picture, Ref } from './types';
import { parseTokens, type Tokens } from '../pure/tokens';

const known = new Map<Ref, Signal<Picture | Error | undefined>>();

/** What is known of a picture; asks for it at the first call. Error where there is no such picture. */
export function picture(ref: Ref): Signal<Picture | Error | undefined> {
  let entry = known.get(ref);
  if (!entry) {
    const made = signal<Picture | Error | undefined>(undefined);
    known.set(ref, made);
    getJson<Picture>(`v1/pictures/${encodeURIComponent(ref)}`).then(
      (found) => { made.value = found; },
      (error) => {
        made.value = error;
        known.delete(ref); // a later look may do better
      });
    entry = made;
  }
  return entry;
}

export function remember(found: Picture): void {
  const entry = known.get(found.ref);
  if (!entry) known.set(found.ref, signal<Picture | Error | undefined>(found));
  else if (!entry.peek() || entry.peek() instanceof Error) entry.value = found;
}

export const isUpload = (ref: Ref) => ref.startsWith('u-');

export const nameOf = (found: Picture) => found.path.split('/').pop() || found.ref;

/** Uploads files and gives their refs, in order. */
export async function uploadAll(files: readonly File[]): Promise<Ref[]> {
  const refs: Ref[] = [];
  for (const file of files) {
    const { ref, width, height } = await upload(file);
    remember({ ref, path: file.name, label: '', width, height });
    refs.push(ref);
  }
  return refs;
}

const tokens = new Map<Ref, Promise<Tokens>>();
const mostTokens = 32;

/** The patch features of a picture; the last few are kept. */
export function tokensOf(ref: Ref): Promise<Tokens> {
  let entry = tokens.get(ref);
  if (entry) tokens.delete(ref);
  else {
    entry = getBytes(`v1/pictures/${encodeURIComponent(ref)}/tokens`).then(parseTokens);
    entry.catch(() => tokens.delete(ref));
  }
  tokens.set(ref, entry);
  if (tokens.size > mostTokens) tokens.delete(tokens.keys().next().value!);
  return entry;
}
