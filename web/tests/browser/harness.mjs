// A claim is a name and a function of the world it is checked in; a new page for each.
import { join } from 'node:path';

const patience = Number(process.env.TROODON_PATIENCE ?? 30_000); // of one step, milliseconds

/** Whether the pictures on screen are there. */
const seenAll = () => [...document.images].every((image) => image.complete || image.getBoundingClientRect().top > innerHeight);

/** What checks get: a page, and ways to look at it. */
async function world({ browser, url, shots }, size, colorScheme) {
  const context = await browser.newContext({ viewport: size, colorScheme, acceptDownloads: true, reducedMotion: 'reduce' });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource/.test(message.text())) faults.push(message.text());
  });
  return {
    page, faults, url,
    /** Opens a place of the page and waits for the collection to be there. */
    open: async (hash) => {
      await page.goto('about:blank');
      await page.goto(url + hash);
      await page.locator('main > :nth-child(2)').first().waitFor();
      await page.locator('main .spinner').first().waitFor({ state: 'detached' });
    },
    shot: async (name) => {
      if (!shots) return;
      await page.waitForFunction(seenAll, undefined, { timeout: 10_000 }).catch(() => {}); // else without the last pictures
      const take = () => page.screenshot({ path: join(shots, `${name}.png`) });
      await take().catch(take).catch(() => console.log(`     no screenshot of ${name}`)); // a busy machine may fail to draw one
    },
    get: (path) => context.request.get(url + path),
    put: (path, data) => context.request.put(url + path, { data }),
    post: (path, data) => context.request.post(url + path, { data }),
    remove: (path) => context.request.delete(url + path),
    refs: async (n) => (await (await context.request.get(`${url}v1/pictures?limit=${n}`)).json()).pictures.map((one) => one.ref),
    /** The body of the next request to a path, of those that are `meant`: a slow page may still ask what it asked before. */
    sent: async (path, act, meant = () => true) => {
      const [request] = await Promise.all([page.waitForRequest((one) => one.url().includes(path) && meant(one.postDataJSON())), act()]);
      return request.postDataJSON();
    },
    /** The name and the text of what an act downloads. */
    saved: async (act) => {
      const [download] = await Promise.all([page.waitForEvent('download'), act()]);
      const parts = [];
      for await (const part of await download.createReadStream()) parts.push(part);
      return { name: download.suggestedFilename(), text: Buffer.concat(parts).toString('utf8') };
    },
    end: () => context.close(),
  };
}

export function expect(truth, what) {
  if (!truth) throw new Error(what);
}

/** Tries until it is true. */
export async function until(what, look, most = patience) {
  for (const start = Date.now(); Date.now() - start < most;) {
    if (await look().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`never: ${what}`);
}

/** The share of a canvas's pixels that are painted, and a number that changes with them. */
export const paint = (locator) => locator.evaluate((canvas) => {
  const copy = document.createElement('canvas');
  [copy.width, copy.height] = [canvas.width, canvas.height];
  const context = copy.getContext('2d');
  context.drawImage(canvas, 0, 0);
  const { data } = context.getImageData(0, 0, copy.width, copy.height);
  let painted = 0, sum = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3]) ++painted;
    sum = (sum * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2] + 11 * data[i + 3]) % 1000003;
  }
  return { share: painted / (data.length / 4), sum };
});

/** Drags with the mouse between two places of an element, given in parts of its size. */
export async function drag(page, locator, from, to, steps = 6) {
  await locator.scrollIntoViewIfNeeded();
  const box = await locator.boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.mouse.move(...at(from));
  await page.mouse.down();
  await page.mouse.move(...at(to), { steps });
  await page.mouse.up();
}

/** Sets a range input as a hand would, by its label. */
export const slide = (page, label, value) => page.getByLabel(label, { exact: true }).evaluate((input, to) => {
  input.value = to;
  input.dispatchEvent(new Event('input', { bubbles: true }));
}, String(value));

/** Runs the checks of a group; gives how many failed. */
export async function run(group, checks, setting) {
  let failed = 0;
  for (const { claim, check, size = { width: 1400, height: 900 }, scheme = 'light', faults: allowed = false } of checks) {
    const here = await world(setting, size, scheme);
    const start = Date.now();
    try {
      await check(here);
      if (!allowed) expect(!here.faults.length, `errors in the console: ${here.faults.join('; ')}`);
      console.log(`ok   ${group}: ${claim} (${Date.now() - start} ms)`);
    } catch (error) {
      ++failed;
      console.log(`FAIL ${group}: ${claim}\n     ${String(error.message).split('\n').slice(0, 8).join('\n     ')}`);
      await here.shot(`failed-${group}-${claim.slice(0, 40).replace(/\W+/g, '-')}`).catch(() => {});
    }
    await here.end();
  }
  return failed;
}
