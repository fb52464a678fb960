import { computed, signal } from '@preact/signals';
import { boxText } from '../../core/api';
import { change, listParam, numberParam, param } from '../../core/route';
import type { Box, Ref } from '../../core/types';
import { parseBox } from '../../pure/geometry';

// All of the query is in the address; this gives it names.
export const plus = computed(() => listParam('plus'));
export const minus = computed(() => listParam('minus'));
export const shown = computed(() => (plus.value.includes(param('of')) ? param('of') : plus.value[0] ?? ''));
export const box = computed(() => (shown.value ? parseBox(param('box')) : undefined));
export const filter = computed(() => param('filter'));
export const diversity = computed(() => numberParam('div', 0));
export const fold = computed(() => param('fold') === '1');
export const least = computed(() => numberParam('min', -1));
export const mostHits = 1000; // that the server gives at once
export const count = computed(() => Math.min(mostHits, Math.max(1, numberParam('n', 48))));
export const heat = computed(() => param('heat') !== '0');

export const selection = signal<ReadonlySet<Ref>>(new Set());

const mostExamples = 64; // the server's limit

export const searchLike = (refs: Ref[]) => change({ plus: refs.slice(0, mostExamples).join(','), minus: '', of: '', box: '', n: '', min: '' });

export function addPlus(refs: Ref[]): void {
  change({ plus: [...new Set([...plus.value, ...refs])].join(','), minus: minus.value.filter((ref) => !refs.includes(ref)).join(',') });
}

export function addMinus(ref: Ref): void {
  const kept = plus.value.filter((one) => one !== ref);
  change({ minus: [...new Set([...minus.value, ref])].join(','), plus: kept.join(','), ...(shown.value === ref ? { of: '', box: '' } : {}) });
}

export function remove(ref: Ref): void {
  change({
    plus: plus.value.filter((one) => one !== ref).join(','), minus: minus.value.filter((one) => one !== ref).join(','),
    ...(shown.value === ref ? { of: '', box: '' } : {}),
  });
}

export const setBox = (ref: Ref, area: Box | undefined) => change({ of: ref, box: area ? boxText(area) : '' });

export function toggleSelected(ref: Ref): void {
  const next = new Set(selection.value);
  if (!next.delete(ref)) next.add(ref);
  selection.value = next;
}

/** The body of POST /v1/search. A region stands for its picture. */
export const request = computed(() => ({
  plus: plus.value.filter((ref) => !(box.value && ref === shown.value)),
  minus: minus.value,
  ...(box.value ? { region: { picture: shown.value, box: box.value } } : {}),
  k: count.value,
  filter: filter.value,
  diversity: diversity.value,
  collapse: fold.value,
}));
