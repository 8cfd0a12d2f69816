export interface ServerEvent<T> {
  event: string;
  data: T;
}

interface ReadOptions<T> {
  headers?: Record<string, string>;
  onEvent?: (event: ServerEvent<T>) => void;
}

/** Reads server-sent events until the server ends the stream, or `signal` does. */
export async function readEvents<T>(
  url: string,
  { headers = {}, onEvent = () => undefined }: ReadOptions<T> = {},
  signal?: AbortSignal,
): Promise<ServerEvent<T>[]> {
  const events: ServerEvent<T>[] = [];
  const response = await fetch(url, { headers: { ...headers, accept: 'text/event-stream' }, signal });
  if (!response.headers.get('content-type')?.startsWith('text/event-stream'))
    throw new Error(`${response.status} ${await response.text()}`);
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for await (const chunk of response.body!) {
      const blocks = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n\n');
      rest = blocks.pop()!;
      for (const block of blocks) {
        const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
        if (!event) continue;
        events.push({ event, data: JSON.parse(data) as T });
        onEvent(events.at(-1)!);
      }
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
  return events;
}
