import { createHmac, randomBytes } from 'node:crypto';
import { getSystemErrorMap } from 'node:util';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { diskSentence } from './disk-errors';

/** One sentence for two readers. Only this module makes them: an object of a client's JSON that has the same fields is none. */
export class Sentence {
  readonly #isOurs = true;

  private constructor(
    /** For the client that sent the request: with names, values and all. */
    readonly text: string,
    /** For what is kept or shown to operators (log, history, list of jobs): a short id stands for each value, which may name a patient. */
    readonly record: string,
  ) {}

  /** Of what this program has made in both forms, also in another thread: on the way from there it becomes plain data. Never for what a client sent. */
  static of({ text, record }: Pick<Sentence, 'text' | 'record'>): Sentence {
    return new Sentence(text, record);
  }

  static is(value: unknown): value is Sentence {
    return typeof value === 'object' && value !== null && #isOurs in value;
  }
}

/** A string is a sentence of which nothing is known: the record has a short id in its place. */
export type Said = Sentence | string;

const SALT = 'salt of short ids';
// Threads inherit it. Nobody keeps it: without it no id can be compared with names.
if (getEnvironmentData(SALT) === undefined) setEnvironmentData(SALT, randomBytes(16).toString('hex'));

/** `~` and eight digits: the same ones for the same value as long as this process runs. */
export function shortId(value: string): string {
  return `~${createHmac('sha256', getEnvironmentData(SALT) as string)
    .update(value)
    .digest('hex')
    .slice(0, 8)}`;
}

/** Text that no client can have sent, such as a word of a list in this program: the record shows it, too. */
export const known = (value: string): Sentence => Sentence.of({ text: value, record: value });

/**
 * Tag of templates. The record has their own words, numbers, and what is {@link known}; a short id in place of every other value.
 * @example say`"${name}" is truncated: ${n} bytes are missing`
 */
export function say(words: readonly string[], ...values: unknown[]): Sentence {
  const said = values.map(sentenceFor);
  const join = (form: keyof Sentence) => words.map((word, at) => word + (said[at]?.[form] ?? '')).join('');
  return Sentence.of({ text: join('text'), record: join('record') });
}

/** A value in both forms. */
export function sentenceFor(value: unknown): Sentence {
  if (Sentence.is(value)) return value;
  const text = textOf(value);
  const isPlain = text === '' || typeof value === 'number' || typeof value === 'boolean' || value === undefined;
  return Sentence.of({ text, record: isPlain ? text : shortId(text) });
}

/** JSON may bring a `toString` that is no function. */
function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** An error with a sentence: `message` is for the client. */
export class SaidError extends Error {
  readonly record: string;

  constructor(said: Said, options?: { cause?: unknown }) {
    const { text, record } = sentenceFor(said);
    super(text, options);
    this.record = record;
  }

  get said(): Sentence {
    return Sentence.of({ text: this.message, record: this.record });
  }
}

/** The words of any thrown value. Of errors of the system the record has code, meaning and call, and no path; of others whose words are unknown only their name. */
export function sentenceOf(error: unknown): Sentence {
  if (error instanceof SaidError) return error.said;
  const ofTheDisk = diskSentence(error);
  if (ofTheDisk) return known(ofTheDisk);
  const text = messageOf(error);
  if (!(error instanceof Error)) return sentenceFor(text);
  const { code, errno, syscall } = error as NodeJS.ErrnoException;
  if (typeof code === 'string') {
    const [, meaning] = getSystemErrorMap().get(errno ?? 0) ?? [];
    return Sentence.of({ text, record: [code, meaning, syscall].filter(Boolean).join(', ') });
  }
  return Sentence.of({ text, record: `${error.name} ${shortId(text)}` });
}

/** The text of any thrown value, never empty: for its client. Of a folder that has a name it tells that, and not the path. */
export function messageOf(error: unknown): string {
  const ofTheDisk = diskSentence(error);
  if (ofTheDisk) return ofTheDisk;
  if (error instanceof Error) return error.message || error.name;
  return textOf(error) || 'unknown error';
}

/** The words of any thrown value for the record. */
export const recordOf = (error: unknown): string => sentenceOf(error).record;

/** The lines of an error's stack, without its message. */
export function framesOf(error: unknown): string | undefined {
  const frames = error instanceof Error ? error.stack?.split('\n').filter((line) => /^\s+at /.test(line)) : undefined;
  return frames?.length ? frames.join('\n') : undefined;
}
