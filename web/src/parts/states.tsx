import type { ComponentChildren } from 'preact';
import type { Problem } from '../core/api';
import { strings } from '../strings';
import { Button } from './controls';
import { Icon, type IconName } from './icon';

export function Loading({ text = strings.loading }: { text?: string }) {
  return <div class="state" role="status"><span class="spinner" aria-hidden="true" />{text}</div>;
}

export function Empty({ icon = 'search', title, children }: { icon?: IconName; title: string; children?: ComponentChildren }) {
  return (
    <div class="state empty">
      <Icon name={icon} />
      <p class="state-title">{title}</p>
      {children && <div class="state-text">{children}</div>}
    </div>
  );
}

export function Failed({ error, again }: { error: Problem; again?: () => void }) {
  return (
    <div class="state failed" role="alert">
      <p class="state-title">{error.status === 401 ? strings.errors.token : strings.errors.title}</p>
      <p class="state-text">{error.message}</p>
      {error.status === 401
        ? <form class="row" method="get"><input name="token" type="password" aria-label={strings.errors.tokenField} required /><button class="button main">{strings.errors.open}</button></form>
        : again && <Button onClick={again} icon="reset">{strings.errors.again}</Button>}
    </div>
  );
}
