import type { Request, Response } from 'express';

/**
 * MITK's client gives up after 60 s without a byte; a `100 Continue` resets that timer. It is sent to HTTP/1.0 callers only, which
 * is what that client is: others wait by themselves, and Node's own `fetch` breaks off at a 100 it did not ask for.
 */
const KEEP_WAITING_EVERY_MS = 20_000;

/** Aborts when the client hangs up before the answer is out, or somebody cancels its job; keeps a patient client waiting meanwhile. */
export function clientGone(request: Request, response: Response): AbortSignal {
  const gone = new AbortController();
  const keepWaiting = () => request.httpVersion === '1.0' && !response.headersSent && response.writeContinue();
  const timer = setInterval(keepWaiting, KEEP_WAITING_EVERY_MS);
  const cancelled = request.run.signal;
  if (cancelled.aborted) gone.abort();
  cancelled.addEventListener('abort', () => gone.abort(), { once: true });
  response.once('close', () => {
    clearInterval(timer);
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
