import type { RawAnswer } from '../raw-http';

const CRLF = '\r\n';

/**
 * Reads an answer as Poco and the C++ client do: the boundary is the first line of the body, not what the header says; a part whose header
 * has `filename="` or `octet-stream` is the file, the last other one is the text.
 */
export function readAsPoco({ body }: RawAnswer): { text?: string; file?: Buffer; fileName?: string } {
  const delimiter = body.toString('latin1', 0, body.indexOf(CRLF));
  if (!/^--[\x20-\x7e]{1,126}$/.test(delimiter)) throw new Error('No boundary line found');
  const found: ReturnType<typeof readAsPoco> = {};
  for (let at = delimiter.length; ;) {
    const next = body.indexOf(CRLF + delimiter, at);
    if (next < 0) {
      if (body.toString('latin1', at) !== `--${CRLF}`) throw new Error('the body does not end with -- and CRLF');
      return found;
    }
    const part = body.subarray(at + 2, next);
    const end = part.indexOf(CRLF + CRLF);
    const header = part.toString('latin1', 0, end);
    const content = part.subarray(end + 4);
    const fileName = /filename="([^"]*)"/.exec(header)?.[1];
    if (fileName !== undefined || header.includes('octet-stream')) Object.assign(found, { file: content, fileName });
    else found.text = content.toString();
    at = next + 2 + delimiter.length;
  }
}

/**
 * The point set in the text of an answer, as the C++ client takes it: of a non-empty object `points`, or, where there is none, each of its values.
 * @throws Error where that client says 102
 */
export function pointsAsCpp(text: string): number[][] {
  const parsed = JSON.parse(text) as unknown;
  if (typeof parsed !== 'object' || parsed === null) throw new Error('102: no object');
  const values = 'points' in parsed ? parsed.points : Object.values(parsed);
  if (values === null) return [];
  if (!Array.isArray(values)) throw new Error('102: points');
  return values.map((point: unknown) => {
    if (!Array.isArray(point) || !point.every((value) => typeof value === 'number')) throw new Error('102: a point');
    return point.map((value: number) => Math.trunc(value));
  });
}

export interface CppModel {
  name: string;
  labels: string[];
  type: string;
  padding: number;
  roi: number[];
}

/** One entry of the model list, with the client's own defaults. @throws Error where one entry costs that client the whole list */
export function modelAsCpp(entry: Record<string, unknown>): CppModel {
  const text = (name: string): string => {
    const value = entry[name] ?? '';
    if ((name in entry && entry[name] === null) || typeof value !== 'string') throw new Error(`102: ${name}`);
    return value;
  };
  for (const name of ['version', 'description', 'internal name']) text(name);
  const { labels = [], padding = 20, roi = [128, 128, 128] } = entry;
  if (!Array.isArray(labels) || !labels.every((label) => typeof label === 'string')) throw new Error('102: labels');
  if (typeof padding !== 'number') throw new Error('102: padding');
  if (!Array.isArray(roi) || !roi.every((length) => typeof length === 'number')) throw new Error('102: roi');
  return { name: text('name'), type: text('type').toLowerCase(), labels, padding, roi };
}
