import { useState } from 'preact/hooks';
import { address, ask } from '../../core/api';
import { collection, indexing } from '../../core/collection';
import { show } from '../../core/route';
import { say } from '../../core/toast';
import { strings } from '../../strings';
import { Button } from '../../parts/controls';

const t = strings.about;

function Progress() {
  const { state, done, total, per_second, eta_seconds } = indexing.value;
  const [asked, setAsked] = useState(false);
  const scan = () => {
    setAsked(true);
    ask('v1/index', { method: 'POST' }).then(() => say(t.asked), (error) => say(error.message, 'bad')).finally(() => setAsked(false));
  };
  return (
    <section class="panel" aria-labelledby="about-index">
      <h2 id="about-index">{t.indexing}</h2>
      <p role="status">{state === 'scanning' ? t.scanning(done, total, per_second, eta_seconds) : t.idle}</p>
      {state === 'scanning' && <progress max={total || 1} value={done} aria-label={t.indexing} />}
      <div><Button icon="reset" disabled={asked || state === 'scanning' || !collection.value?.can.write} onClick={scan}>{t.rescan}</Button></div>
    </section>
  );
}

export function AboutPage() {
  const { name, pictures, model, dim, size, index, labels, words } = collection.value!;
  const kinds = { exact: t.exact, graph: t.graph, pgvector: t.pgvector } as Record<string, string>;
  const most = Math.max(1, ...labels.map(({ count }) => count));
  const byCount = [...labels].sort((a, b) => b.count - a.count);
  return (
    <div class="about">
      <section class="panel" aria-labelledby="about-facts">
        <h2 id="about-facts">{name}</h2>
        <dl class="facts">
          <dt>{t.pictures}</dt><dd>{pictures.toLocaleString('en')}</dd>
          <dt>{t.model}</dt><dd>{model}</dd>
          <dt>{t.features}</dt><dd>{t.featuresText(dim, size)}</dd>
          <dt>{t.index}</dt><dd>{kinds[index.kind] ?? index.kind}</dd>
          <dt>{t.recall}</dt><dd>{t.recallText(index.recall, index.measured_on)}</dd>
        </dl>
        <p class="hint"><a href={address('openapi.json')}>openapi.json</a> · <a href={address('metrics')}>metrics</a></p>
      </section>
      <Progress />
      <section class="panel" aria-labelledby="about-words">
        <h2 id="about-words">{t.words}</h2>
        <p>{t.wordsText}</p>
        <dl class="facts">
          {(['copy', 'same', 'alike'] as const).map((word) => <><dt>{strings.words[word]}</dt><dd>≥ {words[word].toFixed(2)}: {t.wordMeanings[word]}</dd></>)}
        </dl>
      </section>
      <section class="panel" aria-labelledby="about-limits">
        <h2 id="about-limits">{t.limits}</h2>
        <ul class="plain">{t.limitList.map((text) => <li key={text}>{text}</li>)}</ul>
      </section>
      {labels.length > 0 && (
        <section class="panel" aria-labelledby="about-labels">
          <h2 id="about-labels">{t.labels}</h2>
          <ul class="bars">
            {byCount.slice(0, 40).map(({ name: label, count }) => (
              <li key={label}>
                <button type="button" class="link" onClick={() => show('search', { filter: `label = "${label}"` })}>{label}</button>
                <span class="bar-line" style={{ width: `${(100 * count) / most}%` }} aria-hidden="true" /><span class="muted">{count}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}
