import type { Picture } from '../../core/types';
import { nameOf } from '../../core/pictures';
import { strings } from '../../strings';
import { IconButton } from '../../parts/controls';
import { addMinus, addPlus, plus, selection, toggleSelected } from './state';

/** What can be done with a picture of a grid: select, more or less like it, look closer. */
export function TileButtons({ picture, onCloser }: { picture: Picture; onCloser: (picture: Picture) => void }) {
  const name = nameOf(picture);
  const chosen = selection.value.has(picture.ref);
  return (
    <>
      <div class={`tile-select ${chosen ? 'on' : ''}`}>
        <IconButton icon="check" kind="on-picture" label={strings.search.select(name)} pressed={chosen} onClick={() => toggleSelected(picture.ref)} />
      </div>
      <div class="tile-buttons">
        {plus.value.length > 0 && <>
          <IconButton icon="plus" kind="on-picture" label={strings.search.more(name)} onClick={() => addPlus([picture.ref])} />
          <IconButton icon="minus" kind="on-picture" label={strings.search.less(name)} onClick={() => addMinus(picture.ref)} />
        </>}
        <IconButton icon="compare" kind="on-picture" label={strings.search.closer(name)} onClick={() => onCloser(picture)} />
      </div>
    </>
  );
}
