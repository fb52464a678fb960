/** States that undo and redo walk along; each is whole and never changed. */
export interface History<T> { past: T[]; now: T; next: T[] }

export const begin = <T>(now: T): History<T> => ({ past: [], now, next: [] });

export const step = <T>(history: History<T>, now: T, most = 200): History<T> =>
  ({ past: [...history.past, history.now].slice(-most), now, next: [] });

export const undo = <T>({ past, now, next }: History<T>): History<T> =>
  past.length ? { past: past.slice(0, -1), now: past[past.length - 1], next: [now, ...next] } : { past, now, next };

export const redo = <T>({ past, now, next }: History<T>): History<T> =>
  next.length ? { past: [...past, now], now: next[0], next: next.slice(1) } : { past, now, next };
