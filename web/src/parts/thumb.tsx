import { imageAddress } from '../core/api';
import { show } from '../core/route';
import type { Ref } from '../core/types';
import { strings } from '../strings';

/** A small square picture that leads to its search. */
export function Thumb({ of, name, mark }: { of: Ref; name?: string; mark?: string }) {
  return (
    <button type="button" class={`thumb ${mark ? 'marked' : ''}`} aria-label={strings.search.searchFor(name ?? of) + (mark ? `. ${mark}` : '')} onClick={() => show('search', { plus: of })}>
      <img src={imageAddress(of, 256)} alt="" loading="lazy" />
      {mark && <span class="thumb-mark" aria-hidden="true">{mark}</span>}
    </button>
  );
}
