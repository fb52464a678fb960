import { getJson } from '../../core/api';
import { version } from '../../core/collection';
import { useLoad } from '../../core/load';
import type { Ref } from '../../core/types';
import { strings } from '../../strings';
import { Empty, Failed, Loading } from '../../parts/states';
import { Thumb } from '../../parts/thumb';

const t = strings.map;

/** The pictures that are like no others, strangest first. */
export function OutliersView() {
  const { data, error, again } = useLoad((signal) => getJson<{ hits: { ref: Ref; path: string; score: number }[] }>('v1/outliers?k=60', signal), [version.value]);
  if (error) return <Failed error={error} again={again} />;
  if (!data) return <Loading text={t.busy} />;
  if (!data.hits.length) return <Empty icon="map" title={t.noOutliers} />;
  return (
    <>
      <p class="hint">{t.outliersText}</p>
      <ul class="thumbs large">
        {data.hits.map(({ ref, path, score }) => (
          <li key={ref}><Thumb of={ref} name={path} /><span class="caption"><span>{path.split('/').pop()}</span><b>{score.toFixed(2)}</b></span></li>
        ))}
      </ul>
    </>
  );
}
