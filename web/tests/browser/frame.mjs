import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, until } from './harness.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const names = ['search', 'label', 'match', 'depth', 'pca', 'restyle', 'map', 'about'];

/** Each page with pictures in it. */
async function places(refs) {
  const [a, b, c] = await refs(3);
  return { search: '#/search', hits: `#/search?plus=${a}`, label: `#/label?of=${a}`, match: `#/match?a=${a}&b=${b}`, depth: `#/depth?of=${a}`, cloud: `#/depth?of=${a}&view=cloud`,
    pca: `#/pca?of=${a},${b}`, restyle: `#/restyle?content=${a}&style=${c}`, map: '#/map', clusters: '#/map?view=clusters', duplicates: '#/map?view=duplicates', about: '#/about',
    'empty-label': '#/label', 'empty-match': '#/match', 'empty-depth': '#/depth', 'empty-pca': '#/pca', 'empty-restyle': '#/restyle' };
}

/** Looks at each page as axe does, or only whether it fits the screen. */
async function accessible({ page, open, refs, shot }, suffix, only = undefined) {
  const found = [];
  for (const [name, hash] of Object.entries(await places(refs))) {
    if (only && !only.includes(name)) continue;
    await open(hash);
    await page.waitForTimeout(600);
    await shot(`${name}-${suffix}`);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wider > 0) found.push(`${name}: ${wider} pixels wider than the screen`);
    if (only) continue;
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    expect(passes.length > 15, 'axe looked at nothing');
    for (const { id, nodes } of violations) found.push(`${name}: ${id} (${nodes.slice(0, 2).map((node) => node.target + ' ' + (node.any[0]?.message ?? '')).join('; ')})`);
  }
  expect(!found.length, found.join('\n'));
}

export default [
  { claim: 'every page is accessible, light', check: (here) => accessible(here, 'light') },
  { claim: 'every page is accessible, dark', scheme: 'dark', check: (here) => accessible(here, 'dark') },
  { claim: 'every page fits a phone of 390 pixels', size: { width: 390, height: 844 }, check: (here) => accessible(here, 'phone') },
  { claim: 'every page fits 320 pixels', size: { width: 320, height: 640 }, scheme: 'dark', check: (here) => accessible(here, 'small', ['search', 'hits', 'label', 'match', 'depth', 'pca', 'restyle', 'map', 'clusters', 'about']) },
  { claim: 'every page fits 3840 pixels', size: { width: 3840, height: 2160 }, check: (here) => accessible(here, 'wide', ['hits', 'label', 'about']) },
  { claim: 'the tabs lead everywhere and remember where each page was', async check({ page, open, refs }) {
    const [ref] = await refs(1);
    await open(`#/search?plus=${ref}`);
    for (const name of names) {
      await page.locator(`nav a[href^="#/${name}"]`).first().click();
      await until(`${name} is current`, async () => (await page.locator(`nav a[aria-current=page][href^="#/${name}"]`).count()) === 1);
    }
    await page.locator('nav a[href^="#/search"]').first().click();
    await until('the search is as it was left', async () => page.url().includes(`plus=${ref}`));
  } },
  { claim: 'the switch of colours goes round and is remembered', async check({ page, open }) {
    await open('#/about');
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole('button', { name: /^Colours/ }).click();
    await page.getByRole('button', { name: /^Colours/ }).click();
    expect((await ground()) !== light, 'it stays light');
    await page.reload();
    await page.getByRole('button', { name: 'Colours: dark' }).waitFor();
    expect((await ground()) !== light, 'it is forgotten');
  } },
  { claim: 'facts, limits and indexing are told', async check({ page, open, shot }) {
    await open('#/about');
    await page.getByText('What it cannot do').waitFor();
    const button = page.getByRole('button', { name: 'Look for new pictures' });
    if (await button.isEnabled()) {
      const [reply] = await Promise.all([page.waitForResponse((one) => one.url().endsWith('/v1/index')), button.click()]);
      expect(reply.status() < 300, String(reply.status()));
    }
    await shot('about-indexing');
  } },
  { claim: 'a token in the address goes out of it', async check({ page, url }) {
    await page.goto(`${url}?token=secret#/about`);
    await until('it is gone', async () => !page.url().includes('secret'));
  } },
  { claim: 'an error of the server is shown with its words, and can be tried again', faults: true, async check({ page, open, refs, shot }) {
    const [ref] = await refs(1);
    let broken = true;
    await page.route('**/v1/search', (route) => (broken ? route.fulfill({ status: 503, contentType: 'application/problem+json', body: '{"title": "Overloaded", "status": 503, "detail": "too many requests at once; try again in a moment"}' }) : route.continue()));
    await open(`#/search?plus=${ref}`);
    await page.getByText('too many requests at once').waitFor();
    await shot('error');
    broken = false;
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.locator('.tile').first().waitFor();
  } },
  { claim: 'an empty collection and a lost server are told', faults: true, async check({ page, open, url, shot }) {
    await page.route('**/v1/pictures?*', (route) => route.fulfill({ json: { total: 0, pictures: [] } }));
    await open('#/search');
    await page.getByText('No pictures yet').waitFor();
    await shot('empty-collection');
    await page.route('**/v1/collection', (route) => route.abort());
    await page.goto(`${url}#/about`);
    await page.reload();
    await page.getByText('cannot be reached').waitFor();
  } },
  { claim: 'a server that asks for a token gets one', faults: true, async check({ page, url, shot }) {
    await page.route('**/v1/collection', (route) => route.fulfill({ status: 401, contentType: 'application/problem+json', body: '{"status": 401, "title": "Token", "detail": "this server needs a token"}' }));
    await page.goto(url);
    await page.getByLabel('Token').waitFor();
    await shot('token');
  } },
];
