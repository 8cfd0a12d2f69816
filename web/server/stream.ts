import { serverRoot } from './ask';

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 15_000;

/**
 * Server-sent events that mend themselves: an EventSource tries again after a lost connection, but gives up after an answer such as a proxy's 502.
 * @param path below the server's root
 * @param event name of the events whose data, parsed JSON, goes to `take`
 * @param onState tells on each change whether events come
 * @returns a function that ends it
 */
export function stream<T>(
  path: string,
  event: string,
  take: (data: T) => void,
  onState: (state: 'connected' | 'lost') => void = () => undefined,
): () => void {
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
    source.addEventListener(event, ({ data }: MessageEvent<string>) => take(JSON.parse(data) as T));
  };
  open();
  return () => {
    clearTimeout(timer);
    source.close();
  };
}
