// Bundles the page's pure functions (TypeScript) so that node can import them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'vite';

/** The exports of some modules below src/, in one object. */
export async function load(...names) {
  const folder = mkdtempSync(join(tmpdir(), 'troodon-web-'));
  const source = fileURLToPath(new URL('../src/', import.meta.url));
  const entry = join(folder, 'entry.ts');
  writeFileSync(entry, names.map((name) => `export * from '${source}${name}';`).join('\n'));
  await build({
    root: folder, configFile: false, logLevel: 'error',
    build: { outDir: 'out', minify: false, lib: { entry, formats: ['es'], fileName: () => 'all.mjs' } },
  });
  const made = await import(pathToFileURL(join(folder, 'out/all.mjs')));
  rmSync(folder, { recursive: true });
  return made;
}
