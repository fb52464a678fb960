import type { ComponentChildren } from 'preact';
import { nameOf, picture } from '../core/pictures';
import type { Ref } from '../core/types';
import { strings } from '../strings';
import { IconButton } from './controls';
import { Well } from './well';

/** A named place for one picture: empty it asks for one, full it shows it as told. */
export function Slot({ of, title, onPick, children }: { of: Ref; title: string; onPick: (ref: Ref) => void; children: ComponentChildren }) {
  const facts = nameIn(of);
  return (
    <figure class="slot">
      {of ? children : <Well small title={title} onPick={(refs) => onPick(refs[0])} />}
      {of && (
        <figcaption>
          <span><b>{title}</b> <span class="muted">{facts}</span></span>
          <IconButton icon="close" kind="tiny" label={strings.slot.other(title)} onClick={() => onPick('')} />
        </figcaption>
      )}
    </figure>
  );
}

function nameIn(of: Ref): string {
  const facts = of ? picture(of).value : undefined;
  return facts && !(facts instanceof Error) ? nameOf(facts) : '';
}
