import { drag, expect, paint, until } from './harness.mjs';

const can = async (get) => (await (await get('v1/collection')).json()).can.depth;

export default [
  { claim: 'depth has colours, a legend and a value below the pointer', async check({ page, open, refs, get, shot }) {
    const [ref] = await refs(1);
    await open(`#/depth?of=${ref}`);
    if (!(await can(get))) return void await page.getByText('no depth head').waitFor();
    await page.locator('.legend-bar').waitFor();
    await until('a value is shown', async () => {
      await page.locator('.depth-view canvas').hover({ position: { x: 40 + 20 * Math.random(), y: 60 } });
      return /^\d/.test(await page.locator('.depth-value').innerText());
    });
    await shot('depth-colours');
    await page.getByText('Directions').first().click();
    await until('the normals are shown', async () => page.locator('.depth-view img').evaluate((image) => image.complete && image.naturalWidth > 1 && image.src.includes('normals')));
    await shot('depth-normals');
    for (const format of ['png', 'png16', 'npy', 'normals', 'ply']) {
      const reply = await get(`v1/pictures/${ref}/depth?format=${format}`);
      expect(reply.ok(), `${format}: ${reply.status()}`);
      expect(await page.locator(`a[href*="format=${format}"]`).count() > 0, `no link to ${format}`);
    }
  } },
  { claim: 'the point cloud turns, zooms and comes back', async check({ page, open, refs, get, shot }) {
    if (!(await can(get))) return;
    const [ref] = await refs(1);
    await open(`#/depth?of=${ref}&view=cloud`);
    const cloud = page.locator('.cloud canvas');
    await cloud.waitFor();
    await until('points are drawn', async () => (await paint(cloud)).sum > 0);
    await page.waitForTimeout(500);
    const start = (await paint(cloud)).sum;
    await drag(page, cloud, [0.5, 0.5], [0.6, 0.42]);
    await until('it has turned', async () => (await paint(cloud)).sum !== start);
    await shot('depth-cloud');
    const turned = (await paint(cloud)).sum;
    await cloud.hover();
    await page.mouse.wheel(0, 300);
    await until('it is farther', async () => (await paint(cloud)).sum !== turned);
    await cloud.focus();
    await page.keyboard.press('0');
    await until('it is back', async () => (await paint(cloud)).sum === start);
    await page.keyboard.press('ArrowLeft');
    await until('keys turn it', async () => (await paint(cloud)).sum !== start);
  } },
];
