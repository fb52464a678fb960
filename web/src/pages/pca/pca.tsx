import { useState } from 'preact/hooks';
import { useIncoming } from '../../core/incoming';
import { change, listParam, param } from '../../core/route';
import type { Ref } from '../../core/types';
import { strings } from '../../strings';
import { Button, Slider, Toggle } from '../../parts/controls';
import { PickButtons, Well } from '../../parts/well';
import { PcaPicture } from './pca_picture';

const t = strings.pca;
const add = (refs: Ref[]) => change({ of: [...new Set([...listParam('of'), ...refs])].slice(0, 24).join(',') });

/** Pictures in the colours of their three strongest common components: like parts, like colours. */
export function PcaPage() {
  useIncoming(add);
  const refs = listParam('of'), flips = param('flip', '000');
  const [mix, setMix] = useState(1);
  if (!refs.length) return <Well title={t.pick} text={t.pickText} onPick={add} many />;
  const flip = (at: number, on: boolean) => change({ flip: [...flips].map((old, i) => (i === at ? (on ? '1' : '0') : old)).join('') }, 'replace');
  return (
    <div class="main-column">
      <div class="panel row wrap controls-row">
        <PickButtons onPick={add} many />
        <fieldset class="row wrap"><legend class="unseen">{t.flip}</legend>
          {t.channels.map((name, i) => <Toggle key={name} label={t.flipOne(name)} checked={flips[i] === '1'} onChange={(on) => flip(i, on)} />)}
        </fieldset>
        <Slider label={t.mix} value={mix} text={`${Math.round(100 * mix)} %`} onInput={setMix} />
        <Button kind="quiet" icon="close" onClick={() => change({ of: '' })}>{t.clear}</Button>
      </div>
      <p class="hint">{refs.length > 1 ? t.shared(refs.length) : t.alone}</p>
      <ul class="pca-grid" aria-label={t.pictures}>
        {refs.map((ref) => <PcaPicture key={ref} of={ref} all={refs} flips={flips} mix={mix} onRemove={() => change({ of: refs.filter((one) => one !== ref).join(',') })} />)}
      </ul>
    </div>
  );
}
