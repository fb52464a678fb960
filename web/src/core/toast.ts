import { signal } from '@preact/signals';

export interface Toast { id: number; text: string; kind: 'good' | 'bad' }
export const toasts = signal<Toast[]>([]);
let next = 0;

/** Shows a sentence for a while; screen readers say it. */
export function say(text: string, kind: Toast['kind'] = 'good'): void {
  const toast = { id: next++, text, kind };
  toasts.value = [...toasts.value.slice(-2), toast];
  setTimeout(() => { toasts.value = toasts.value.filter((one) => one !== toast); }, kind === 'bad' ? 8000 : 4000);
}
