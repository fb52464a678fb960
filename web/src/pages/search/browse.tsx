import { useState } from 'preact/hooks';
import { collection, version } from '../../core/collection';
import { useLoad } from '../../core/load';
import { nameOf } from '../../core/pictures';
import type { Picture } from '../../core/types';
import { strings } from '../../strings';
import { pageOf } from '../../parts/chooser';
import { Button } from '../../parts/controls';
import { Grid } from '../../parts/grid';
import { Empty, Failed, Loading } from '../../parts/states';
import { Well } from '../../parts/well';
import { FilterField } from './filter_field';
import { filter, searchLike, selection } from './state';
import { TileButtons } from './tile_buttons';

/** Before there is a query: a place to drop a picture, and the collection to click one. */
export function Browse({ onCloser, onKey }: { onCloser: (picture: Picture) => void; onKey: (key: string, picture: Picture) => boolean }) {
  const [limit, setLimit] = useState(120);
  const { data, error, busy, again } = useLoad((signal) => pageOf(0, limit, filter.value, signal), [limit, filter.value, version.value]);
  const name = collection.value?.name ?? '';
  return (
    <>
      <Well title={strings.search.drop} text={strings.search.dropText} onPick={searchLike} many flat />
      <div class="section-head">
        <h2>{name || strings.search.collection}</h2>
        {data && <span class="muted">{strings.pictures(data.total)}</span>}
        <FilterField />
      </div>
      {error ? <Failed error={error} again={again} /> : !data ? <Loading />
        : !data.pictures.length ? <Empty title={filter.value ? strings.empty.filter : strings.empty.collection}>{filter.value ? strings.empty.filterText : strings.empty.collectionText}</Empty>
        : (
          <>
            <Grid label={strings.search.collection} pictures={data.pictures} onOpen={(picture) => searchLike([picture.ref])}
              onKey={onKey} nameOf={(picture) => strings.search.searchFor(nameOf(picture))} chosen={selection.value}
              over={(picture) => <TileButtons picture={picture} onCloser={onCloser} />} />
            {data.total > data.pictures.length &&
              <p class="centre"><Button onClick={() => setLimit(limit + 240)} disabled={busy}>{strings.more}</Button></p>}
          </>
        )}
    </>
  );
}
