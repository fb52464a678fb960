import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { picture } from '../../core/pictures';
import type { Pair, Picture, Ref } from '../../core/types';

interface Props { pairs: readonly Pair[]; a: Ref; b: Ref; within: RefObject<HTMLDivElement | null>; verified: boolean }

/** Lines from picture to picture over both; hues tell neighbours apart, outliers are thin and grey. */
export function Lines({ pairs, a, b, within, verified }: Props) {
  const self = useRef<HTMLCanvasElement>(null);
  const first = picture(a).value as Picture | undefined, second = picture(b).value as Picture | undefined;
  useEffect(() => {
    const canvas = self.current!, area = within.current!;
    const draw = () => {
      const frame = area.getBoundingClientRect(), scale = devicePixelRatio;
      const stages = [...area.querySelectorAll('.stage')].map((stage) => stage.getBoundingClientRect());
      canvas.width = frame.width * scale;
      canvas.height = frame.height * scale;
      if (stages.length < 2 || !first?.width || !second?.width) return;
      const context = canvas.getContext('2d')!;
      context.scale(scale, scale);
      const place = ([x, y]: [number, number], box: DOMRect, of: Picture) =>
        [box.left - frame.left + (x / of.width) * box.width, box.top - frame.top + (y / of.height) * box.height] as const;
      for (const pair of [...pairs].reverse()) { // the best on top
        const from = place(pair.a, stages[0], first), to = place(pair.b, stages[1], second);
        const hue = (360 * (pair.a[0] / first.width + pair.a[1] / first.height)) / 2;
        const out = verified && !pair.inlier;
        for (const [width, colour] of out ? [[1, 'rgb(200 200 200 / .6)']] as const : [[3.5, 'rgb(0 0 0 / .45)'], [1.7, `hsl(${hue} 90% 66%)`]] as const) {
          context.lineWidth = width;
          context.strokeStyle = colour;
          context.beginPath();
          context.moveTo(...from);
          context.lineTo(...to);
          context.stroke();
        }
        if (out) continue;
        for (const [x, y] of [from, to]) {
          context.beginPath();
          context.arc(x, y, 4, 0, 7);
          context.fillStyle = `hsl(${hue} 90% 66%)`;
          context.fill();
          context.lineWidth = 1.5;
          context.strokeStyle = '#111';
          context.stroke();
        }
      }
    };
    draw();
    const watch = new ResizeObserver(draw);
    watch.observe(area);
    area.querySelectorAll('.stage').forEach((stage) => watch.observe(stage));
    return () => watch.disconnect();
  }, [pairs, first, second, verified]);
  return <canvas ref={self} class="lines" aria-hidden="true" />;
}
