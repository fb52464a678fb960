import { useEffect, useState } from 'preact/hooks';
import { imageAddress, isAbort, Problem, sendJson } from '../../core/api';
import { useIncoming } from '../../core/incoming';
import { useRested } from '../../core/load';
import { change, numberParam, param } from '../../core/route';
import type { Ref } from '../../core/types';
import { strings } from '../../strings';
import { Download, IconButton, Slider } from '../../parts/controls';
import { Slot } from '../../parts/slot';
import { Stage } from '../../parts/stage';
import { Empty, Failed, Loading } from '../../parts/states';
import { Curtain } from './curtain';

const t = strings.restyle;
const dropped = (refs: Ref[]) => {
  if (refs.length > 1) change({ content: refs[0], style: refs[1] });
  else change(param('content') ? { style: refs[0] } : { content: refs[0] });
};

/** The restyled picture as the address of a blob; the one before stays until the next is there. */
function useRestyled(body: { content: Ref; style: Ref; strength: number; texture: number }) {
  const [state, set] = useState<{ url: string; busy: boolean; error?: Problem }>({ url: '', busy: false });
  const [round, setRound] = useState(0);
  const { content, style, strength, texture } = body;
  useEffect(() => {
    if (!content || !style) return set({ url: '', busy: false });
    const abort = new AbortController();
    set((old) => ({ url: old.url, busy: true }));
    sendJson('v1/restyles', { content, style, strength, texture }, abort.signal).then((reply) => reply.blob()).then(
      (blob) => {
        if (abort.signal.aborted) return;
        set((old) => {
          if (old.url) URL.revokeObjectURL(old.url);
          return { url: URL.createObjectURL(blob), busy: false };
        });
      },
      (error) => { if (!isAbort(error)) set({ url: '', busy: false, error }); });
    return () => abort.abort();
  }, [content, style, strength, texture, round]);
  return { ...state, again: () => setRound(round + 1) };
}

export function RestylePage() {
  useIncoming(dropped);
  const content = param('content'), style = param('style');
  const strength = numberParam('strength', 1), texture = numberParam('texture', 0);
  const result = useRestyled({ content, style, strength: useRested(strength), texture: useRested(texture) });
  return (
    <div class="with-side">
      <aside class="side" aria-label={t.tools}>
        <Slot of={content} title={t.content} onPick={(ref) => change({ content: ref })}><Stage of={content} label={t.content} high="26vh" /></Slot>
        <div class="centre tight"><IconButton icon="swap" label={t.swap} disabled={!content || !style} onClick={() => change({ content: style, style: content })} /></div>
        <Slot of={style} title={t.style} onPick={(ref) => change({ style: ref })}><Stage of={style} label={t.style} high="26vh" /></Slot>
        <div class="controls">
          <Slider label={t.strength} value={strength} step={0.05} text={`${Math.round(100 * strength)} %`} onInput={(value) => change({ strength: String(value) }, 'replace')} />
          <Slider label={t.texture} value={texture} step={0.05} text={texture ? `${Math.round(100 * texture)} %` : t.noTexture} onInput={(value) => change({ texture: String(value) }, 'replace')} />
        </div>
      </aside>
      <section class="main-column" aria-label={t.result} aria-busy={result.busy}>
        {result.error ? <Failed error={result.error} again={result.again} />
          : !content || !style ? <Empty icon="restyle" title={t.empty}>{t.emptyText}</Empty>
          : !result.url ? <Loading text={t.busy} />
          : (
            <div class={result.busy ? 'stale' : ''}>
              <Curtain of={content} before={imageAddress(content, 1600)} after={result.url} />
              <div class="row wrap centre"><Download href={result.url} name="restyled.png">{t.download}</Download></div>
            </div>
          )}
      </section>
    </div>
  );
}
