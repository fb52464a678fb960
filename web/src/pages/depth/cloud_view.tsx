import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { getBytes } from '../../core/api';
import { coalesced } from '../../core/frame';
import { useLoad } from '../../core/load';
import type { Ref } from '../../core/types';
import { firstView, type Orbit } from '../../pure/camera';
import { parsePoints } from '../../pure/npy';
import { strings } from '../../strings';
import { Button, Slider } from '../../parts/controls';
import { Empty, Failed, Loading } from '../../parts/states';
import { cloudRenderer, type CloudRenderer } from './cloud_gl';

const t = strings.depth;

/** The picture as points in space: drag turns, wheel and two fingers zoom, right drag shifts; keys too. */
export function CloudView({ of }: { of: Ref }) {
  const { data, error, again } = useLoad((signal) => getBytes(`v1/pictures/${of}/depth?format=points&max=200000`, signal).then(parsePoints), [of]);
  const self = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<CloudRenderer | undefined>(undefined);
  const home = useRef<Orbit>({ yaw: 0, pitch: 0, distance: 1, target: [0, 0, 1] });
  const orbit = useRef<Orbit>(home.current);
  const [size, setSize] = useState(2);
  const dot = useRef(size);
  dot.current = size;
  const [failed, setFailed] = useState(false);
  const draw = useMemo(() => coalesced(() => renderer.current?.draw(orbit.current, dot.current * devicePixelRatio)), []);
  const turn = (next: Partial<Orbit>) => {
    orbit.current = { ...orbit.current, ...next };
    orbit.current.pitch = Math.min(1.5, Math.max(-1.5, orbit.current.pitch));
    draw();
  };
  const shift = (right: number, down: number) => {
    const { yaw, distance, target: [x, y, z] } = orbit.current;
    turn({ target: [x + right * distance * Math.cos(yaw), y + down * distance, z - right * distance * Math.sin(yaw)] });
  };
  useEffect(() => {
    const canvas = self.current;
    if (!canvas || !data) return;
    home.current = orbit.current = firstView(data.place, canvas.clientWidth / canvas.clientHeight);
    renderer.current = cloudRenderer(canvas, data);
    setFailed(!renderer.current);
    const watch = new ResizeObserver(draw);
    watch.observe(canvas);
    return () => {
      watch.disconnect();
      renderer.current?.end();
      renderer.current = undefined;
    };
  }, [data]);
  useEffect(() => draw(), [size]);

  const pointers = useRef(new Map<number, { x: number; y: number }>());
  const moved = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const others = [...pointers.current].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    const dx = event.clientX - before.x, dy = event.clientY - before.y;
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const { yaw, pitch, distance } = orbit.current;
    if (others.length) {
      const apart = (at: { x: number; y: number }) => Math.hypot(at.x - others[0].x, at.y - others[0].y) || 1;
      turn({ distance: distance * (apart(before) / apart({ x: event.clientX, y: event.clientY })) });
    } else if (event.buttons & 2 || event.shiftKey) shift(-dx / 600, -dy / 600);
    else turn({ yaw: yaw - dx / 200, pitch: pitch + dy / 200 });
  };
  const keys = (event: KeyboardEvent) => {
    const { yaw, pitch, distance } = orbit.current;
    const act = {
      ArrowLeft: () => turn({ yaw: yaw + 0.1 }), ArrowRight: () => turn({ yaw: yaw - 0.1 }),
      ArrowUp: () => turn({ pitch: pitch - 0.1 }), ArrowDown: () => turn({ pitch: pitch + 0.1 }),
      '+': () => turn({ distance: distance / 1.15 }), '=': () => turn({ distance: distance / 1.15 }), '-': () => turn({ distance: distance * 1.15 }),
      0: () => turn(home.current),
    }[event.key];
    if (!act) return;
    act();
    event.preventDefault();
  };
  useEffect(() => {
    const canvas = self.current;
    const wheel = (event: WheelEvent) => {
      event.preventDefault(); // the page must not scroll away
      turn({ distance: orbit.current.distance * Math.exp(event.deltaY / 600) });
    };
    canvas?.addEventListener('wheel', wheel, { passive: false });
    return () => canvas?.removeEventListener('wheel', wheel);
  }, [data]);
  if (error) return <Failed error={error} again={again} />;
  if (!data) return <Loading text={t.cloudBusy} />;
  if (failed) return <Empty icon="depth" title={t.noWebgl}>{t.noWebglText}</Empty>;
  return (
    <div class="cloud">
      <canvas ref={self} tabIndex={0} role="application" aria-label={t.cloud(data.count)} onKeyDown={keys}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
        }}
        onPointerMove={moved} onPointerUp={(event) => pointers.current.delete(event.pointerId)}
        onPointerCancel={(event) => pointers.current.delete(event.pointerId)} onContextMenu={(event) => event.preventDefault()} />
      <div class="row wrap cloud-tools">
        <span class="hint">{t.cloudHint}</span>
        <Slider label={t.pointSize} min={1} max={8} step={0.5} value={size} onInput={setSize} />
        <Button icon="reset" onClick={() => turn(home.current)}>{t.reset}</Button>
      </div>
    </div>
  );
}
