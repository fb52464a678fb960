import { save } from '../../core/save';
import { picture } from '../../core/pictures';
import type { Hit } from '../../core/types';
import { exported } from '../../pure/table';
import { strings } from '../../strings';
import { Button } from '../../parts/controls';
import { selection } from './state';
import { show } from '../../core/route';

const types = { txt: 'text/plain', csv: 'text/csv', json: 'application/json' } as const;

/** What is selected, and what to do with it. */
export function SelectionBar({ known }: { known: readonly Hit[] }) {
  const refs = [...selection.value];
  if (!refs.length) return null;
  const rows = refs.map((ref) => {
    const facts = picture(ref).value;
    const score = known.find((hit) => hit.ref === ref)?.score;
    return facts && !(facts instanceof Error) ? { ...facts, score } : { ref, path: '', label: '', score };
  });
  const keep = (format: keyof typeof types) => save(`selection.${format}`, exported(rows, format), types[format]);
  return (
    <div class="selection-bar" role="region" aria-label={strings.selection.label}>
      <strong>{strings.selection.count(refs.length)}</strong>
      <Button icon="search" onClick={() => show('search', { plus: refs.slice(0, 64).join(',') })}>{strings.selection.search}</Button>
      {refs.length === 2 && <Button icon="match" onClick={() => show('match', { a: refs[0], b: refs[1] })}>{strings.pages.match}</Button>}
      <Button icon="pca" onClick={() => show('pca', { of: refs.slice(0, 12).join(',') })}>{strings.pages.pca}</Button>
      {(Object.keys(types) as (keyof typeof types)[]).map((format) => (
        <Button key={format} icon="download" onClick={() => keep(format)}>{format.toUpperCase()}</Button>
      ))}
      <Button kind="quiet" onClick={() => { selection.value = new Set(); }}>{strings.selection.clear}</Button>
    </div>
  );
}
