import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { imageAddress } from '../core/api';
import { picture } from '../core/pictures';
import type { Box, Ref } from '../core/types';
import { boxBetween } from '../pure/geometry';
import { strings } from '../strings';
import { Loading } from './states';

export interface Press { x: number; y: number; positive: boolean }

interface Props {
  of: Ref;
  label: string;
  image?: string; // another picture of the same shape to show
  high?: string; // the most height, as CSS says it
  /** Draws over the picture, in its pixels; called again when it changes. unit: pixels of the picture per pixel shown. */
  draw?: (context: CanvasRenderingContext2D, width: number, height: number, unit: number) => void;
  onPress?: (press: Press) => void;
  onBox?: (box: Box) => void;
  onHover?: (x: number, y: number) => void; // pixels of the picture
  onLeave?: () => void;
  children?: ComponentChildren;
}

const most = 1600; // the canvas's longer side

/** A picture to point at: clicks (right or Shift: negative), boxes, hovering, all in its own pixels.
 *  With keys: arrows move a cross, Enter clicks where it is, Shift-Enter clicks negative. */
export function Stage(props: Props) {
  const facts = picture(props.of).value;
  const canvas = useRef<HTMLCanvasElement>(null);
  const start = useRef<[number, number] | undefined>(undefined);
  const [drag, setDrag] = useState<Box>();
  const [cross, setCross] = useState<[number, number]>();
  const [shown, setShown] = useState(0);
  const known = facts && !(facts instanceof Error) ? facts : undefined;
  const width = known?.width ?? 1, height = known?.height ?? 1;

  useEffect(() => {
    const element = canvas.current;
    if (!element || !known) return;
    const watch = new ResizeObserver(() => setShown(element.clientWidth));
    watch.observe(element);
    return () => watch.disconnect();
  }, [known]);

  useEffect(() => {
    const element = canvas.current;
    if (!element || !known || !shown) return;
    const scale = Math.min(most / Math.max(width, height), (shown * devicePixelRatio) / width);
    element.width = Math.max(1, Math.round(width * scale));
    element.height = Math.max(1, Math.round(height * scale));
    const context = element.getContext('2d')!;
    context.setTransform(element.width / width, 0, 0, element.height / height, 0, 0);
    const unit = width / shown;
    props.draw?.(context, width, height, unit);
    if (drag) drawBox(context, drag, unit);
    if (cross) drawCross(context, cross, unit);
  }, [props.draw, drag, cross, known, shown]);

  if (facts instanceof Error) return <div class="stage-none" role="alert">{facts.message}</div>;
  if (!known) return <div class="stage-none"><Loading /></div>;

  const place = (event: PointerEvent | MouseEvent): [number, number] => {
    const box = canvas.current!.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * width, ((event.clientY - box.top) / box.height) * height];
  };
  const press = (x: number, y: number, positive: boolean) => {
    const inside = (value: number, end: number) => Math.min(end - 1, Math.max(0, Math.round(value)));
    props.onPress?.({ x: inside(x, width), y: inside(y, height), positive });
  };
  const down = (event: PointerEvent) => {
    setCross(undefined);
    if (!props.onPress && !props.onBox) return;
    if (event.button === 0) start.current = place(event);
    canvas.current!.setPointerCapture(event.pointerId);
  };
  const moved = (event: PointerEvent) => {
    const at = place(event);
    props.onHover?.(...at);
    if (!start.current || !props.onBox) return;
    const box = boxBetween(start.current, at, width, height);
    const least = (6 * width) / canvas.current!.clientWidth;
    setDrag(box.width > least && box.height > least ? box : undefined);
  };
  const up = (event: PointerEvent) => {
    const from = start.current;
    start.current = undefined;
    if (drag) {
      setDrag(undefined);
      props.onBox?.(drag);
    } else if (from) press(...from, !event.shiftKey);
  };
  const keys = (event: KeyboardEvent) => {
    const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    const at = cross ?? [width / 2, height / 2];
    if (way) {
      const far = Math.max(width, height) / (event.shiftKey ? 10 : 40);
      const next: [number, number] = [Math.min(width - 1, Math.max(0, at[0] + way[0] * far)), Math.min(height - 1, Math.max(0, at[1] + way[1] * far))];
      setCross(next);
      props.onHover?.(...next);
    } else if (event.key === 'Enter' && props.onPress && cross) press(at[0], at[1], !event.shiftKey);
    else return;
    event.preventDefault();
  };
  return (
    <div class="stage" style={{ aspectRatio: `${width} / ${height}`, '--shape': width / height, '--high': props.high ?? '62vh' } as any}>
      <img src={props.image ?? imageAddress(props.of, 1600)} alt="" draggable={false} />
      <canvas ref={canvas} tabIndex={0} role="application" aria-roledescription={strings.stage.role}
        aria-label={`${props.label}. ${props.onPress || props.onBox ? strings.stage.keys : ''}`}
        class={props.onPress || props.onBox ? 'points' : ''}
        onPointerDown={down} onPointerMove={moved} onPointerUp={up}
        onPointerCancel={() => { start.current = undefined; setDrag(undefined); }}
        onPointerLeave={() => props.onLeave?.()} onBlur={() => setCross(undefined)} onKeyDown={keys}
        onContextMenu={(event) => {
          if (!props.onPress) return;
          event.preventDefault();
          press(...place(event), false);
        }} />
      {props.children}
    </div>
  );
}

/** A box that shows on bright and dark pictures. */
export function drawBox(context: CanvasRenderingContext2D, box: Box, unit: number): void {
  context.lineWidth = 4 * unit;
  context.strokeStyle = 'rgb(0 0 0 / .55)';
  context.strokeRect(box.x, box.y, box.width, box.height);
  context.lineWidth = 2 * unit;
  context.strokeStyle = '#fff';
  context.strokeRect(box.x, box.y, box.width, box.height);
}

function drawCross(context: CanvasRenderingContext2D, [x, y]: [number, number], unit: number): void {
  for (const [width, colour] of [[5, 'rgb(0 0 0 / .6)'], [2, '#fff']] as const) {
    context.lineWidth = width * unit;
    context.strokeStyle = colour;
    context.beginPath();
    context.moveTo(x - 12 * unit, y), context.lineTo(x + 12 * unit, y);
    context.moveTo(x, y - 12 * unit), context.lineTo(x, y + 12 * unit);
    context.stroke();
  }
}

/** A dot with a sign: where somebody clicked. */
export function drawDot(context: CanvasRenderingContext2D, x: number, y: number, unit: number, colour: string, sign = ''): void {
  context.beginPath();
  context.arc(x, y, 7 * unit, 0, 7);
  context.fillStyle = colour;
  context.fill();
  context.lineWidth = 2 * unit;
  context.strokeStyle = '#fff';
  context.stroke();
  if (!sign) return;
  context.beginPath();
  context.moveTo(x - 3.500 * unit, y), context.lineTo(x + 3.500 * unit, y);
  if (sign === '+') context.moveTo(x, y - 3.500 * unit), context.lineTo(x, y + 3.500 * unit);
  context.stroke();
}
