import { useEffect, useState } from 'preact/hooks';
import { postJson } from '../../core/api';
import { version } from '../../core/collection';
import { useIncoming } from '../../core/incoming';
import { useLoad, useRested } from '../../core/load';
import { remember } from '../../core/pictures';
import type { Picture, SearchReply } from '../../core/types';
import { strings } from '../../strings';
import { Browse } from './browse';
import { Compare } from './compare';
import { FilterField } from './filter_field';
import { Hits } from './hits';
import { QueryPanel } from './query_panel';
import { SelectionBar } from './selection_bar';
import { addPlus, plus, request, searchLike, toggleSelected } from './state';

const dropped = (refs: string[]) => (plus.value.length ? addPlus(refs) : searchLike(refs));

export function SearchPage() {
  useIncoming(dropped);
  const text = useRested(JSON.stringify(request.value), 80); // the text: equal requests are one
  const asked = request.value.plus.length > 0 || 'region' in request.value;
  const result = useLoad(async (signal) => {
    const reply = await postJson<SearchReply>('v1/search', JSON.parse(text), signal);
    reply.hits.forEach(remember);
    return reply;
  }, [text, version.value], asked);
  const [close, setClose] = useState<Picture>();
  const hits = asked && result.data ? result.data.hits : [];
  useEffect(() => { if (plus.value.length) scrollTo({ top: 0 }); }, [plus.value.join()]);
  const step = (way: number) => {
    const at = hits.findIndex((hit) => hit.ref === close?.ref);
    if (at >= 0 && hits[at + way]) setClose(hits[at + way]);
  };
  const keys = (key: string, picture: Picture): boolean => {
    if (key === 'c') setClose(picture);
    else if (key === ' ' || key === 'x') toggleSelected(picture.ref);
    else if (key === '+' || key === '=') addPlus([picture.ref]);
    else return false;
    return true;
  };
  return (
    <div class={plus.value.length ? 'with-side' : ''}>
      {plus.value.length > 0 && <QueryPanel busy={result.busy} />}
      <section class="main-column" aria-label={strings.search.results}>
        {plus.value.length === 0 ? <Browse onCloser={setClose} onKey={keys} />
          : <><FilterField /><Hits result={result} onCloser={setClose} onKey={keys} /></>}
      </section>
      {close && <Compare hit={close} onClose={() => setClose(undefined)} onStep={step} />}
      <SelectionBar known={hits} />
    </div>
  );
}

