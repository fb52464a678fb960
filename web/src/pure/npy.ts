export interface Grid { width: number; height: number; values: Float32Array }

/** Reads a .npy file of float32 [height, width]; throws on anything else. */
export function parseNpy(bytes: ArrayBuffer): Grid {
  const view = new DataView(bytes);
  if (bytes.byteLength < 12 || view.getUint32(0) !== 0x934e554d) throw new Error('npy: not one');
  const wide = view.getUint8(6) > 1;
  const length = wide ? view.getUint32(8, true) : view.getUint16(8, true);
  const start = (wide ? 12 : 10) + length;
  const header = new TextDecoder().decode(new Uint8Array(bytes, wide ? 12 : 10, length));
  const shape = /'shape':\s*\((\d+),\s*(\d+)/.exec(header);
  if (!/'<f4'/.test(header) || !shape || /True/.test(header)) throw new Error('npy: not float32 [h, w]');
  const [height, width] = [Number(shape[1]), Number(shape[2])];
  if (bytes.byteLength < start + 4 * width * height) throw new Error('npy: cut short');
  return { width, height, values: new Float32Array(bytes.slice(start, start + 4 * width * height)) };
}

export interface Points { count: number; place: Float32Array; colour: Uint8Array }

/** Reads /depth?format=points: places [n, 3] (right, down, forward) and colours [n, 3]. */
export function parsePoints(bytes: ArrayBuffer): Points {
  if (bytes.byteLength < 4) throw new Error('points: no header');
  const count = new DataView(bytes).getUint32(0, true);
  if (bytes.byteLength < 4 + count * 15) throw new Error('points: cut short');
  return { count, place: new Float32Array(bytes, 4, 3 * count), colour: new Uint8Array(bytes, 4 + 12 * count, 3 * count) };
}

/** Where a value lies, 0..1, on a bar whose rising marks are evenly apart, whatever their values. */
export function legendPlace(marks: readonly number[], value: number): number {
  const above = marks.findIndex((mark) => mark >= value);
  if (above === 0) return 0;
  if (above < 0) return 1;
  const low = marks[above - 1];
  return (above - 1 + (value - low) / (marks[above] - low)) / (marks.length - 1);
}
