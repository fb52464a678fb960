/** A way to ask for a drawing as often as one likes: it is done once before the next picture. */
export function coalesced(draw: () => void): () => void {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      draw();
    });
  };
}
