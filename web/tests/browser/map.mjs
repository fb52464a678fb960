import { drag, expect, paint, until } from './harness.mjs';

export default [
  { claim: 'the map shows points, moves, and is coloured by what is asked', async check({ page, open, shot }) {
    await open('#/map');
    const canvas = page.locator('.scatter canvas');
    await until('points are drawn', async () => (await paint(canvas)).share > 0.0005);
    const start = (await paint(canvas)).sum;
    await page.getByText('Strangeness').click();
    await until('the colours change', async () => (await paint(canvas)).sum !== start);
    await page.getByText('Label', { exact: true }).last().click();
    await shot('map-labels');
    await page.getByText('Cluster', { exact: true }).click();
    await until('the colours are back', async () => (await paint(canvas)).sum === start);
    await page.getByRole('button', { name: 'Nearer' }).click();
    await until('it is nearer', async () => (await paint(canvas)).sum !== start);
    await canvas.focus();
    await page.keyboard.press('0');
    await until('all is shown again', async () => (await paint(canvas)).sum === start);
    await page.keyboard.press('ArrowLeft');
    await until('keys move it', async () => (await paint(canvas)).sum !== start);
  } },
  { claim: 'a lasso fills the grid, the grid points into the map', async check({ page, open, shot }) {
    await open('#/map');
    const canvas = page.locator('.scatter canvas');
    await until('points are drawn', async () => (await paint(canvas)).share > 0.0005);
    await page.getByRole('button', { name: 'Lasso' }).click();
    const box = await canvas.boundingBox();
    const at = (x, y) => [box.x + x * box.width, box.y + y * box.height];
    await page.mouse.move(...at(0.02, 0.02));
    await page.mouse.down();
    for (const [x, y] of [[0.6, 0.02], [0.6, 0.98], [0.02, 0.98]]) await page.mouse.move(...at(x, y), { steps: 5 });
    await page.mouse.up();
    await page.getByText(/\d+ selected/).first().waitFor();
    await page.locator('.map-grid .tile').first().waitFor();
    await shot('map-lasso');
    const before = (await paint(canvas)).sum;
    await page.locator('.map-grid .tile').first().hover();
    await until('the map shows where it lies', async () => (await paint(canvas)).sum !== before);
    await page.getByRole('button', { name: 'Select them' }).click();
    await page.locator('.selection-bar').waitFor();
    await page.locator('.map-grid .tile-main').first().click();
    await until('its search is there', async () => page.url().includes('#/search?plus='));
  } },
  { claim: 'a point below the pointer shows its picture; a name chooses its points', async check({ page, open, shot }) {
    await open('#/map');
    const canvas = page.locator('.scatter canvas');
    await until('points are drawn', async () => (await paint(canvas)).share > 0.0005);
    const place = await canvas.evaluate((element) => { // a painted pixel
      const copy = document.createElement('canvas');
      [copy.width, copy.height] = [element.width, element.height];
      const context = copy.getContext('2d');
      context.drawImage(element, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      for (let i = Math.floor(data.length / 8) * 4; i < data.length; i += 4) {
        if (data[i + 3] > 200) return { x: ((i / 4) % copy.width) / devicePixelRatio + 1, y: Math.floor(i / 4 / copy.width) / devicePixelRatio + 1 };
      }
    });
    await canvas.hover({ position: place });
    await page.locator('.preview img').waitFor();
    await shot('map-preview');
    await page.locator('.legend-list button').first().click();
    await page.getByText(/\d+ selected/).first().waitFor();
  } },
  { claim: 'clusters, outliers and duplicates have their views', async check({ page, open, shot, saved }) {
    await open('#/map?view=clusters');
    await page.locator('.cards .thumb').first().waitFor();
    await shot('map-clusters');
    await page.getByText('Outliers').click();
    await page.locator('.thumbs.large .thumb').first().waitFor();
    await shot('map-outliers');
    await page.getByText('Duplicates').click();
    await page.locator('.cards, .state.empty').first().waitFor();
    await shot('map-duplicates');
    if (await page.locator('.cards').count()) {
      expect(await page.locator('.thumb.marked').count() === await page.locator('.cards > li').count(), 'not one mark a group');
      const list = await saved(() => page.getByRole('button', { name: /spare/ }).click());
      expect(list.text.trim().length > 0, 'an empty list');
    }
    await page.getByText('Identical', { exact: true }).first().click();
    await until('the tier is asked for', async () => page.url().includes('tier=identical'));
  } },
];
