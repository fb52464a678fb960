// The contract of docs/http.md over a folder of JPEG files, for work on the page without a server:
//   node tests/mock.mjs FOLDER [PORT] [DIST]      MOCK_POINTS=20000: so many on the map
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import * as answers from './mock_answers.mjs';
import { makePicture, readFolder, tokenBytes } from './mock_pictures.mjs';

const [folder, port = '8471', dist = new URL('../dist', import.meta.url).pathname] = process.argv.slice(2);
const pictures = readFolder(folder, 160);
const uploads = new Map(), projects = new Map(), listeners = new Set();
const fault = (status, detail) => Object.assign(new Error(detail), { status });
const get = (ref) => uploads.get(ref) ?? pictures.find((one) => one.ref === ref) ?? (() => { throw fault(404, `picture ${ref}: there is none`); })();
const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
const csp = "default-src 'self'; img-src 'self' blob: data:; style-src 'self'";

const body = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
};
const labelList = () => [...new Set(pictures.map((one) => one.label))].map((name) => ({ name, count: pictures.filter((one) => one.label === name).length }));
const events = (reply) => {
  reply.writeHead(200, { 'content-type': 'text/event-stream', 'content-security-policy': csp });
  return (event, data) => reply.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
};

const routes = [
  ['GET', /^\/v1\/collection$/, () => ({ name: 'photos', pictures: pictures.length, model: 'small', dim: 6, size: 224, index: { kind: 'exact', recall: 1, measured_on: 100 }, labels: labelList(), columns: ['label', 'width', 'height', 'path', 'bytes'], words: answers.words, can: { depth: true, regions: true, write: true } })],
  ['GET', /^\/v1\/pictures$/, (_, url) => {
    const all = answers.filtered(pictures, url.searchParams.get('filter') ?? ''), offset = +(url.searchParams.get('offset') ?? 0);
    return { total: all.length, pictures: all.slice(offset, offset + +(url.searchParams.get('limit') ?? 100)).map(answers.facts) };
  }],
  ['GET', /^\/v1\/pictures\/([^/]+)$/, ([ref]) => answers.facts(get(ref))],
  ['GET', /^\/v1\/pictures\/([^/]+)\/image$/, ([ref]) => [get(ref).bytes, 'image/jpeg']],
  ['GET', /^\/v1\/pictures\/([^/]+)\/tokens$/, ([ref]) => [tokenBytes(get(ref)), 'application/octet-stream']],
  ['GET', /^\/v1\/pictures\/([^/]+)\/pca$/, ([ref]) => [answers.pca(get(ref)), 'image/png']],
  ['GET', /^\/v1\/pictures\/([^/]+)\/depth$/, ([ref], url) => {
    const format = url.searchParams.get('format') ?? 'json', made = answers.depth(get(ref), format);
    return format === 'json' ? made : [made, format.startsWith('png') || format === 'normals' ? 'image/png' : 'application/octet-stream'];
  }],
  ['POST', /^\/v1\/uploads$/, async (_, __, request) => {
    const ref = `u-${(uploads.size + 1).toString(16).padStart(16, '0')}`;
    try { uploads.set(ref, makePicture(ref, 'upload.jpg', await body(request))); } catch { throw fault(415, 'upload: not a picture; send a JPEG file'); }
    return { ref, width: get(ref).width, height: get(ref).height };
  }],
  ['POST', /^\/v1\/index$/, () => {
    [0, 40, 90, pictures.length].forEach((done, i) => setTimeout(() => listeners.forEach((send) => send('index', { state: i < 3 ? 'scanning' : 'idle', done, total: pictures.length, per_second: 61, eta_seconds: 3 - i })), 700 * i));
    return {};
  }],
  ['POST', /^\/v1\/search$/, async (_, __, request) => answers.search(pictures, get, JSON.parse(await body(request)))],
  ['GET', /^\/v1\/map$/, () => [answers.map(pictures, +(process.env.MOCK_POINTS ?? pictures.length)), 'application/octet-stream']],
  ['GET', /^\/v1\/clusters$/, () => ({ clusters: Array.from({ length: 8 }, (_, number) => ({ number, count: Math.floor(pictures.length / 8), label: '', examples: pictures.filter((_, i) => i % 8 === number).slice(0, 12).map((one) => one.ref) })) })],
  ['GET', /^\/v1\/outliers$/, () => ({ hits: pictures.slice(0, 24).map((one, i) => ({ ref: one.ref, path: one.path, score: 1 - i / 40 })) })],
  ['GET', /^\/v1\/duplicates$/, () => ({ groups: [{ tier: 'copy', refs: ['3', '9', '12'], keep: '9' }, { tier: 'identical', refs: ['5', '6'], keep: '5' }] })],
  ['POST', /^\/v1\/masks$/, async (_, __, request) => {
    const asked = JSON.parse(await body(request));
    return answers.mask(get(asked.picture), asked);
  }],
  ['POST', /^\/v1\/proposals$/, async (_, __, request) => {
    const one = get(JSON.parse(await body(request)).picture), part = (x, y, w, h) => ({ x: x * one.width, y: y * one.height, width: w * one.width, height: h * one.height });
    return { masks: [part(0.3, 0.3, 0.45, 0.5), part(0.05, 0.1, 0.3, 0.3), part(0.65, 0.6, 0.3, 0.35)].map((box) => answers.mask(one, { box })) };
  }],
  ['POST', /^\/v1\/matches$/, async (_, __, request) => {
    const asked = JSON.parse(await body(request));
    return answers.matches(get(asked.a), get(asked.b), asked);
  }],
  ['POST', /^\/v1\/restyles$/, async (_, __, request) => {
    const asked = JSON.parse(await body(request));
    return [answers.restyle(get(asked.content), get(asked.style), asked.strength), 'image/png'];
  }],
  ['GET', /^\/v1\/projects$/, () => ({ projects: [...projects.values()].map((one) => ({ name: one.name, pictures: Object.keys(one.pictures).length, shapes: Object.values(one.pictures).flatMap((two) => two.shapes).length, revision: one.revision })) })],
  ['GET', /^\/v1\/projects\/([^/]+)$/, ([name]) => projects.get(name) ?? (() => { throw fault(404, `project ${name}: there is none`); })()],
  ['PUT', /^\/v1\/projects\/([^/]+)$/, async ([name], _, request) => {
    const made = JSON.parse(await body(request)), revision = projects.get(name)?.revision ?? 0;
    if (made.revision !== revision) throw fault(409, `project ${name}: somebody saved revision ${revision} meanwhile`);
    projects.set(name, { ...made, name, revision: revision + 1 });
    return { revision: revision + 1 };
  }],
  ['DELETE', /^\/v1\/projects\/([^/]+)$/, ([name]) => { projects.delete(name); return {}; }],
  ['GET', /^\/v1\/projects\/([^/]+)\/export$/, () => [Buffer.from('PK\x05\x06' + '\0'.repeat(18), 'latin1'), 'application/zip']],
];

const server = createServer(async (request, reply) => {
  const url = new URL(request.url, 'http://mock');
  try {
    if (url.pathname === '/v1/events') {
      const send = events(reply);
      send('index', { state: 'idle', done: pictures.length, total: pictures.length, per_second: 0, eta_seconds: 0 });
      listeners.add(send);
      return request.on('close', () => listeners.delete(send));
    }
    if (url.pathname === '/v1/propagate') {
      const { limit = 12 } = JSON.parse(await body(request)), send = events(reply), some = pictures.slice(0, Math.min(limit, 12));
      for (const [i, one] of some.entries()) {
        send('progress', { done: i + 1, total: some.length });
        send('found', { ref: one.ref, mask: answers.mask(one, { box: { x: one.width * 0.25, y: one.height * 0.25, width: one.width * 0.5, height: one.height * 0.5 } }) });
        await new Promise((done) => setTimeout(done, 60));
      }
      send('end', { found: some.length });
      return reply.end();
    }
    for (const [method, pattern, answer] of routes) {
      const match = pattern.exec(url.pathname);
      if (!match || method !== request.method) continue;
      const made = await answer(match.slice(1).map(decodeURIComponent), url, request);
      const [bytes, type] = Array.isArray(made) ? made : [JSON.stringify(made), 'application/json'];
      reply.writeHead(200, { 'content-type': type, 'content-security-policy': csp });
      return reply.end(bytes);
    }
    const file = join(dist, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
    if (!existsSync(file)) throw fault(404, `${url.pathname}: there is no such thing`);
    reply.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'content-security-policy': csp });
    reply.end(readFileSync(file));
  } catch (error) {
    const status = error.status ?? 500;
    reply.writeHead(status, { 'content-type': 'application/problem+json' });
    reply.end(JSON.stringify({ type: 'about:blank', title: 'Problem', status, detail: error.message }));
  }
});
server.listen(Number(port), '127.0.0.1', () => console.log(`mock: http://127.0.0.1:${server.address().port}`));
