// Clicks through every feature of the page in a real Chromium, against a real server:
//   TROODON_URL=http://127.0.0.1:8471 node tests/browser.mjs [name ...]     only these groups
//   TROODON_SHOTS=DIR  keeps screenshots     TROODON_CHROMIUM=/usr/bin/chromium
// Without TROODON_URL the mock answers, over the JPEG files below TROODON_DATA.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { run } from './browser/harness.mjs';

const groups = ['search', 'query', 'label', 'pair', 'depth', 'map', 'frame'];
const wanted = process.argv.slice(2);
const shots = process.env.TROODON_SHOTS ?? '';
const photos = existsSync(join(process.env.TROODON_DATA ?? '', 'photos')) ? join(process.env.TROODON_DATA, 'photos') : process.env.TROODON_DATA;
if (shots) mkdirSync(shots, { recursive: true });

/** Starts the mock and waits for its address. */
function startMock() {
  const mock = spawn(process.execPath, [fileURLToPath(new URL('mock.mjs', import.meta.url)), photos, '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.on('exit', () => mock.kill());
  return new Promise((done) => mock.stdout.on('data', (text) => {
    const found = /http:\S+/.exec(text);
    if (found) done(found[0]);
  }));
}

if (!process.env.TROODON_URL && !process.env.TROODON_DATA) {
  console.error('browser: name a server in TROODON_URL, or a folder of JPEG files for the mock in TROODON_DATA');
  process.exit(2);
}
const url = (process.env.TROODON_URL || await startMock()).replace(/\/?$/, '/');
const browser = await chromium.launch({
  executablePath: process.env.TROODON_CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
});
let failed = 0;
for (const name of groups.filter((group) => !wanted.length || wanted.includes(group))) {
  const { default: checks } = await import(`./browser/${name}.mjs`);
  failed += await run(name, checks, { browser, url, shots });
}
await browser.close();
console.log(failed ? `browser: ${failed} checks failed` : 'browser: all checks passed');
process.exit(failed ? 1 : 0);
