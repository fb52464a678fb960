import { useState } from 'preact/hooks';
import { getJson, query } from '../core/api';
import { useLoad, useRested } from '../core/load';
import { nameOf, remember } from '../core/pictures';
import type { Picture, Ref } from '../core/types';
import { strings } from '../strings';
import { Button } from './controls';
import { Dialog } from './dialog';
import { Grid } from './grid';
import { Empty, Failed, Loading } from './states';

export const pageOf = (offset: number, limit: number, filter: string, signal?: AbortSignal) =>
  getJson<{ total: number; pictures: Picture[] }>(`v1/pictures${query({ offset, limit, filter })}`, signal).then((reply) => {
    reply.pictures.forEach(remember);
    return reply;
  });

/** A dialog to pick one picture of the collection. */
export function Chooser({ onPick, onClose }: { onPick: (ref: Ref) => void; onClose: () => void }) {
  const [typed, setTyped] = useState('');
  const [limit, setLimit] = useState(60);
  const filter = useRested(typed.trim());
  const { data, error, busy } = useLoad((signal) => pageOf(0, limit, filter, signal), [filter, limit]);
  return (
    <Dialog title={strings.chooser.title} onClose={onClose} wide>
      <input type="search" class="field" value={typed} placeholder={strings.filter.example} aria-label={strings.filter.label}
        onInput={(event) => setTyped(event.currentTarget.value)} />
      <div class="scrolls chooser">
        {error ? <Failed error={error} /> : !data ? <Loading /> : !data.pictures.length ? <Empty title={strings.empty.filter} /> : (
          <>
            <Grid label={strings.chooser.title} pictures={data.pictures} goal={120} nameOf={nameOf} onOpen={(found) => onPick(found.ref)} />
            {data.total > data.pictures.length &&
              <p class="centre"><Button onClick={() => setLimit(limit + 120)} disabled={busy}>{strings.more}</Button></p>}
          </>
        )}
      </div>
    </Dialog>
  );
}
