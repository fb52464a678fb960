import { getJson } from '../../core/api';
import { version } from '../../core/collection';
import { useLoad } from '../../core/load';
import { change, param } from '../../core/route';
import { save } from '../../core/save';
import type { Duplicates } from '../../core/types';
import { strings } from '../../strings';
import { Button, Choices } from '../../parts/controls';
import { Empty, Failed, Loading } from '../../parts/states';
import { Thumb } from '../../parts/thumb';

const t = strings.map;
type Tier = Duplicates['tier'];

/** Groups of the same picture; the one to keep is marked. Nothing is ever deleted here. */
export function DuplicatesView() {
  const tier = param('tier', 'copy') as Tier;
  const { data, error, again, busy } = useLoad((signal) => getJson<{ groups: Duplicates[] }>(`v1/duplicates?tier=${tier}`, signal), [tier, version.value]);
  const spare = data?.groups.flatMap((group) => group.refs.filter((ref) => ref !== group.keep)) ?? [];
  const list = async () => {
    const paths = await Promise.all(spare.map((ref) => getJson<{ path: string }>(`v1/pictures/${ref}`).then((found) => found.path, () => '')));
    save('duplicates.txt', paths.filter(Boolean).map((path) => path + '\n').join(''));
  };
  return (
    <>
      <div class="row wrap">
        <Choices label={t.tier} hideLabel value={tier} onChange={(value) => change({ tier: value })}
          choices={(['identical', 'copy', 'same'] as const).map((value) => ({ value, label: t.tiers[value] }))} />
        {spare.length > 0 && <Button icon="download" onClick={list}>{t.spare(spare.length)}</Button>}
      </div>
      <p class="hint">{t.duplicatesText}</p>
      {error ? <Failed error={error} again={again} /> : !data ? <Loading text={t.busy} /> : !data.groups.length ? <Empty icon="map" title={t.noDuplicates} /> : (
        <ul class={`cards ${busy ? 'stale' : ''}`}>
          {data.groups.map((group) => (
            <li key={group.refs.join()} class="panel">
              <div class="row"><h2>{strings.pictures(group.refs.length)}</h2><span class="badge">{t.tiers[group.tier]}</span></div>
              <div class="thumbs">{group.refs.map((ref) => <Thumb key={ref} of={ref} mark={ref === group.keep ? t.keep : undefined} />)}</div>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
