import { readFileSync } from 'node:fs';
import { expect, until } from './harness.mjs';

const tiles = (page) => page.locator('.tile');
const hits = (page) => page.getByRole('list', { name: 'Pictures found' });

async function pictureFile(get, ref) {
  return Buffer.from(await (await get(`v1/pictures/${ref}/image?size=256`)).body());
}

export default [
  { claim: 'the collection is shown, and a label narrows it', async check({ page, open, shot }) {
    await open('#/search');
    await tiles(page).first().waitFor();
    await shot('search-collection');
    const select = page.getByLabel('Only one label');
    if (!(await select.count())) return;
    const total = await page.locator('.section-head .muted').innerText();
    await select.selectOption({ index: 1 });
    await until('fewer pictures', async () => (await page.locator('.section-head .muted').innerText()) !== total);
    expect(page.url().includes('filter='), 'the address does not hold the filter');
  } },
  { claim: 'a filter that is none is answered with a sentence', faults: true, async check({ page, open }) {
    await open('#/search');
    await page.keyboard.press('/');
    await page.keyboard.type('this is no filter');
    await page.getByRole('alert').waitFor();
    expect((await page.getByRole('alert').innerText()).length > 20, 'the error says nothing');
  } },
  { claim: 'a click on a picture finds pictures like it, with words', async check({ page, open, shot }) {
    await open('#/search');
    await tiles(page).nth(2).locator('.tile-main').click();
    await hits(page).waitFor();
    expect(/plus=\w+/.test(page.url()), 'the address does not hold the query');
    expect(await hits(page).locator('.tile-words').count() > 3, 'no scores');
    await shot('search-hits');
    await page.reload();
    await hits(page).locator('.tile').first().waitFor();
    await page.goBack();
    await page.getByText('Find pictures like yours').waitFor();
  } },
  { claim: 'a file from the disk is searched for', async check({ page, open, get, refs }) {
    await open('#/search');
    const [ref] = await refs(1);
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'File…' }).click()]);
    await chooser.setFiles({ name: 'mine.jpg', mimeType: 'image/jpeg', buffer: await pictureFile(get, ref) });
    await hits(page).locator('.tile').first().waitFor();
    expect(/plus=u-/.test(page.url()), 'the upload is not the query');
  } },
  { claim: 'pictures are dropped and pasted', async check({ page, open, get, refs }) {
    for (const kind of ['drop', 'paste']) {
      await open('#/search');
      const [, ref] = await refs(2);
      const bytes = [...await pictureFile(get, ref)];
      await page.evaluate(({ bytes, kind }) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([new Uint8Array(bytes)], 'it.jpg', { type: 'image/jpeg' }));
        dispatchEvent(kind === 'drop' ? new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
          : new ClipboardEvent('paste', { clipboardData: transfer, bubbles: true }));
      }, { bytes, kind });
      await hits(page).locator('.tile').first().waitFor();
      expect(/plus=u-/.test(page.url()), `${kind}: the upload is not the query`);
    }
  } },
  { claim: 'what is no picture is refused with a sentence', faults: true, async check({ page, open }) {
    await open('#/search');
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'File…' }).click()]);
    await chooser.setFiles({ name: 'not.jpg', mimeType: 'image/jpeg', buffer: readFileSync(new URL(import.meta.url)) });
    await page.locator('.toast.bad').waitFor();
  } },
  { claim: 'a picture of the collection is chosen from a dialog', async check({ page, open, shot }) {
    await open('#/search');
    await page.getByRole('button', { name: 'Collection…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.locator('.tile').first().waitFor();
    await shot('search-chooser');
    await dialog.locator('.tile-main').nth(1).click();
    await hits(page).locator('.tile').first().waitFor();
  } },
  { claim: 'keys walk the grid, select, search, and show help', async check({ page, open, shot }) {
    await open('#/search');
    await tiles(page).first().locator('.tile-main').focus();
    const focused = () => page.evaluate(() => document.activeElement.dataset.at);
    await page.keyboard.press('ArrowRight');
    await until('the next picture has the focus', async () => (await focused()) === '1');
    await page.keyboard.press('ArrowDown');
    await until('a picture of the next row has the focus', async () => Number(await focused()) > 1);
    await page.keyboard.press('Space');
    await page.getByText('1 selected').waitFor();
    await page.keyboard.press('Enter');
    await hits(page).locator('.tile').first().waitFor();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    await shot('help');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await page.keyboard.press('/');
    expect(await page.evaluate(() => document.activeElement.id) === 'filter', '/ does not go to the filter');
  } },
  { claim: 'a selection is kept as text, table and JSON', async check({ page, open, saved, shot }) {
    await open('#/search');
    for (const i of [0, 1]) {
      await tiles(page).nth(i).hover();
      await tiles(page).nth(i).getByRole('button', { name: /^Select/ }).click();
    }
    await shot('search-selection');
    const text = await saved(() => page.getByRole('button', { name: 'TXT' }).click());
    expect(text.text.trim().split('\n').length === 2, `txt: ${text.text}`);
    const table = await saved(() => page.getByRole('button', { name: 'CSV' }).click());
    expect(table.name === 'selection.csv' && table.text.startsWith('ref,path,label,score\n'), `csv: ${table.text}`);
    const json = await saved(() => page.getByRole('button', { name: 'JSON' }).click());
    expect(JSON.parse(json.text).length === 2, 'json');
    await page.getByRole('button', { name: 'Find more like these' }).click();
    await until('both are the query', async () => (await page.locator('.chip.plus').count()) === 2);
  } },
];
