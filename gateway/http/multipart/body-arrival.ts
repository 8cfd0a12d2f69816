import type { Request } from 'express';
import { fail } from '../../errors';
import { say } from '../../sentence';

/** Looks this often within the longest pause that is allowed. */
const LOOKS = 4;

/**
 * Watches that the bytes of a request's body go on arriving: a client that stops in the middle would hold its connection, its folder and its files
 * for ever. A pause of ours does not count: the disk may be slower than the line, and this thread or the whole process held up for longer than that.
 *
 * @param cancelled somebody does not want the request any more
 * @returns `stalled`, which rejects with REQUEST_TIMEOUT after a pause of `seconds` or with CANCELLED, and `end()`, to be called when the body is there
 */
export function watchArrival(request: Request, seconds: number, cancelled?: AbortSignal) {
  let reject: (error: Error) => void = () => {};
  const stalled = new Promise<never>((_resolve, rejects) => (reject = rejects));
  // Whoever races against it may have what it wants first.
  stalled.catch(() => undefined);
  let received = request.socket.bytesRead;
  let quiet = 0;
  const look = () => {
    const { bytesRead } = request.socket;
    // Bytes that have come and are not read yet are held up here, and so is a body that has come whole and waits for the disk.
    const hasMore = bytesRead !== received || request.readableLength > 0 || request.complete;
    received = bytesRead;
    // Looks are counted, and not the time between them: after a pause of this thread a timer comes before the bytes that came meanwhile.
    quiet = hasMore ? 0 : quiet + 1;
    if (quiet < LOOKS) return;
    const what = say`no byte of the body came for ${seconds} s. The operator can raise --stall_timeout`;
    reject(fail('REQUEST_TIMEOUT', { what }));
  };
  const timer = setInterval(look, (seconds * 1000) / LOOKS).unref();
  const cancel = () => reject(fail('CANCELLED'));
  if (cancelled?.aborted) cancel();
  cancelled?.addEventListener('abort', cancel, { once: true });
  return { stalled, end: () => clearInterval(timer) };
}
