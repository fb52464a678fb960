import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { imageAddress } from '../../core/api';
import { coalesced } from '../../core/frame';
import { lassoed, nearest } from '../../pure/geometry';
import type { MapData } from '../../pure/mapdata';
import { strings } from '../../strings';
import { IconButton } from '../../parts/controls';
import { Empty } from '../../parts/states';
import { scatter, unitPixels, type Look, type Scatter } from './scatter_gl';

const t = strings.map;
const all: Look = { x: 0, y: 0, zoom: 1 };

interface Props {
  data: MapData;
  colours: Uint8Array<ArrayBuffer>;
  chosen: readonly number[];
  pointed: number; // a point of the grid beside that is pointed at, or -1
  onChoose: (points: number[]) => void;
}

/** The points: drag moves, wheel zooms, lasso (its button, or Shift) chooses, hovering shows the picture. */
export function ScatterView({ data, colours, chosen, pointed, onChoose }: Props) {
  const self = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<Scatter | undefined>(undefined);
  const look = useRef<Look>(all);
  const [failed, setFailed] = useState(false);
  const [lassoing, setLassoing] = useState(false);
  const [line, setLine] = useState<number[]>([]); // CSS pixels
  const [over, setOver] = useState(-1);
  const [at, setAt] = useState<[number, number]>([0, 0]);
  const pointers = useRef(new Map<number, [number, number]>());
  const travelled = useRef(0);
  const draw = useMemo(() => coalesced(() => {
    const dot = Math.max(3, Math.min(11, 60 / Math.sqrt(Math.sqrt(data.count)))) * Math.min(2.2, Math.sqrt(look.current.zoom));
    renderer.current?.draw(look.current, dot * devicePixelRatio);
  }), [data]);
  const go = (next: Partial<Look>) => {
    look.current = { ...look.current, ...next };
    look.current.zoom = Math.min(200, Math.max(0.5, look.current.zoom));
    draw();
  };
  const unit = () => unitPixels(self.current!.clientWidth, self.current!.clientHeight, look.current.zoom);
  const toMap = (px: number, py: number): [number, number] => {
    const { clientWidth, clientHeight } = self.current!;
    return [look.current.x + (px - clientWidth / 2) / unit(), look.current.y + (py - clientHeight / 2) / unit()];
  };
  const zoomAt = (px: number, py: number, factor: number) => {
    const [x, y] = toMap(px, py);
    const zoom = Math.min(200, Math.max(0.5, look.current.zoom * factor)), by = look.current.zoom / zoom;
    go({ x: x + (look.current.x - x) * by, y: y + (look.current.y - y) * by, zoom });
  };

  useEffect(() => {
    const canvas = self.current!;
    renderer.current = scatter(canvas, data.x, data.y);
    setFailed(!renderer.current);
    const watch = new ResizeObserver(draw);
    watch.observe(canvas);
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      zoomAt(event.offsetX, event.offsetY, Math.exp(-event.deltaY / 400));
    };
    canvas.addEventListener('wheel', wheel, { passive: false });
    return () => {
      watch.disconnect();
      canvas.removeEventListener('wheel', wheel);
      renderer.current?.end();
      renderer.current = undefined;
    };
  }, [data]);
  useEffect(() => {
    renderer.current?.colours(colours);
    draw();
  }, [data, colours]);
  useEffect(() => {
    const states = new Float32Array(data.count).fill(chosen.length ? -1 : 0);
    for (const point of chosen) states[point] = 1;
    for (const point of [over, pointed]) if (point >= 0) states[point] = 2;
    renderer.current?.states(states);
    draw();
  }, [data, chosen, pointed, over]);

  const place = (event: PointerEvent): [number, number] => [event.offsetX, event.offsetY];
  const moved = (event: PointerEvent) => {
    const [px, py] = place(event), before = pointers.current.get(event.pointerId);
    if (!before) {
      setAt([px, py]);
      const [x, y] = toMap(px, py);
      return setOver(nearest(data.x, data.y, x, y, 10 / unit()));
    }
    pointers.current.set(event.pointerId, [px, py]);
    travelled.current += Math.abs(px - before[0]) + Math.abs(py - before[1]);
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    if (other) zoomAt(other[0], other[1], (Math.hypot(px - other[0], py - other[1]) || 1) / (Math.hypot(before[0] - other[0], before[1] - other[1]) || 1));
    else if (line.length) setLine([...line, px, py]);
    else go({ x: look.current.x - (px - before[0]) / unit(), y: look.current.y - (py - before[1]) / unit() });
  };
  const up = (event: PointerEvent) => {
    pointers.current.delete(event.pointerId);
    const [px, py] = place(event);
    if (line.length >= 6 && travelled.current > 8) {
      const polygon: number[] = [];
      for (let i = 0; i < line.length; i += 2) polygon.push(...toMap(line[i], line[i + 1]));
      onChoose(lassoed(data.x, data.y, polygon));
      setLassoing(false);
    } else if (travelled.current < 6) {
      const point = nearest(data.x, data.y, ...toMap(px, py), 12 / unit());
      onChoose(point < 0 ? [] : [point]);
    }
    setLine([]);
  };
  const inView = () => {
    const { clientWidth: w, clientHeight: h } = self.current!;
    onChoose(lassoed(data.x, data.y, [...toMap(0, 0), ...toMap(w, 0), ...toMap(w, h), ...toMap(0, h)]));
  };
  const keys = (event: KeyboardEvent) => {
    const far = 0.15 / look.current.zoom, { x, y, zoom } = look.current;
    const act = {
      ArrowLeft: () => go({ x: x - far }), ArrowRight: () => go({ x: x + far }), ArrowUp: () => go({ y: y - far }), ArrowDown: () => go({ y: y + far }),
      '+': () => go({ zoom: zoom * 1.25 }), '=': () => go({ zoom: zoom * 1.25 }), '-': () => go({ zoom: zoom / 1.25 }), 0: () => go(all), Enter: inView,
      Escape: () => onChoose([]),
    }[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  };
  const width = self.current?.clientWidth ?? 0;
  return (
    <div class="scatter">
      <canvas ref={self} class={lassoing ? 'lassoing' : ''} tabIndex={0} role="application" aria-label={t.label(data.count)} onKeyDown={keys}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pointers.current.set(event.pointerId, place(event));
          travelled.current = 0;
          setOver(-1);
          if (lassoing || event.shiftKey) setLine(place(event));
        }}
        onPointerMove={moved} onPointerUp={up}
        onPointerCancel={(event) => { pointers.current.delete(event.pointerId); setLine([]); }} onPointerLeave={() => setOver(-1)} />
      {line.length > 2 && <svg class="lasso" aria-hidden="true"><polygon points={line.join(' ')} /></svg>}
      {failed && <Empty icon="map" title={strings.depth.noWebgl}>{strings.depth.noWebglText}</Empty>}
      {over >= 0 && (
        <div class="preview" style={{ left: `${at[0] > width / 2 ? at[0] - 196 : at[0] + 16}px`, top: `${Math.max(8, at[1] - 90)}px` }} aria-hidden="true">
          <img src={imageAddress(String(data.ref[over]), 256)} alt="" />
        </div>
      )}
      <div class="scatter-tools">
        <IconButton icon="lasso" label={t.lasso} pressed={lassoing} onClick={() => setLassoing(!lassoing)} />
        <IconButton icon="grid" label={t.inView} onClick={inView} />
        <IconButton icon="plus" label={t.nearer} onClick={() => go({ zoom: look.current.zoom * 1.4 })} />
        <IconButton icon="minus" label={t.farther} onClick={() => go({ zoom: look.current.zoom / 1.4 })} />
        <IconButton icon="reset" label={t.all} onClick={() => go(all)} />
      </div>
    </div>
  );
}
