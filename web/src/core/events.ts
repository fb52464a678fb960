/** Cuts a stream of server-sent events into events; call with each piece of text as it comes. */
export function eventCutter(take: (event: string, data: string) => void): (text: string) => void {
  let rest = '';
  return (text) => {
    const blocks = (rest + text).replace(/\r\n?/g, '\n').split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      let event = 'message';
      const data: string[] = [];
      for (const line of block.split('\n')) {
        if (line.startsWith('event:')) event = line.slice(6).trim();
        else if (line.startsWith('data:')) data.push(line.slice(5).replace(/^ /, ''));
      }
      if (data.length) take(event, data.join('\n'));
    }
  };
}

/** Reads events from the body of a reply, for requests that EventSource cannot make (POST). */
export async function readEvents(reply: Response, take: (event: string, data: any) => void): Promise<void> {
  const reader = reply.body!.getReader();
  const decoder = new TextDecoder();
  const cut = eventCutter((event, data) => take(event, JSON.parse(data)));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    cut(decoder.decode(value, { stream: true }));
  }
  cut('\n\n');
}
