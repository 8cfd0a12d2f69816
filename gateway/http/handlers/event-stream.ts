import type { Request, Response } from 'express';

/** Proxies cut a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;

/** Server-sent events (HTML standard, 9.2). */
export interface EventStream {
  /** Sends an event; `data` becomes JSON. @returns false, and sends nothing, while the client does not read */
  send(event: string, data: unknown): boolean;
  /** Sends a last event, in any case. */
  close(event: string, data: unknown): void;
  /** Aborts when the stream is over, whoever ended it. */
  ended: AbortSignal;
}

/** True for whoever asks for events by `Accept`. */
export function wantsEvents(request: Request): boolean {
  return /text\/event-stream/i.test(request.get('accept') ?? '');
}

/** Begins a stream of events; comments keep it open while there are none. */
export function openEventStream(response: Response): EventStream {
  const ended = new AbortController();
  response.status(200);
  response.setHeader('Content-Type', 'text/event-stream');
  response.setHeader('Cache-Control', 'no-cache, no-transform');
  // nginx would collect the events.
  response.setHeader('X-Accel-Buffering', 'no');
  response.flushHeaders();
  const heartbeat = setInterval(() => write(':\n\n'), HEARTBEAT_MS).unref();
  response.once('close', () => {
    clearInterval(heartbeat);
    ended.abort();
  });
  if (response.destroyed) ended.abort();

  function write(text: string): boolean {
    const open = !response.writableEnded && !response.writableNeedDrain;
    if (open) response.write(text);
    return open;
  }
  const textOf = (event: string, data: unknown) => `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
  return {
    send: (event, data) => write(textOf(event, data)),
    close: (event, data) => void response.end(textOf(event, data)),
    ended: ended.signal,
  };
}
