import { render } from 'preact';
import './styles/base.css';
import './styles/parts.css';
import './styles/pages.css';
import { App } from './app';
import { followEvents, loadCollection } from './core/collection';
import { startIncoming } from './core/incoming';
import { startRouting } from './core/route';
import { startTheme } from './core/theme';

startTheme();
startRouting();
startIncoming();
void loadCollection();
followEvents();
render(<App />, document.getElementById('page')!);
