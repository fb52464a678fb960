import { toasts } from '../core/toast';

export function Toasts() {
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toasts.value.map((toast) => <div key={toast.id} class={`toast ${toast.kind}`}>{toast.text}</div>)}
    </div>
  );
}
