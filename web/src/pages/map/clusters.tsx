import { getJson } from '../../core/api';
import { version } from '../../core/collection';
import { useLoad } from '../../core/load';
import { show } from '../../core/route';
import type { Cluster } from '../../core/types';
import { strings } from '../../strings';
import { Button } from '../../parts/controls';
import { Empty, Failed, Loading } from '../../parts/states';
import { Thumb } from '../../parts/thumb';

const t = strings.map;

/** Groups of pictures alike, each with its examples. */
export function ClustersView() {
  const { data, error, again } = useLoad((signal) => getJson<{ clusters: Cluster[] }>('v1/clusters', signal), [version.value]);
  if (error) return <Failed error={error} again={again} />;
  if (!data) return <Loading text={t.busy} />;
  if (!data.clusters.length) return <Empty icon="map" title={strings.empty.collection}>{strings.empty.collectionText}</Empty>;
  return (
    <ul class="cards">
      {data.clusters.map(({ number, count, label, examples }) => (
        <li key={number} class="panel">
          <div class="row"><h2>{t.clusterName(number)}</h2>{label && <span class="badge" title={t.commonest}>{label}</span>}<span class="muted">{strings.pictures(count)}</span></div>
          <div class="thumbs">{examples.slice(0, 12).map((ref) => <Thumb key={ref} of={ref} />)}</div>
          <div><Button kind="quiet" icon="search" onClick={() => show('search', { plus: examples.slice(0, 4).join(',') })}>{strings.selection.search}</Button></div>
        </li>
      ))}
    </ul>
  );
}
