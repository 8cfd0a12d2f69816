import type { ErrorBody } from '../../gateway/contract/server';

const DEADLINE_MS = 10_000;

/** The URL of this server as the page reached it, with a slash at its end; paths of {@link ask} are below it. */
export function serverRoot(): string {
  return new URL(document.body.dataset.root ?? './', location.href).href;
}

export interface AskOptions extends Omit<RequestInit, 'signal'> {
  /** @default 10 000 */
  deadlineMs?: number;
  /** Ends it earlier. */
  signal?: AbortSignal;
  /** Statuses that are an answer, beside 2xx. */
  accepted?: readonly number[];
}

/** A call that failed; the message is a sentence for people. */
export class AskError extends Error {
  override readonly name = 'AskError';
  constructor(
    message: string,
    /** Absent when no answer came. */
    readonly status?: number,
    /** Of the error catalogue (docs/reference/errors.md). */
    readonly code?: string,
    /** Other facts of the answer, such as the findings of a config. */
    readonly details: Record<string, unknown> = {},
  ) {
    super(message);
  }
}

/**
 * Asks this server for JSON.
 * @param path below the server's root, such as `v1/models`
 * @throws AskError with one sentence: the server's own where it sent one
 */
export async function ask<T>(path: string, options: AskOptions = {}): Promise<T> {
  const response = await send(path, { headers: { Accept: 'application/json' }, ...options });
  try {
    return (await response.json()) as T;
  } catch (error) {
    throw notAnswered(error, options.deadlineMs);
  }
}

/** Like {@link ask}, for answers that are not JSON. */
export async function send(
  path: string,
  { deadlineMs = DEADLINE_MS, signal, accepted = [], ...request }: AskOptions = {},
): Promise<Response> {
  const deadline = AbortSignal.timeout(deadlineMs);
  let response: Response;
  try {
    const ended = signal ? AbortSignal.any([signal, deadline]) : deadline;
    response = await fetch(new URL(path, serverRoot()), { ...request, signal: ended });
  } catch (error) {
    throw notAnswered(error, deadlineMs);
  }
  if (response.ok || accepted.includes(response.status)) return response;
  throw refusalOf(response, await response.json().catch(() => undefined));
}

function notAnswered(error: unknown, deadlineMs = DEADLINE_MS): Error {
  const { name } = error as Error;
  // Who ended it knows why.
  if (name === 'AbortError') return error as Error;
  if (name === 'TimeoutError') return new AskError(`The server did not answer within ${deadlineMs / 1000} s.`);
  if (name === 'SyntaxError') return new AskError('The answer is not what this page expects; reload the page.');
  return new AskError(UNREACHABLE);
}

export const UNREACHABLE = 'The server does not answer: it is stopped, or the network is down.';

/** A server's no as an error. @param body its JSON, if it was any */
export function refusalOf({ status, statusText }: { status: number; statusText: string }, body: unknown): AskError {
  const { error } = (body ?? {}) as Partial<ErrorBody>;
  if (!Array.isArray(error?.message)) return new AskError(`The server answered ${status} ${statusText}.`, status);
  return new AskError(error.message.join(' '), status, error.code, error);
}

/** The sentence of any failure. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
