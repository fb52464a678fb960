import { expect, paint, slide, until } from './harness.mjs';

export default [
  { claim: 'lines join two pictures, and their share is slid', async check({ page, open, refs, shot, sent, saved }) {
    const [a, b] = await refs(2);
    await open(`#/match?a=${a}&b=${b}`);
    const lines = page.locator('canvas.lines');
    await until('lines are drawn', async () => (await paint(lines)).share > 0.001);
    await shot('match-lines');
    const some = (await paint(lines)).share;
    await slide(page, 'Best matches shown', 100);
    await until('more lines are drawn', async () => (await paint(lines)).share > some);
    const verified = await sent('/v1/matches', () => page.getByText('perspective').click());
    expect(verified.verify === 'homography' && verified.mutual === true, JSON.stringify(verified));
    await until('the reply is there', async () => (await page.locator('.match-pair.stale').count()) === 0);
    await shot('match-verified');
    const all = await sent('/v1/matches', () => page.getByRole('switch', { name: 'Only mutual' }).uncheck());
    expect(all.mutual === false, JSON.stringify(all));
    await until('the reply is there', async () => (await page.locator('.match-pair.stale').count()) === 0);
    const file = await saved(() => page.getByRole('button', { name: 'JSON' }).click());
    expect(JSON.parse(file.text).pairs.length > 0, 'no pairs in the file');
    await page.getByRole('button', { name: 'Swap the pictures' }).click();
    await until('they are swapped', async () => page.url().includes(`a=${b}`));
  } },
  { claim: 'a clicked point shows what is like it in the other picture', async check({ page, open, refs, shot }) {
    const [a, b] = await refs(2);
    await open(`#/match?a=${a}&b=${b}`);
    const sides = page.locator('.match-pair .stage canvas');
    await sides.nth(1).waitFor();
    await sides.nth(0).click();
    await until('a map lies over the other', async () => (await paint(sides.nth(1))).share > 0.9);
    await shot('match-point');
    await page.getByRole('button', { name: 'Back to the lines' }).click();
    await page.locator('canvas.lines').waitFor();
  } },
  { claim: 'parts get colours, and a component turns round', async check({ page, open, refs, shot }) {
    const some = await refs(4);
    await open(`#/pca?of=${some.join(',')}`);
    const first = page.locator('.pca-grid canvas').first();
    await until('colours are drawn', async () => (await paint(first)).share > 0.95);
    await page.waitForTimeout(300);
    await shot('pca');
    const before = (await paint(first)).sum;
    await page.getByRole('switch', { name: 'Flip red' }).check();
    await until('the colours change', async () => (await paint(first)).sum !== before);
    expect(page.url().includes('flip=100'), 'the address does not hold the flip');
    const turned = (await paint(first)).sum;
    await slide(page, 'Colours over picture', 0.4);
    await until('the picture shows through', async () => (await paint(first)).sum !== turned);
    await page.getByRole('button', { name: 'Take this picture away' }).first().click();
    await until('three are left', async () => (await page.locator('.pca-grid li').count()) === 3);
  } },
  { claim: 'a picture takes the colours of another, before and after', async check({ page, open, refs, shot, sent, saved }) {
    const [content, , style] = await refs(3);
    await open(`#/restyle?content=${content}&style=${style}`);
    const curtain = page.locator('.curtain');
    await curtain.waitFor();
    await until('the result is decoded', async () => curtain.locator('img').first().evaluate((image) => image.naturalWidth > 1));
    await shot('restyle');
    await slide(page, 'Share of the picture shown as before', 20);
    const weaker = await sent('/v1/restyles', () => slide(page, 'Strength', 0.5));
    expect(weaker.strength === 0.5, JSON.stringify(weaker));
    const rougher = await sent('/v1/restyles', () => slide(page, 'Texture', 0.5));
    expect(rougher.texture === 0.5, JSON.stringify(rougher));
    await until('the result is there', async () => (await page.locator('section .stale').count()) === 0);
    const file = await saved(() => page.getByRole('link', { name: 'Download PNG' }).click());
    expect(file.text.slice(1, 4) === 'PNG', 'no PNG');
  } },
];
