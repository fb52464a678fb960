import type { DepthFacts } from '../../core/types';
import { strings } from '../../strings';

/** Which colour is how far, with a mark at the value below the pointer. */
export function Legend({ facts, value }: { facts: DepthFacts; value: number | undefined }) {
  const { legend, unit } = facts;
  if (legend.length < 2) return null;
  const low = legend[0].metres, range = legend[legend.length - 1].metres - low || 1;
  const place = (metres: number) => `${Math.min(100, Math.max(0, (100 * (metres - low)) / range))}%`;
  const colours = legend.map(({ metres, colour }) => `${colour} ${place(metres)}`).join(', ');
  const ticks = legend.filter((_, i) => i % Math.ceil(legend.length / 6) === 0 || i === legend.length - 1);
  return (
    <div class="legend" aria-label={strings.depth.legend} role="img">
      <div class="legend-bar" style={{ background: `linear-gradient(to right, ${colours})` }}>
        {value !== undefined && <span class="legend-mark" style={{ left: place(value) }} />}
      </div>
      <div class="legend-ticks">{ticks.map(({ metres }) => <span key={metres}>{strings.depth.value(metres, unit)}</span>)}</div>
    </div>
  );
}
