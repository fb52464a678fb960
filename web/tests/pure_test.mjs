// The page's pure functions, by node's own test runner: npm test
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './load.mjs';

const page = await load('pure/tokens', 'pure/heat', 'pure/rle', 'pure/geometry', 'pure/justify', 'pure/mapdata', 'pure/npy',
  'pure/history', 'pure/project', 'pure/table', 'pure/camera', 'core/events', 'core/route');
const near = (actual, wanted, off = 1e-6) => assert.ok(Math.abs(actual - wanted) <= off, `${actual} is not ${wanted}`);

/** Tokens of one row: each an axis of its own, at full scale. */
function axisTokens(count) {
  const bytes = new ArrayBuffer(12 + 4 * count + count * count);
  new Uint32Array(bytes, 0, 3).set([1, count, count]);
  new Float32Array(bytes, 12, count).fill(1 / 127);
  const codes = new Int8Array(bytes, 12 + 4 * count);
  for (let i = 0; i < count; ++i) codes[i * count + i] = 127;
  return bytes;
}

test('tokens are scale times codes', () => {
  const tokens = page.parseTokens(axisTokens(4));
  assert.deepEqual([tokens.rows, tokens.columns, tokens.dim], [1, 4, 4]);
  near(page.patchVector(tokens, 2)[2], 1);
  near(page.patchVector(tokens, 2)[1], 0);
});

test('tokens cut short are refused', () => {
  assert.throws(() => page.parseTokens(axisTokens(4).slice(0, 30)), /cut short/);
  assert.throws(() => page.parseTokens(new ArrayBuffer(3)), /header/);
});

test('the patch below a place is its cell, also on the last edge', () => {
  const tokens = page.parseTokens(axisTokens(4));
  assert.equal(page.patchAt(tokens, 0, 0), 0);
  assert.equal(page.patchAt(tokens, 0.3, 0.5), 1);
  assert.equal(page.patchAt(tokens, 1, 1), 3);
});

test('a box holds the patches whose centres it covers, at least the nearest one', () => {
  const tokens = page.parseTokens(axisTokens(4));
  assert.deepEqual(page.patchesIn(tokens, { x: 0.2, y: 0, width: 0.45, height: 1 }), [1, 2]); // centres .375 and .625
  assert.deepEqual(page.patchesIn(tokens, { x: 0.76, y: 0.1, width: 0.02, height: 0.1 }), [3]);
});

test('similarity is the cosine with each patch', () => {
  const tokens = page.parseTokens(axisTokens(4));
  const mean = page.meanVector(tokens, [0, 1]);
  const map = page.similarity(tokens, mean);
  near(map[0], Math.SQRT1_2);
  near(map[1], Math.SQRT1_2);
  near(map[3], 0);
});

test('a picture finds all of itself', () => {
  const tokens = page.parseTokens(axisTokens(4));
  for (const value of page.bestSimilarity(tokens, tokens)) near(value, 1);
});

test('upsampling passes through the centres and holds at the edges', () => {
  const out = page.upsample([0, 1], 1, 2, 8, 1); // centres at 1/4 and 3/4
  near(out[0], 0);
  near(out[7], 1);
  near(out[3] + out[4], 1); // the middle is half way
  assert.ok(out[3] < out[4]);
  near(out[2], 0.125);
});

test('contrast leaves a flat map cold and a peak hot', () => {
  for (const value of page.contrast(new Float32Array(9).fill(0.4))) near(value, 0);
  const map = new Float32Array(9).fill(0.2);
  map[4] = 0.9;
  near(page.contrast(map)[4], 1);
  near(page.contrast(map)[0], 0);
});

test('the ramp grows lighter all along', () => {
  let before = -1;
  for (let t = 0; t <= 1.0001; t += 0.05) {
    const [red, green, blue] = page.rampColour(t);
    const light = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    assert.ok(light > before, `at ${t}`);
    before = light;
  }
});

test('what pycocotools encodes is read, and written the same', () => {
  // An ellipse and a corner, encoded by pycocotools 2.0: the mask is rebuilt here from its formula.
  const [width, height] = [53, 37], counts = ']77l04M2N2N2O0O2O0O2O000000000000000000000001N101N101N2N2N3L`7OcH000000000000000000000';
  const mask = Uint8Array.from({ length: width * height }, (_, i) => {
    const x = i % width, y = Math.floor(i / width);
    return +(((x - 20) / 15) ** 2 + ((y - 18) / 11) ** 2 < 1 || (x > 40 && y > 30));
  });
  assert.deepEqual(page.decodeRle({ size: [height, width], counts }), mask);
  assert.equal(page.encodeRle(mask, width, height).counts, counts);
});

test('runs go down the columns', () => {
  const mask = page.decodeRle({ size: [2, 3], counts: page.textOf([0, 2, 4]) }); // the first column
  assert.deepEqual([...mask], [1, 0, 0, 1, 0, 0]);
});

test('masks survive encoding, whatever their size', () => {
  let state = 7;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  for (const [width, height] of [[1, 1], [3, 5], [40, 31], [257, 64]]) {
    for (const share of [0, 0.02, 0.5, 1]) {
      const mask = Uint8Array.from({ length: width * height }, () => +(random() < share));
      assert.deepEqual(page.decodeRle(page.encodeRle(mask, width, height)), mask);
    }
  }
});

test('long and falling runs keep their sign', () => {
  const runs = [100000, 3, 70000, 5, 2, 90000];
  assert.deepEqual(page.runsOf(page.textOf(runs)), runs);
});

test("a mask's edge is opaque, its inside is not, outside is clear", () => {
  const mask = new Uint8Array(25);
  for (const y of [1, 2, 3]) for (const x of [1, 2, 3]) mask[5 * y + x] = 1;
  const pixels = page.maskPixels(mask, 5, 5, [10, 20, 30], 99);
  assert.equal(pixels[4 * (5 * 1 + 1) + 3], 255);
  assert.equal(pixels[4 * (5 * 2 + 2) + 3], 99);
  assert.equal(pixels[3], 0);
});

test('a lasso holds what lies inside, also where it is not convex', () => {
  const u = [0, 0, 3, 0, 3, 3, 2, 3, 2, 1, 1, 1, 1, 3, 0, 3];
  assert.equal(page.inPolygon(0.5, 2, u), true);
  assert.equal(page.inPolygon(1.5, 2, u), false); // between the arms
  assert.equal(page.inPolygon(1.5, 0.5, u), true);
  assert.deepEqual(page.lassoed([0.5, 1.5, 2.5, 9], [2, 2, 2, 9], u), [0, 2]);
  assert.deepEqual(page.lassoed([0], [0], [0, 0, 1, 1]), []);
});

test('the nearest point is found within reach only', () => {
  assert.equal(page.nearest([0, 1, 2], [0, 0, 0], 1.1, 0, 0.5), 1);
  assert.equal(page.nearest([0, 1, 2], [0, 0, 0], 5, 5, 0.5), -1);
});

test('a box dragged any way stays inside the picture', () => {
  assert.deepEqual(page.boxBetween([90, 50], [-20, 10], 100, 40), { x: 0, y: 10, width: 90, height: 30 });
  assert.equal(page.parseBox('1,2,0,4'), undefined);
  assert.deepEqual(page.parseBox('1,2,3,4'), { x: 1, y: 2, width: 3, height: 4 });
});

test('rows of the grid end at its edge, and no picture is bent', () => {
  const pictures = Array.from({ length: 23 }, (_, i) => ({ width: 300 + 40 * (i % 5), height: 300 }));
  const cells = page.justify(pictures, 1000, 180, 6);
  assert.equal(cells.length, pictures.length);
  const rows = Map.groupBy ? Map.groupBy(cells, (cell) => cell.y) : cells.reduce((map, cell) => map.set(cell.y, [...(map.get(cell.y) ?? []), cell]), new Map());
  const all = [...rows.values()];
  for (const row of all.slice(0, -1)) near(row.at(-1).x + row.at(-1).width, 1000, 1e-6);
  cells.forEach((cell, i) => near(cell.width / cell.height, pictures[i].width / pictures[i].height, 1e-9));
  assert.ok(Math.max(...cells.map((cell) => cell.height)) <= 180);
  assert.deepEqual(page.justify([], 1000, 180, 6), []);
});

test("the map's columns are read from where they lie, for odd counts too", () => {
  const n = 3, bytes = Buffer.alloc(4 + 20 * n);
  bytes.writeUInt32LE(n, 0);
  bytes.writeUInt32LE(77, 4 + 8);
  bytes.writeFloatLE(-0.5, 4 + 12);
  bytes.writeUInt16LE(9, 4 + 36 + 2);
  bytes.writeUInt16LE(65535, 4 + 42);
  bytes.writeFloatLE(0.25, 4 + 48 + 8);
  const map = page.parseMap(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  assert.equal(map.ref[2], 77);
  near(map.x[0], -0.5);
  assert.equal(map.cluster[1], 9);
  assert.equal(map.label[0], page.noLabel);
  near(map.outlier[2], 0.25);
  assert.throws(() => page.parseMap(new ArrayBuffer(8).slice(0, 3)), /header/);
});

test('a .npy of float32 is read; others are refused by name', () => {
  const make = (descr) => {
    const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (2, 3), }`.padEnd(117) + '\n';
    const head = Buffer.from('\x93NUMPY\x01\x00..' + header, 'latin1');
    head.writeUInt16LE(header.length, 8);
    const all = Buffer.concat([head, Buffer.from(new Float32Array([1, 2, 3, 4, 5, 6]).buffer)]);
    return all.buffer.slice(all.byteOffset, all.byteOffset + all.length);
  };
  const grid = page.parseNpy(make('<f4'));
  assert.deepEqual([grid.width, grid.height, grid.values[5]], [3, 2, 6]);
  assert.throws(() => page.parseNpy(make('<f8')), /float32/);
  assert.throws(() => page.parseNpy(make('<f4').slice(0, 140)), /cut short/);
});

test('a value lies between its marks on the legend, however they grow', () => {
  near(page.legendPlace([1, 2, 4, 8], 3), 0.5); // half way from the second to the third of four
  near(page.legendPlace([1, 2, 4, 8], 0.1), 0);
  near(page.legendPlace([1, 2, 4, 8], 99), 1);
});

test('undo goes back, redo forth, and a new step forgets the undone', () => {
  let story = page.step(page.step(page.begin(1), 2), 3);
  story = page.undo(story);
  assert.equal(story.now, 2);
  assert.equal(page.redo(story).now, 3);
  assert.equal(page.redo(page.step(story, 9)).now, 9);
  assert.equal(page.undo(page.undo(page.undo(story))).now, 1);
});

const shape = (id, score, state = 'draft', at = 0) => ({ id, class: at, rle: { size: [1, 1], counts: '1' }, score, state, clicks: [] });

test('the review begins with what is least certain', () => {
  const project = { name: 'p', revision: 1, classes: ['a'], pictures: { 1: { shapes: [shape('x', 0.97), shape('done', 0.5, 'accepted')] }, 2: { shapes: [shape('y', 0.52), shape('z', 0.1)] } } };
  assert.deepEqual(page.queueOf(project).map((waiting) => waiting.shape.id), ['y', 'z', 'x']);
});

test('a merge keeps the shapes of both, and classes by name', () => {
  const theirs = { name: 'p', revision: 5, classes: ['cat', 'dog'], pictures: { 1: { shapes: [shape('t', 1, 'accepted', 1)] } } };
  const ours = { name: 'p', revision: 4, classes: ['dog', 'bird'], pictures: { 1: { shapes: [shape('o', 1, 'accepted', 1)] }, 2: { shapes: [shape('q', 1, 'accepted', 0)] } } };
  const both = page.merge(theirs, ours);
  assert.equal(both.revision, 5);
  assert.deepEqual(both.classes, ['cat', 'dog', 'bird']);
  assert.deepEqual(both.pictures[1].shapes.map((one) => [one.id, both.classes[one.class]]), [['t', 'dog'], ['o', 'bird']]);
  assert.equal(both.classes[both.pictures[2].shapes[0].class], 'dog');
});

test('a table quotes what needs it and runs nothing in a spreadsheet', () => {
  const rows = [{ ref: '1', path: 'a,"b".jpg', label: '=cmd()', score: 0.5 }];
  assert.equal(page.exported(rows, 'csv'), 'ref,path,label,score\n1,"a,""b"".jpg",\'=cmd(),0.5\n');
  assert.equal(page.exported(rows, 'txt'), 'a,"b".jpg\n');
  assert.equal(JSON.parse(page.exported(rows, 'json'))[0].score, 0.5);
});

test('events are cut where they end, however the text comes', () => {
  const seen = [];
  const cut = page.eventCutter((event, data) => seen.push([event, data]));
  for (const letter of 'event: found\ndata: {"a":1}\n\n: pause\n\ndata: x\ndata: y\n\n') cut(letter);
  assert.deepEqual(seen, [['found', '{"a":1}'], ['message', 'x\ny']]);
});

test('the address holds the state there and back', () => {
  const params = { plus: '1,u-2', filter: 'label = "big dog" & more', min: '0.5', empty: '' };
  const { empty, ...kept } = params;
  assert.deepEqual(page.parseHash(page.writeHash('search', params)), { page: 'search', params: kept });
  assert.deepEqual(page.parseHash('#/nowhere?x=1').page, 'search');
});

test('a point at the target is in the middle of the view, from everywhere', () => {
  for (const [yaw, pitch] of [[0, 0], [1, 0.4], [-2, -1]]) {
    const m = page.viewMatrix({ yaw, pitch, distance: 3, target: [1, 2, 5] }, 1.5);
    const at = [0, 1, 2, 3].map((row) => m[row] * 1 + m[4 + row] * 2 + m[8 + row] * 5 + m[12 + row]);
    near(at[0] / at[3], 0, 1e-5);
    near(at[1] / at[3], 0, 1e-5);
    near(at[3], 3, 1e-5);
  }
  const ahead = page.viewMatrix({ yaw: 0, pitch: 0, distance: 3, target: [0, 0, 3] }, 1);
  const clip = (x, y, z) => [0, 1].map((row) => ahead[row] * x + ahead[4 + row] * y + ahead[8 + row] * z + ahead[12 + row]);
  assert.ok(clip(1, 0, 3)[0] > 0); // right is right
  assert.ok(clip(0, 1, 3)[1] < 0); // down is down
});
