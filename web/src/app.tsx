import { useEffect, useRef, useState } from 'preact/hooks';
import { collection, collectionProblem, indexing } from './core/collection';
import { dragging, uploading } from './core/incoming';
import { useKeys } from './core/keys';
import { linkTo, page, pages, type Page } from './core/route';
import { theme, type Theme } from './core/theme';
import { AboutPage } from './pages/about/about';
import { DepthPage } from './pages/depth/depth';
import { LabelPage } from './pages/label/label';
import { MapPage } from './pages/map/map';
import { MatchPage } from './pages/match/match';
import { PcaPage } from './pages/pca/pca';
import { RestylePage } from './pages/restyle/restyle';
import { SearchPage } from './pages/search/search';
import { IconButton } from './parts/controls';
import { Help } from './parts/help';
import { Icon, type IconName } from './parts/icon';
import { Failed, Loading } from './parts/states';
import { Toasts } from './parts/toasts';
import { strings } from './strings';
import { loadCollection } from './core/collection';

const views: Record<Page, () => any> = {
  search: SearchPage, label: LabelPage, match: MatchPage, depth: DepthPage,
  pca: PcaPage, restyle: RestylePage, map: MapPage, about: AboutPage,
};

function ThemeButton() {
  const next: Record<Theme, Theme> = { system: 'light', light: 'dark', dark: 'system' };
  const icon: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };
  return <IconButton icon={icon[theme.value]} label={strings.theme[theme.value]} onClick={() => { theme.value = next[theme.value]; }} />;
}

function Head({ onHelp }: { onHelp: () => void }) {
  const { state, done, total } = indexing.value;
  const nav = useRef<HTMLElement>(null);
  useEffect(() => { // on a phone the tabs are a strip
    nav.current!.querySelector('[aria-current]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [page.value]);
  return (
    <header class="top">
      <a class="brand" href="#/search" aria-label={strings.home}>
        <svg viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="9" /><circle cx="16" cy="16" r="8.500" /><ellipse cx="16" cy="16" rx="2.600" ry="7" /></svg>
        <span>Troodon</span>
      </a>
      <nav ref={nav} aria-label={strings.nav}>
        {pages.map((name) => (
          <a key={name} href={linkTo(name)} aria-current={page.value === name ? 'page' : undefined}>
            <Icon name={name} /><span>{strings.pages[name]}</span>
          </a>
        ))}
      </nav>
      <div class="top-tools">
        {state === 'scanning' && <a class="badge busy" href="#/about">{strings.indexing(done, total)}</a>}
        {uploading.value > 0 && <span class="badge busy" role="status">{strings.uploading}</span>}
        <ThemeButton />
        <IconButton icon="help" label={strings.help.title} onClick={onHelp} />
      </div>
    </header>
  );
}

export function App() {
  const [help, setHelp] = useState(false);
  useKeys((key) => {
    if (key === '?') return setHelp(true), true;
    if (key === '/') {
      const field = document.getElementById('filter');
      field?.focus();
      return Boolean(field);
    }
  });
  const View = views[page.value];
  const problem = collectionProblem.value;
  return (
    <>
      <a class="skip" href="#content" onClick={(event) => {
        event.preventDefault();
        document.getElementById('content')!.focus();
      }}>{strings.skip}</a>
      <Head onHelp={() => setHelp(true)} />
      <main id="content" tabIndex={-1} class={`page-${page.value}`}>
        <h1 class="unseen">{strings.titles[page.value]}</h1>
        {collection.value ? <View /> : problem && problem.status !== 503 ? <Failed error={problem} again={loadCollection} /> : <Loading text={problem ? problem.message : strings.loading} />}
      </main>
      {dragging.value && <div class="drop-veil" aria-hidden="true"><Icon name="upload" />{strings.dropHere}</div>}
      {help && <Help onClose={() => setHelp(false)} />}
      <Toasts />
    </>
  );
}
