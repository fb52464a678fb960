import { useEffect, useRef, useState } from 'preact/hooks';
import { imageAddress } from '../../core/api';
import { version } from '../../core/collection';
import { useKeys } from '../../core/keys';
import { useLoad } from '../../core/load';
import { nameOf } from '../../core/pictures';
import { change } from '../../core/route';
import { strings } from '../../strings';
import { pageOf } from '../../parts/chooser';
import { IconButton } from '../../parts/controls';
import { Failed } from '../../parts/states';
import { of, project } from './state';

/** The collection's pictures in a row, with how many masks each has; `,` and `.` go back and on. */
export function Filmstrip() {
  const [limit, setLimit] = useState(60);
  const { data, error, again } = useLoad((signal) => pageOf(0, limit, '', signal), [limit, version.value]);
  const self = useRef<HTMLUListElement>(null);
  const pictures = data?.pictures ?? [];
  const go = (way: 1 | -1) => {
    const next = pictures[pictures.findIndex((picture) => picture.ref === of.value) + way];
    if (next) change({ of: next.ref, review: '' });
  };
  useKeys((key) => {
    if (key === '.' || key === ',') return go(key === '.' ? 1 : -1), true;
  });
  useEffect(() => {
    const strip = self.current, tile = strip?.querySelector<HTMLElement>('[aria-current]');
    if (strip && tile) strip.scrollLeft = tile.offsetLeft - strip.clientWidth / 2;
  }, [of.value, data]);
  if (error) return <Failed error={error} again={again} />;
  return (
    <nav class="film" aria-label={strings.label.film}>
      <ul ref={self}>
        {pictures.map((picture) => {
          const count = project.value.pictures[picture.ref]?.shapes.filter((shape) => shape.state === 'accepted').length ?? 0;
          return (
            <li key={picture.ref}>
              <button type="button" aria-current={picture.ref === of.value ? 'true' : undefined} onClick={() => change({ of: picture.ref, review: '' })}
                aria-label={strings.label.filmPicture(nameOf(picture), count)}>
                <img src={imageAddress(picture.ref, 128)} alt="" loading="lazy" />{count > 0 && <span class="count">{count}</span>}
              </button>
            </li>
          );
        })}
        {data && data.total > limit && <li class="film-more"><IconButton icon="plus" label={strings.more} onClick={() => setLimit(limit + 120)} /></li>}
      </ul>
    </nav>
  );
}
