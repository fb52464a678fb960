import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort, Problem } from './api';

export interface Loaded<T> { data?: T; error?: Problem; busy: boolean; again: () => void }

/** Runs a request whenever what it depends on changes, and drops the one before. Without `wanted`
 *  nothing is asked. Old data stays until new comes. A 503 that says when is asked again then. */
export function useLoad<T>(run: (signal: AbortSignal) => Promise<T>, on: unknown[], wanted = true): Loaded<T> {
  const [state, set] = useState<{ data?: T; error?: Problem; busy: boolean }>({ busy: wanted });
  const [round, setRound] = useState(0);
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => {
    running.current?.abort();
    if (!wanted) {
      set({ busy: false });
      return;
    }
    const abort = (running.current = new AbortController());
    let timer = 0;
    set((old) => ({ data: old.data, busy: true }));
    run(abort.signal).then(
      (data) => { if (!abort.signal.aborted) set({ data, busy: false }); },
      (error) => {
        if (isAbort(error) || abort.signal.aborted) return;
        const problem = error instanceof Problem ? error : new Problem(0, String(error?.message ?? error));
        const waits = problem.status === 503 && problem.retryAfter > 0;
        set((old) => ({ data: old.data, error: waits ? undefined : problem, busy: waits }));
        if (waits) timer = window.setTimeout(() => setRound((old) => old + 1), problem.retryAfter * 1000);
      });
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [...on, wanted, round]);
  return { ...state, again: () => setRound((old) => old + 1) };
}

/** A value that follows another once it has rested, for fields that are typed into. */
export function useRested<T>(value: T, milliseconds = 300): T {
  const [rested, set] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => set(value), milliseconds);
    return () => clearTimeout(timer);
  }, [value, milliseconds]);
  return rested;
}
