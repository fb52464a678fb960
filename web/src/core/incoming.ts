import { signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { strings } from '../strings';
import { uploadAll } from './pictures';
import { say } from './toast';
import type { Ref } from './types';

type Taker = (refs: Ref[]) => void;
const takers: Taker[] = []; // the last one wants what is dropped on or pasted into the page
export const dragging = signal(false);
export const uploading = signal(0);

const pictures = (list: FileList | null | undefined) =>
  [...(list ?? [])].filter((file) => file.type.startsWith('image/') || /\.(jpe?g|png|webp|tiff?|bmp|gif|avif|heic)$/i.test(file.name));

/** Uploads files and hands their refs over; says what went wrong. */
export async function take(list: FileList | readonly File[] | null, taker?: Taker): Promise<void> {
  const files = list instanceof FileList ? pictures(list) : [...(list ?? [])];
  if (!files.length) return say(strings.errors.noPicture, 'bad');
  uploading.value++;
  try {
    const refs = await uploadAll(files);
    (taker ?? takers[takers.length - 1])?.(refs);
  } catch (error) {
    say((error as Error).message, 'bad');
  } finally {
    uploading.value--;
  }
}

/** While the component is shown, pictures dropped or pasted anywhere go to it. */
export function useIncoming(taker: Taker): void {
  useEffect(() => {
    takers.push(taker);
    return () => { takers.splice(takers.lastIndexOf(taker), 1); };
  }, [taker]);
}

export function startIncoming(): void {
  const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragover', (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    dragging.value = true;
  });
  addEventListener('dragleave', (event) => { if (!event.relatedTarget) dragging.value = false; });
  addEventListener('drop', (event) => {
    dragging.value = false;
    if (!hasFiles(event) || event.defaultPrevented) return;
    event.preventDefault();
    void take(event.dataTransfer!.files);
  });
  addEventListener('paste', (event) => {
    if (event.clipboardData?.files.length) void take(event.clipboardData.files);
  });
}
