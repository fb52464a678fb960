import { signal } from '@preact/signals';
import { address, getJson, Problem } from './api';
import type { Collection, IndexState } from './types';

export const collection = signal<Collection | undefined>();
export const collectionProblem = signal<Problem | undefined>();
export const indexing = signal<IndexState>({ state: 'idle', done: 0, total: 0, per_second: 0, eta_seconds: 0 });
/** Goes up when pictures came or went: what was asked before may be out of date. */
export const version = signal(0);

let timer = 0;

/** Asks for the collection until the server has one. */
export async function loadCollection(): Promise<void> {
  clearTimeout(timer);
  try {
    collection.value = await getJson<Collection>('v1/collection');
    collectionProblem.value = undefined;
  } catch (error) {
    collectionProblem.value = error instanceof Problem ? error : new Problem(0, String(error));
    const status = collectionProblem.value.status;
    if (status === 0 || status === 503) timer = window.setTimeout(loadCollection, 2000);
  }
}

export function followEvents(): void {
  const source = new EventSource(address('v1/events'));
  source.addEventListener('index', (event) => { indexing.value = JSON.parse((event as MessageEvent).data); });
  let greeted = false;
  source.addEventListener('open', () => { greeted = false; });
  let due = 0; // while a folder is indexed they come in crowds
  source.addEventListener('changed', (event) => {
    const { pictures } = JSON.parse((event as MessageEvent).data);
    const known = !greeted && pictures === collection.value?.pictures; // said to everybody who comes
    greeted = true;
    if (known) return;
    due ||= window.setTimeout(() => {
      due = 0;
      version.value++;
      void loadCollection();
    }, 1500);
  });
}

/** The plain word for a score, by what the server says of its own scores. */
export function wordOf(score: number): 'copy' | 'same' | 'alike' | '' {
  const words = collection.value?.words;
  if (!words) return '';
  return score >= words.copy ? 'copy' : score >= words.same ? 'same' : score >= words.alike ? 'alike' : '';
}
