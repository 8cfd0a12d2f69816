import { serverRoot } from './ask';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15_000;

export interface StreamOptions {
  /** By name of the event; the data is parsed JSON. */
  on: Record<string, (data: never) => void>;
  /** Tells whether events come. It is called on each change. */
  onState(state: 'connected' | 'lost'): void;
}

/**
 * Server-sent events that mend themselves: an EventSource tries again after a lost connection, but gives up after an answer such as a proxy's 502.
 * @param path below the server's root
 * @returns a function that ends it
 */
export function stream(path: string, { on, onState }: StreamOptions): () => void {
  let source: EventSource;
  let timer: ReturnType<typeof setTimeout>;
  let retryMs = FIRST_RETRY_MS;
  const open = () => {
    source = new EventSource(new URL(path, serverRoot()));
    source.onopen = () => {
      retryMs = FIRST_RETRY_MS;
      onState('connected');
    };
    source.onerror = () => {
      onState('lost');
      if (source.readyState !== EventSource.CLOSED) return;
      timer = setTimeout(open, retryMs);
      retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
    };
    for (const [name, take] of Object.entries(on))
      source.addEventListener(name, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as never));
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
