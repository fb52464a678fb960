import { strings } from '../strings';
import type { Box, Ref } from './types';

/** What the server said no with: an RFC 9457 problem, or none where it could not be reached. */
export class Problem extends Error {
  constructor(readonly status: number, detail: string, readonly retryAfter = 0) {
    super(detail);
  }
}

/** The address of a request, below the page's own: a proxy may serve the page in a folder. */
export const address = (path: string) => new URL(path, document.baseURI).href;

export const imageAddress = (ref: Ref, size?: number) =>
  address(`v1/pictures/${encodeURIComponent(ref)}/image${size ? `?size=${size}` : ''}`);

async function problemOf(reply: Response): Promise<Problem> {
  let detail: string = strings.errors.status(reply.status);
  try {
    const said = await reply.json();
    detail = said.detail || said.title || detail;
  } catch { /* not a problem document: the status must do */ }
  return new Problem(reply.status, detail, Number(reply.headers.get('retry-after') ?? 0));
}

/** The reply to a request, whatever its type; throws Problem, and AbortError if the signal says so. */
export async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(address(path), { credentials: 'same-origin', ...init });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    throw new Problem(0, strings.errors.unreachable);
  }
  if (!reply.ok) throw await problemOf(reply);
  return reply;
}

export const getJson = async <T>(path: string, signal?: AbortSignal): Promise<T> =>
  (await ask(path, { signal })).json();

export const getBytes = async (path: string, signal?: AbortSignal): Promise<ArrayBuffer> =>
  (await ask(path, { signal })).arrayBuffer();

export const sendJson = (path: string, body: unknown, signal?: AbortSignal, method = 'POST') =>
  ask(path, { method, signal, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

export const postJson = async <T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> =>
  (await sendJson(path, body, signal)).json();

export const upload = async (file: Blob): Promise<{ ref: Ref; width: number; height: number }> =>
  (await ask('v1/uploads', { method: 'POST', body: file })).json();

export const query = (values: Record<string, string | number | undefined>) => {
  const parts = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return parts.length ? '?' + parts.map(([key, value]) => `${key}=${encodeURIComponent(value!)}`).join('&') : '';
};

export const boxText = (box: Box) => [box.x, box.y, box.width, box.height].map(Math.round).join(',');

export const isAbort = (error: unknown) => (error as Error)?.name === 'AbortError';
