import { computed, signal } from '@preact/signals';

// The address holds the state, #/search?plus=12: a link shows another the same, "back" undoes.
export const pages = ['search', 'label', 'match', 'depth', 'pca', 'restyle', 'map', 'about'] as const;
export type Page = (typeof pages)[number];
export type Params = Record<string, string>;

export function parseHash(hash: string): { page: Page; params: Params } {
  const [path, text = ''] = hash.replace(/^#\/?/, '').split('?');
  const page = pages.find((name) => name === path) ?? 'search';
  return { page, params: Object.fromEntries(new URLSearchParams(text)) };
}

export function writeHash(page: Page, params: Params): string {
  const kept = Object.entries(params).filter(([, value]) => value !== '');
  const text = new URLSearchParams(kept).toString().replace(/%2C/g, ',');
  return `#/${page}${text ? '?' + text : ''}`;
}

const place = signal(parseHash(typeof location === 'undefined' ? '' : location.hash));
const left = new Map<Page, Params>(); // where each page was, for those who come back by its tab

export const page = computed(() => place.value.page);
export const params = computed(() => place.value.params);
export const param = (name: string, fallback = '') => params.value[name] ?? fallback;
export const numberParam = (name: string, fallback: number) => {
  const value = Number(params.value[name] ?? fallback);
  return Number.isFinite(value) ? value : fallback;
};
export const listParam = (name: string) => param(name).split(',').filter(Boolean);

/** Changes parts of this page's state; 'replace' for what "back" should not undo, such as sliders. */
export function change(values: Params, how: 'push' | 'replace' = 'push'): void {
  show(place.value.page, { ...place.value.params, ...values }, how);
}

/** Goes to a page, with its state or, without, as it was left. */
export function show(to: Page, values: Params = left.get(to) ?? {}, how: 'push' | 'replace' = 'push'): void {
  const hash = writeHash(to, values);
  if (hash === location.hash) return;
  history[how === 'push' ? 'pushState' : 'replaceState'](null, '', hash);
  arrive();
}

export const linkTo = (to: Page) => writeHash(to, left.get(to) ?? {});

function arrive(): void {
  place.value = parseHash(location.hash);
  left.set(place.value.page, place.value.params);
}

export function startRouting(): void {
  const url = new URL(location.href);
  if (url.searchParams.has('token')) {
    url.searchParams.delete('token'); // the cookie has it now; a shared address must not
    history.replaceState(null, '', url);
  }
  addEventListener('popstate', arrive);
  addEventListener('hashchange', arrive);
  arrive();
}
