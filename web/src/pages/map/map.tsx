import { change, param } from '../../core/route';
import { strings } from '../../strings';
import { Choices } from '../../parts/controls';
import { SelectionBar } from '../search/selection_bar';
import { ClustersView } from './clusters';
import { DuplicatesView } from './duplicates';
import { OutliersView } from './outliers';
import { PointsView } from './points';

const views = { points: PointsView, clusters: ClustersView, outliers: OutliersView, duplicates: DuplicatesView };
type View = keyof typeof views;

/** What a collection holds, without a query: map, clusters, outliers, duplicates. */
export function MapPage() {
  const name = (param('view', 'points') in views ? param('view', 'points') : 'points') as View;
  const Shown = views[name];
  return (
    <div class="main-column">
      <Choices label={strings.map.views} hideLabel value={name} onChange={(view) => change({ view })}
        choices={(Object.keys(views) as View[]).map((value) => ({ value, label: strings.map.names[value] }))} />
      <Shown />
      <SelectionBar known={[]} />
    </div>
  );
}
