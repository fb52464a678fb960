export interface MapData {
  count: number;
  ref: Uint32Array;
  x: Float32Array;
  y: Float32Array;
  cluster: Uint16Array;
  label: Uint16Array;
  outlier: Float32Array;
}

export const noLabel = 65535;

/** Reads /v1/map. Columns may lie at odd places, so each is copied to where its type may start. */
export function parseMap(bytes: ArrayBuffer): MapData {
  if (bytes.byteLength < 4) throw new Error('map: no header');
  const count = new DataView(bytes).getUint32(0, true);
  if (bytes.byteLength < 4 + count * 20) throw new Error('map: cut short');
  let at = 4;
  const take = (size: number) => {
    const part = bytes.slice(at, at + size * count);
    at += size * count;
    return part;
  };
  return {
    count,
    ref: new Uint32Array(take(4)), x: new Float32Array(take(4)), y: new Float32Array(take(4)),
    cluster: new Uint16Array(take(2)), label: new Uint16Array(take(2)), outlier: new Float32Array(take(4)),
  };
}
