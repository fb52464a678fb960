import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { strings } from '../strings';
import { IconButton } from './controls';

/** A dialog while it is rendered; Escape, the cross and a click beside it call onClose. */
export function Dialog({ title, onClose, children, wide, actions }:
  { title: string; onClose: () => void; children: ComponentChildren; wide?: boolean; actions?: ComponentChildren }) {
  const self = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    self.current!.showModal();
    return () => before?.focus?.();
  }, []);
  return (
    <dialog ref={self} class={wide ? 'wide' : ''} aria-label={title} onClose={onClose}
      onClick={(event) => { if (event.target === self.current) self.current!.close(); }}>
      <div class="dialog-body">
        <header class="dialog-head">
          <h2>{title}</h2>
          {actions}
          <IconButton icon="close" label={strings.close} onClick={() => self.current!.close()} />
        </header>
        {children}
      </div>
    </dialog>
  );
}
