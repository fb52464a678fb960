export interface Cell { x: number; y: number; width: number; height: number }
type Size = { width: number; height: number };

/** Places that fill rows of `width` edge to edge, pictures in their own shape, rows at most `goal`
 *  high. The last row keeps the goal's height where it isn't full. */
export function justify(pictures: readonly Size[], width: number, goal: number, gap: number): Cell[] {
  const cells: Cell[] = [];
  let row: number[] = [], sum = 0, y = 0;
  const close = (height: number) => {
    let x = 0;
    for (const ratio of row) {
      cells.push({ x, y, width: ratio * height, height });
      x += ratio * height + gap;
    }
    y += height + gap;
    row = [];
    sum = 0;
  };
  for (const picture of pictures) {
    const ratio = Math.min(3, Math.max(0.4, picture.width / picture.height || 1));
    row.push(ratio);
    sum += ratio;
    const height = (width - gap * (row.length - 1)) / sum;
    if (height <= goal) close(height);
  }
  if (row.length) close(Math.min(goal, (width - gap * (row.length - 1)) / sum));
  return cells;
}
