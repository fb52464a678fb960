import { useEffect, useRef } from 'preact/hooks';

const typing = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || target.matches('textarea, select, input:not([type=range]):not([type=checkbox]):not([type=radio])'));

/** Calls `on` for keys pressed while nobody types text; true from it means: it was for me. */
export function useKeys(on: (key: string, event: KeyboardEvent) => boolean | void): void {
  const latest = useRef(on); // the one of the last rendering, also between two fast keys
  latest.current = on;
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || typing(event.target)) return;
      if (document.querySelector('dialog[open]') && !(event.target as Element)?.closest?.('dialog')) return;
      const key = (event.ctrlKey || event.metaKey ? 'Ctrl-' : '') + (event.shiftKey && event.key.length === 1 && /[a-z]/i.test(event.key) ? 'Shift-' + event.key.toLowerCase() : event.key);
      if (latest.current(key, event)) event.preventDefault();
    };
    addEventListener('keydown', listen);
    return () => removeEventListener('keydown', listen);
  }, []);
}
