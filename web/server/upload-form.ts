import { AskError, refusalOf, serverRoot, UNREACHABLE } from './ask';

/** Longest pause in an upload. */
const STALL_MS = 60_000;

export interface UploadFormOptions {
  method: 'PUT' | 'POST' | 'PATCH';
  /** How long the answer may take once everything is sent, in milliseconds. */
  answerWithinMs: number;
  signal?: AbortSignal;
  /** Bytes sent so far, of all; `sent` equals `total` when the server has everything and works on it. */
  onProgress(sent: number, total: number): void;
}

/**
 * Sends a form and tells how far it is, which `fetch` cannot.
 * @param path below the server's root
 * @throws AskError with the server's own sentence, or what happened on the way; AbortError when `signal` ended it
 */
export function uploadForm<T>(path: string, form: FormData, options: UploadFormOptions): Promise<T> {
  const { method, answerWithinMs, signal, onProgress } = options;
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout>;
    const within = (ms: number, sentence: string) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        reject(new AskError(sentence));
        request.abort();
      }, ms);
    };
    const stalls = () => within(STALL_MS, `Nothing could be sent for ${STALL_MS / 1000} s: the network is down or too slow.`); // prettier-ignore
    request.upload.onprogress = ({ loaded, total }) => {
      stalls();
      onProgress(loaded, total);
    };
    request.upload.onload = ({ total }) => {
      onProgress(total, total);
      within(answerWithinMs, `The server did not answer within ${Math.round(answerWithinMs / 1000)} s.`);
    };
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) resolve(request.response as T);
      else reject(refusalOf(request, request.response));
    };
    request.onerror = () => reject(new AskError(UNREACHABLE));
    request.onabort = () => reject(new DOMException('The upload was ended.', 'AbortError'));
    request.onloadend = () => clearTimeout(timer);
    signal?.addEventListener('abort', () => request.abort(), { once: true });
    request.open(method, new URL(path, serverRoot()));
    request.responseType = 'json';
    stalls();
    request.send(form);
  });
}
