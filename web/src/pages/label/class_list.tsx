import { useState } from 'preact/hooks';
import { strings } from '../../strings';
import { classColour } from './masks';
import { addClass, current, project, renameClass } from './state';

const t = strings.label;

/** The classes; keys 1 to 9 pick one, a double click renames it. */
export function ClassList() {
  const [typed, setTyped] = useState('');
  const [renaming, setRenaming] = useState(-1);
  const add = (event: Event) => {
    event.preventDefault();
    addClass(typed);
    setTyped('');
  };
  const counts = project.value.classes.map(() => 0);
  for (const { shapes } of Object.values(project.value.pictures)) {
    for (const shape of shapes) if (shape.state === 'accepted') counts[shape.class]++;
  }
  return (
    <div>
      <h2 class="side-title">{t.classes}</h2>
      <ul class="classes">
        {project.value.classes.map((name, i) => (
          <li key={i}>
            {renaming === i
              ? <input class="field" value={name} aria-label={t.rename(name)} ref={(input) => input?.focus()}
                onBlur={(event) => {
                  if (event.currentTarget.value !== name) renameClass(i, event.currentTarget.value);
                  setRenaming(-1);
                }}
                onKeyDown={(event) => { if (event.key === 'Enter') event.currentTarget.blur(); }} />
              : (
                <button type="button" aria-pressed={current.value === i} onClick={() => { current.value = i; }} onDblClick={() => setRenaming(i)}>
                  <span class="dot" style={{ background: classColour(i) }} aria-hidden="true" />
                  <span class="class-name">{name}</span><span class="muted">{counts[i] || ''}</span>{i < 9 && <kbd>{i + 1}</kbd>}
                </button>
              )}
          </li>
        ))}
      </ul>
      <form class="row" onSubmit={add}>
        <input class="field" value={typed} placeholder={t.newClass} aria-label={t.newClass} onInput={(event) => setTyped(event.currentTarget.value)} />
        <button class="button" type="submit" disabled={!typed.trim()}>{t.add}</button>
      </form>
      <p class="hint"><button type="button" class="link" onClick={() => setRenaming(current.value)}>{t.renameButton}</button></p>
    </div>
  );
}
