import { useEffect, useRef, useState } from 'preact/hooks';
import { collection } from '../../core/collection';
import { change } from '../../core/route';
import { strings } from '../../strings';
import { Icon } from '../../parts/icon';
import { filter } from './state';

const quoted = (value: string) => (/[\s"]/.test(value) ? `"${value.replaceAll('"', '\\"')}"` : value);

/** The filter: typed, or a label picked. `/` goes here. */
export function FilterField() {
  const [typed, setTyped] = useState(filter.value);
  const timer = useRef(0);
  useEffect(() => setTyped(filter.value), [filter.value]);
  const set = (value: string, wait = 0) => {
    setTyped(value);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => change({ filter: value.trim() }, 'replace'), wait);
  };
  const labels = collection.value?.labels ?? [];
  const columns = collection.value?.columns ?? [];
  return (
    <div class="filters">
      <div class="field-with-icon">
        <Icon name="search" />
        <input id="filter" type="search" class="field" value={typed} placeholder={strings.filter.example}
          aria-label={strings.filter.label} title={strings.filter.columns(columns)} spellcheck={false} autocomplete="off"
          onInput={(event) => set(event.currentTarget.value, 350)} />
      </div>
      {labels.length > 1 && (
        <select class="field" aria-label={strings.filter.byLabel} value={typed}
          onChange={(event) => set(event.currentTarget.value)}>
          <option value="">{strings.filter.anyLabel}</option>
          {labels.map(({ name, count }) => <option key={name} value={`label = ${quoted(name)}`}>{name} ({count})</option>)}
          {typed && !labels.some(({ name }) => `label = ${quoted(name)}` === typed) && <option value={typed}>{strings.filter.own}</option>}
        </select>
      )}
    </div>
  );
}
