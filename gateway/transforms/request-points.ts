import { RequestError, type Json, type RequestParams } from './sample';

/**
 * Points of a request as whole voxel indices of the file. Clients send them as arrays, old ones as a string holding the array; fractions
 * are cut off (`aiaa-api.md` §4).
 *
 * @param dimensions numbers per point
 * @returns undefined when the request has no such parameter (or null)
 * @throws RequestError showing what was sent when it is not a list of points
 */
export function requestPoints(params: RequestParams, name: string, dimensions: number): number[][] | undefined {
  const sent = params[name];
  if (sent === undefined || sent === null) return undefined;
  const points = typeof sent === 'string' ? parse(name, sent) : sent;
  if (!Array.isArray(points)) throw wrong(name, sent, dimensions);
  return points.map((point) => {
    if (!Array.isArray(point) || point.length !== dimensions) throw wrong(name, sent, dimensions);
    return point.map((value) => {
      if (typeof value !== 'number' || !Number.isFinite(value)) throw wrong(name, sent, dimensions);
      return Math.trunc(value);
    });
  });
}

function parse(name: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw new RequestError(`the parameter "${name}" is a string that is not JSON: ${shorten(text)}`, { cause });
  }
}

function wrong(name: string, sent: Json, dimensions: number): RequestError {
  const expected = dimensions === 3 ? '[[i, j, k], ...]' : '[[x, y], ...]';
  return new RequestError(
    `the parameter "${name}" must be a list of points ${expected} with ${dimensions} numbers each, got ${shorten(JSON.stringify(sent))}`,
  );
}

function shorten(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
