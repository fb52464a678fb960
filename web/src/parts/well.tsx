import { useRef, useState } from 'preact/hooks';
import { take } from '../core/incoming';
import type { Ref } from '../core/types';
import { strings } from '../strings';
import { Chooser } from './chooser';
import { Button } from './controls';
import { Icon } from './icon';

interface Props { onPick: (refs: Ref[]) => void; many?: boolean; small?: boolean; flat?: boolean; title?: string; text?: string }

/** The two ways to a picture: a file of one's own, or one of the collection. */
export function PickButtons({ onPick, many }: Props) {
  const file = useRef<HTMLInputElement>(null);
  const [choosing, setChoosing] = useState(false);
  return (
    <div class="row wrap">
      <input ref={file} type="file" accept="image/*" multiple={many} class="unseen" tabIndex={-1} aria-hidden="true"
        onChange={(event) => {
          const input = event.currentTarget;
          if (input.files?.length) void take([...input.files], onPick).then(() => { input.value = ''; });
        }} />
      <Button icon="upload" onClick={() => file.current!.click()}>{strings.well.file}</Button>
      <Button icon="grid" onClick={() => setChoosing(true)}>{strings.well.collection}</Button>
      {choosing && <Chooser onClose={() => setChoosing(false)}
        onPick={(ref) => {
          setChoosing(false);
          onPick([ref]);
        }} />}
    </div>
  );
}

/** An empty place that asks for a picture; what is dropped on it goes to it. */
export function Well(props: Props) {
  const [over, setOver] = useState(false);
  return (
    <div class={`well ${over ? 'over' : ''} ${props.small ? 'small' : ''} ${props.flat ? 'flat' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        if (!event.dataTransfer?.files.length) return;
        event.preventDefault();
        void take(event.dataTransfer.files, props.onPick);
      }}>
      <Icon name="upload" />
      <div class="well-words">
        <p class="well-title">{props.title ?? strings.well.title}</p>
        <p class="well-text">{props.text ?? strings.well.text}</p>
      </div>
      <PickButtons {...props} />
    </div>
  );
}
