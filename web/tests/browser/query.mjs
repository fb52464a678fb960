import { drag, expect, paint, slide, until } from './harness.mjs';

const grid = (page) => page.getByRole('list', { name: 'Pictures found' });
const start = async ({ open, refs, page }) => {
  const [ref] = await refs(1);
  await open(`#/search?plus=${ref}`);
  await grid(page).locator('.tile').nth(2).waitFor();
  return ref;
};

export default [
  { claim: 'examples for and against are joined', async check(here) {
    const { page, sent, shot } = here;
    const ref = await start(here);
    const tile = grid(page).locator('.tile').nth(1);
    await tile.hover();
    const more = await sent('/v1/search', () => tile.getByRole('button', { name: /^More like/ }).click(), (body) => body.plus.length > 1);
    expect(more.plus.length === 2 && more.plus[0] === ref, JSON.stringify(more));
    await grid(page).locator('.tile').nth(3).waitFor();
    const other = grid(page).locator('.tile').nth(3);
    await other.hover();
    const less = await sent('/v1/search', () => other.getByRole('button', { name: /^Less like/ }).click(), (body) => body.minus.length);
    expect(less.minus.length === 1, JSON.stringify(less));
    expect(await page.locator('.chip').count() === 3, 'chips');
    await shot('search-plus-minus');
    await page.locator('.chip.minus').getByRole('button', { name: /^Take/ }).click();
    await until('the chip is gone', async () => (await page.locator('.chip').count()) === 2);
  } },
  { claim: 'a box on the query searches for that part', async check(here) {
    const { page, sent, shot } = here;
    const ref = await start(here);
    const asked = await sent('/v1/search', () => drag(page, page.locator('.side .stage canvas'), [0.25, 0.25], [0.7, 0.65]), (body) => body.region);
    expect(asked.region.picture === ref && asked.region.box.width > 10 && !asked.plus.includes(ref), JSON.stringify(asked));
    await page.locator('.found-box').first().waitFor({ state: 'attached' });
    await shot('search-region');
    expect(page.url().includes('box='), 'the address does not hold the box');
    const whole = await sent('/v1/search', () => page.getByRole('button', { name: /whole picture/ }).click(), (body) => !body.region);
    expect(!whole.region && whole.plus.includes(ref), JSON.stringify(whole));
  } },
  { claim: 'least likeness hides, variety and near copies are asked for', async check(here) {
    const { page, sent } = here;
    await start(here);
    const before = await page.locator('.summary').innerText();
    await slide(page, 'Least likeness', 0.999);
    await until('fewer pictures', async () => (await page.locator('.summary').innerText()) !== before);
    await slide(page, 'Least likeness', -0.01);
    const varied = await sent('/v1/search', () => slide(page, 'Variety', 0.5), (body) => body.diversity);
    expect(varied.diversity === 0.5, JSON.stringify(varied));
    const folded = await sent('/v1/search', () => page.getByRole('switch', { name: 'Hide near copies' }).check(), (body) => body.collapse);
    expect(folded.collapse === true, JSON.stringify(folded));
    expect(/div=0\.5/.test(page.url()) && /fold=1/.test(page.url()), 'the address does not hold the settings');
  } },
  { claim: 'a filter joins the query', async check(here) {
    const { page, sent } = here;
    await start(here);
    const asked = await sent('/v1/search', async () => {
      await page.keyboard.press('/');
      await page.keyboard.type('width >= 10');
    }, (body) => body.filter);
    expect(asked.filter === 'width >= 10', JSON.stringify(asked));
  } },
  { claim: 'below the pointer a heat map shows what is alike, on both sides', async check(here) {
    const { page, shot } = here;
    await start(here);
    await grid(page).locator('.tile').nth(2).hover({ position: { x: 60, y: 60 } });
    const heat = page.locator('.tile .heat.on');
    await heat.waitFor({ state: 'attached' });
    expect((await paint(heat)).share > 0.95, 'the heat map is empty');
    await until('the query shows a map, too', async () => (await paint(page.locator('.side .stage canvas'))).share > 0.9);
    await page.waitForTimeout(250);
    await shot('search-heat');
    await page.getByRole('switch', { name: 'Heat map under the pointer' }).uncheck();
    await grid(page).locator('.tile').nth(1).hover();
    await page.waitForTimeout(400);
    expect(await page.locator('.tile .heat.on').count() === 0, 'the map comes though it is off');
  } },
  { claim: 'two pictures are compared place by place', async check(here) {
    const { page, shot } = here;
    await start(here);
    const tile = grid(page).locator('.tile').nth(1);
    await tile.hover();
    await tile.getByRole('button', { name: /^Look closer/ }).click();
    const dialog = page.getByRole('dialog');
    const sides = dialog.locator('.stage canvas');
    await sides.nth(1).hover();
    await until('the query shows what is like that place', async () => (await paint(sides.nth(0))).share > 0.9);
    await sides.nth(0).hover();
    await until('the hit shows what is like that place', async () => (await paint(sides.nth(1))).share > 0.9);
    await shot('search-compare');
    const name = await dialog.locator('h2').innerText();
    await dialog.locator('h2').hover();
    await page.keyboard.press('ArrowRight');
    await until('the next hit is shown', async () => (await dialog.locator('h2').innerText()) !== name);
    for (const to of ['Label', 'Match', 'Depth', 'Parts', 'Restyle']) await dialog.getByRole('button', { name: to }).waitFor();
    await dialog.getByRole('button', { name: 'Match' }).click();
    await until('the match page is there', async () => page.url().includes('#/match?a='));
    await dialog.waitFor({ state: 'detached' });
  } },
  { claim: 'more pictures come when asked for', async check(here) {
    const { page, sent } = here;
    await start(here);
    const more = page.getByRole('button', { name: 'Show more' });
    if (!(await more.count())) return; // a small collection is shown whole
    const asked = await sent('/v1/search', () => more.click());
    expect(asked.k === 96, JSON.stringify(asked));
  } },
];
