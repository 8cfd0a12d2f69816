import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ErrorBody } from '../contract/server';
import { UsageError } from '../flags';
import { CliFailure, exitCodes } from './failure';
import type { Content } from './form-body';

export interface ConnectionOptions {
  /** `http(s)://host[:port][/path]` */
  server: string;
  user?: string;
  password?: string;
  /** PEM file of the certificate authority. */
  ca?: string;
  /** Takes any certificate. */
  insecure?: boolean;
  /** Deadline of a whole call. */
  timeoutSeconds: number;
}

export interface CallOptions {
  body?: Content & { contentType: string };
  headers?: Record<string, string>;
  onSent?: (sent: number, all: number) => void;
  /** Where the body of a good answer goes instead of {@link Answer.text}. */
  into?: (answer: IncomingMessage) => NodeJS.WritableStream | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  text: string;
}

/** How long a server may take to say 100 before the body is sent all the same (RFC 9110, 10.1.1). */
const CONTINUE_WITHIN_MS = 1000;
const LARGE_BODY = 1 << 20;

/** The server a command talks to; every call has a deadline. */
export class Connection {
  /** Without a slash at its end. */
  readonly url: string;

  constructor(private readonly options: ConnectionOptions) {
    const { server } = options;
    if (!/^https?:\/\//i.test(server) || !URL.canParse(server))
      throw new UsageError(
        `--server is "${server}": expected http(s)://host[:port][/path], for example http://127.0.0.1:5000`,
      );
    this.url = new URL(server).href.replace(/\/+$/, '');
  }

  /** The JSON of a good answer. @throws CliFailure with the server's sentence, or why there is no answer */
  async json<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const { text } = await this.call(method, path, { headers: { accept: 'application/json' }, ...options });
    try {
      return JSON.parse(text) as T;
    } catch {
      throw new CliFailure(`${this.url} answered ${method} ${path} with no JSON: is it an AIAA gateway?`);
    }
  }

  /** @throws CliFailure for every answer but 2xx */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const answer = await this.exchange(method, path, options);
    if (answer.status >= 200 && answer.status < 300) return answer;
    throw refusal(answer, this.url);
  }

  /** Any answer. @throws CliFailure when there is none */
  async exchange(
    method: string,
    path: string,
    { body, headers = {}, onSent, into }: CallOptions = {},
  ): Promise<Answer> {
    const deadline = AbortSignal.timeout(this.options.timeoutSeconds * 1000);
    const request = this.open(method, path, deadline, {
      ...headers,
      ...(body && { 'content-type': body.contentType, 'content-length': String(body.bytes) }),
      ...(body && body.bytes > LARGE_BODY && { expect: '100-continue' }),
    });
    const response = once(request, 'response') as Promise<[IncomingMessage]>;
    // Looked at below; a failure while the body is sent must not be an unhandled one.
    response.catch(() => {});
    try {
      if (body) await sendBody(request, body, response, onSent);
      else request.end();
      const [answer] = await response;
      const status = answer.statusCode!;
      const sink = status < 300 ? into?.(answer) : undefined;
      if (sink) await writeInto(sink, answer);
      const text = sink ? '' : Buffer.concat(await answer.toArray()).toString();
      return { status, headers: answer.headers, text };
    } catch (error) {
      if (error instanceof CliFailure) throw error;
      if (!deadline.aborted) throw unreachable(error as NodeJS.ErrnoException, this.url);
      const sentence = `no answer to ${method} ${path} from ${this.url} within ${this.options.timeoutSeconds} s (--timeout)`;
      throw new CliFailure(sentence, exitCodes.late);
    } finally {
      request.destroy();
    }
  }

  private open(method: string, path: string, signal: AbortSignal, headers: Record<string, string>): ClientRequest {
    const { user, password, ca, insecure } = this.options;
    const url = new URL(this.url + path);
    const auth = user === undefined ? undefined : `${user}:${password ?? ''}`;
    if (url.protocol === 'http:') return httpRequest(url, { method, headers, auth, signal });
    const trusted = ca === undefined ? undefined : readFileSync(ca);
    return httpsRequest(url, { method, headers, auth, signal, ca: trusted, rejectUnauthorized: !insecure });
  }
}

function unreachable({ code = 'no code', message }: NodeJS.ErrnoException, url: string): CliFailure {
  const noTls = code === 'EPROTO' || code.startsWith('ERR_SSL_');
  const hint = /CERT|SELF_SIGNED|ISSUER/.test(code)
    ? 'give its certificate authority with --ca FILE'
    : 'is it running? "aiaa-gateway start" starts one, --server names another one';
  const sentence = noTls
    ? `${url} does not speak https (${code}): is it plain http? Try ${url.replace(/^https:/, 'http:')}`
    : `no server at ${url} (${code}${message ? `: ${message}` : ''}); ${hint}`;
  return new CliFailure(sentence, exitCodes.unreachable);
}

/** @throws CliFailure when it is the sink that fails: a full disk is not the server's fault */
async function writeInto(sink: NodeJS.WritableStream, answer: IncomingMessage): Promise<void> {
  let failure: Error | undefined;
  sink.once('error', (error) => (failure = error));
  await pipeline(answer, sink).catch((error: NodeJS.ErrnoException) => {
    const isOfSink = failure === error && error.code !== 'ERR_STREAM_PREMATURE_CLOSE';
    throw isOfSink ? new CliFailure(`the answer cannot be written: ${error.message}`) : error;
  });
}

/** Sends a body, unless the server answers before it is through: then the rest does not matter. */
async function sendBody(
  request: ClientRequest,
  body: Content,
  response: Promise<unknown>,
  onSent?: CallOptions['onSent'],
): Promise<void> {
  let answered = false;
  const early = response.then(() => void (answered = true));
  const shortly = () => sleep(CONTINUE_WITHIN_MS, undefined, { ref: false });
  if (request.getHeader('expect')) {
    const told = once(request, 'continue');
    told.catch(() => {});
    request.flushHeaders();
    await Promise.race([told, early, shortly()]);
    if (answered) return;
  }
  async function* counted() {
    let sent = 0;
    for await (const chunk of body.chunks()) {
      yield chunk;
      onSent?.((sent += chunk.length), body.bytes);
    }
  }
  const chunks = Readable.from(counted(), { objectMode: false, highWaterMark: 1 << 20 });
  const sending = pipeline(chunks, request).catch(async (error) => {
    if (error instanceof CliFailure) throw error;
    // A refusal may still be in the broken connection.
    await Promise.race([early, shortly()]);
    if (!answered) throw error;
  });
  await Promise.race([sending, early]);
}

/** The server's own sentence. */
function refusal({ status, text }: Answer, url: string): CliFailure {
  let body: Partial<ErrorBody> = {};
  try {
    body = JSON.parse(text) as ErrorBody;
  } catch {
    // A proxy's page.
  }
  const said = [body.error?.message ?? []].flat().join(' ');
  const message = said || `${url} answered ${status}: ${text.slice(0, 200).trim()}`;
  const hint = status === 401 ? ' Give --user and --password (or AIAA_ADMIN_USER and AIAA_ADMIN_PASSWORD).' : '';
  const answer = body.error ? body : { success: false, error: { status, message: [message] } };
  return new CliFailure(message + hint, exitCodes.failed, answer);
}
