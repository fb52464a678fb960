import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
const key = 'troodon-theme';
const saved = () => { try { return localStorage.getItem(key) as Theme | null; } catch { return null; } };

export const theme = signal<Theme>('system');

export function startTheme(): void {
  theme.value = saved() ?? 'system';
  effect(() => {
    document.documentElement.dataset.theme = theme.value;
    try { localStorage.setItem(key, theme.value); } catch { /* private windows may forbid it */ }
  });
}
