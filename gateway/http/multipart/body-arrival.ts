import type { Request } from 'express';
import { fail, type GatewayError } from '../../errors';

/** Looks this often within the longest pause that is allowed. */
const LOOKS = 4;

/**
 * Watches that the bytes of a request's body go on arriving. A client that stops in the middle would hold its connection, its folder and its files
 * for ever. A pause that is ours, since the disk is slower than the line, does not count.
 *
 * @param cancelled somebody does not want the request any more
 * @returns `stalled`, which rejects with REQUEST_TIMEOUT after a pause of `seconds` or with CANCELLED, and `end()`, to be called when the body is there
 */
export function watchArrival(
  request: Request,
  seconds: number,
  cancelled?: AbortSignal,
): { stalled: Promise<never>; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const stalled = new Promise<never>((_resolve, reject) => {
    let received = request.socket.bytesRead;
    let last = performance.now();
    timer = setInterval(
      () => {
        const now = performance.now();
        const { bytesRead } = request.socket;
        // What has come and is not read yet is held up here.
        if (bytesRead !== received || request.readableLength > 0 || request.readableEnded) {
          received = bytesRead;
          last = now;
        } else if (now - last >= seconds * 1000) reject(timedOut(seconds));
      },
      (seconds * 1000) / LOOKS,
    );
    timer.unref();
    const cancel = () => reject(fail('CANCELLED'));
    if (cancelled?.aborted) cancel();
    cancelled?.addEventListener('abort', cancel, { once: true });
  });
  // Whoever races against it may have what it wants first.
  stalled.catch(() => undefined);
  return { stalled, end: () => clearInterval(timer) };
}

function timedOut(seconds: number): GatewayError {
  return fail('REQUEST_TIMEOUT', {
    what: `no byte of the body came for ${seconds} s. The operator can raise --stall_timeout`,
  });
}
