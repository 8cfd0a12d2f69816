import { RequestError, type Json, type RequestParams } from './sample';
import { known, say, type Sentence } from '../sentence';

/**
 * Points of a request as whole voxel indices of the file. Clients send them as arrays, old ones as a string holding the array; fractions
 * are cut off.
 * @param dimensions numbers per point
 * @returns undefined when the request has no such parameter (or null)
 * @throws RequestError showing what was sent when it is not a list of points
 */
export function requestPoints(params: RequestParams, name: string, dimensions: number): number[][] | undefined {
  const sent = params[name];
  if (sent === undefined || sent === null) return undefined;
  const points = typeof sent === 'string' ? parse(name, sent) : sent;
  const isNumber = (value: Json) => typeof value === 'number' && Number.isFinite(value);
  const isPoint = (point: Json) => Array.isArray(point) && point.length === dimensions && point.every(isNumber);
  if (Array.isArray(points) && points.every(isPoint))
    return (points as number[][]).map((point) => point.map(Math.trunc));
  const expected = dimensions === 3 ? say`[[i, j, k], ...]` : say`[[x, y], ...]`;
  throw new RequestError(
    say`the parameter "${name}" must be a list of points ${expected} with ${dimensions} numbers each, got ${shorten(JSON.stringify(sent))}`,
  );
}

function parse(name: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new RequestError(say`the parameter "${name}" is a string that is not JSON: ${shorten(text)}`, { cause });
  }
}

const shorten = (text: string) => (text.length > 200 ? `${text.slice(0, 200)}…` : text);

/** Clients send these to models of every kind; whether a model needs them depends on the image and on the other parameters. */
const sentToAll = new Set(['current_point', 'spatial_size', 'slice', 'label', 'model', 'session', 'client_id', 'nan']);
const RESULT_FILE = /^result_/;
const MOST_NAMED = 8;
const MOST_LETTERS = 60;

/** The parameters of a request, and which of them a job has looked at: what no step reads is most often a wrong name. */
export class ParamsRead {
  /** The same parameters; looking at one of them here is what counts. */
  readonly params: RequestParams;
  private readonly asked = new Set<string>();

  constructor(private readonly sent: RequestParams) {
    this.params = new Proxy(sent, {
      get: (target, name) => {
        if (typeof name === 'string') this.asked.add(name);
        return Reflect.get(target, name) as Json;
      },
    });
  }

  /** One sentence about the parameters that nothing has looked at, with those looked for; empty values and `sentToAll` do not count. */
  get unread(): Sentence | undefined {
    const isOwn = (name: string) => !sentToAll.has(name) && !RESULT_FILE.test(name);
    const unread = Object.keys(this.sent).filter(
      (name) => !this.asked.has(name) && isOwn(name) && !isEmpty(this.sent[name]),
    );
    if (unread.length === 0) return undefined;
    const read = [...this.asked].filter(isOwn).sort();
    const model = read.length ? say`this model reads ${known(listed(read))}` : say`this model reads none`;
    return say`params holds ${listed(unread)}, which nothing used; ${model}.`;
  }
}

function isEmpty(value: Json): boolean {
  if (value === null || value === '') return true;
  return typeof value === 'object' && Object.keys(value).length === 0;
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).map((name) => `"${name.slice(0, MOST_LETTERS)}"`);
  const more = names.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
