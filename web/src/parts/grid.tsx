import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { imageAddress } from '../core/api';
import type { Picture, Ref } from '../core/types';
import { justify } from '../pure/justify';

interface Props<T extends Picture> {
  label: string;
  pictures: readonly T[];
  goal?: number; // height of a row, pixels
  onOpen: (picture: T) => void;
  onKey?: (key: string, picture: T) => boolean | void;
  onHover?: (picture: T | undefined, x: number, y: number) => void; // 0..1 in the picture
  nameOf: (picture: T) => string;
  over?: (picture: T) => ComponentChildren; // badges and buttons over a picture
  chosen?: ReadonlySet<Ref>;
}

const gap = 6;

/** A justified grid: only what is near the screen is in the document; arrow keys walk it. */
export function Grid<T extends Picture>(props: Props<T>) {
  const { pictures, onOpen, onKey, onHover, nameOf, over, chosen } = props;
  const self = useRef<HTMLUListElement>(null);
  const [width, setWidth] = useState(0);
  const [view, setView] = useState<[number, number]>([0, 2000]);
  const [focus, setFocus] = useState(0);
  const goal = props.goal ?? (width < 500 ? 120 : 190);
  const cells = useMemo(() => justify(pictures, width, goal, gap), [pictures, width, goal]);
  const last = cells[cells.length - 1];
  const height = last ? last.y + last.height : 0;

  useLayoutEffect(() => {
    const element = self.current!;
    const scroller = element.closest('.scrolls') ?? window;
    const look = () => {
      const top = element.getBoundingClientRect().top;
      setView([-top - 800, -top + innerHeight + 800]);
    };
    const watch = new ResizeObserver(() => {
      setWidth(element.clientWidth);
      look();
    });
    watch.observe(element);
    scroller.addEventListener('scroll', look, { passive: true });
    return () => {
      watch.disconnect();
      scroller.removeEventListener('scroll', look);
    };
  }, []);

  const move = (to: number) => {
    if (to < 0 || to >= pictures.length) return;
    setFocus(to);
    requestAnimationFrame(() => {
      const tile = self.current?.querySelector<HTMLElement>(`[data-at="${to}"]`);
      tile?.focus();
      tile?.scrollIntoView({ block: 'nearest' });
    });
  };
  const vertical = (at: number, way: 1 | -1) => {
    const from = cells[at], middle = from.x + from.width / 2;
    let best = -1, least = Infinity;
    cells.forEach((cell, i) => {
      const rows = (cell.y - from.y) * way;
      const cost = rows * 1000 + Math.abs(cell.x + cell.width / 2 - middle);
      if (rows > 0 && cost < least) [best, least] = [i, cost];
    });
    return best;
  };
  const keys = (event: KeyboardEvent, at: number) => {
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: pictures.length - 1 }[event.key] ??
      (event.key === 'ArrowDown' ? vertical(at, 1) : event.key === 'ArrowUp' ? vertical(at, -1) : undefined);
    if (to !== undefined) {
      move(to);
      event.preventDefault();
    } else if (onKey?.(event.key, pictures[at])) event.preventDefault();
  };
  useEffect(() => { if (focus >= pictures.length) setFocus(0); }, [pictures]);

  return (
    <ul ref={self} class="grid" aria-label={props.label} style={{ height: `${height}px` }}>
      {cells.map((cell, i) => {
        const near = cell.y + cell.height > view[0] && cell.y < view[1];
        if (!near && i !== focus) return null;
        const picture = pictures[i];
        return (
          <li key={picture.ref} class={`tile ${chosen?.has(picture.ref) ? 'chosen' : ''}`}
            style={{ left: `${cell.x}px`, top: `${cell.y}px`, width: `${cell.width}px`, height: `${cell.height}px` }}
            onPointerMove={onHover && ((event) => {
              const box = event.currentTarget.getBoundingClientRect();
              onHover(picture, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
            })}
            onPointerLeave={onHover && (() => onHover(undefined, 0, 0))}>
            <button type="button" class="tile-main" data-at={i} tabIndex={i === focus ? 0 : -1}
              aria-label={nameOf(picture)} onClick={() => onOpen(picture)}
              onFocus={() => setFocus(i)} onKeyDown={(event) => keys(event, i)}
              onKeyUp={(event) => { if (event.key === ' ' && onKey) event.preventDefault(); }}>
              <img src={imageAddress(picture.ref, cell.width > 380 || cell.height > 380 ? 768 : 384)} alt="" loading="lazy" decoding="async" draggable={false} />
            </button>
            {over?.(picture)}
          </li>
        );
      })}
    </ul>
  );
}
