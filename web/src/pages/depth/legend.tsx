import { legendPlace } from '../../pure/npy';
import type { DepthFacts } from '../../core/types';
import { strings } from '../../strings';

/** Which colour is how far, with a mark at the value below the pointer. */
export function Legend({ facts, value }: { facts: DepthFacts; value: number | undefined }) {
  const { legend, unit } = facts;
  if (legend.length < 2) return null;
  const place = (metres: number) => `${100 * legendPlace(legend.map((entry) => entry.metres), metres)}%`;
  const colours = legend.map(({ colour }) => colour).join(', '); // evenly apart, as the numbers below
  return (
    <div class="legend" aria-label={strings.depth.legend} role="img">
      <div class="legend-bar" style={{ background: `linear-gradient(to right, ${colours})` }}>
        {value !== undefined && <span class="legend-mark" style={{ left: place(value) }} />}
      </div>
      <div class={`legend-ticks ${legend.length % 2 ? 'thins' : ''}`}>{legend.map(({ metres }) => <span key={metres}>{strings.depth.value(metres, unit)}</span>)}</div>
    </div>
  );
}
