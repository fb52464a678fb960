import { strings } from '../strings';
import { Dialog } from './dialog';

export function Help({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title={strings.help.title} onClose={onClose}>
      <div class="help">
        {strings.help.groups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>{keys.map(([key, text]) => <><dt>{key.split(' ').map((part) => <kbd>{part}</kbd>)}</dt><dd>{text}</dd></>)}</dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
