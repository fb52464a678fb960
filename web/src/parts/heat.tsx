import { useEffect, useRef } from 'preact/hooks';

/** A heat map that fills what it lies in. */
export function HeatLayer({ map }: { map: HTMLCanvasElement | undefined }) {
  const self = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const canvas = self.current!;
    if (!map) return;
    canvas.width = map.width;
    canvas.height = map.height;
    canvas.getContext('2d')!.drawImage(map, 0, 0);
  }, [map]);
  return <canvas ref={self} class={`heat ${map ? 'on' : ''}`} aria-hidden="true" />;
}
