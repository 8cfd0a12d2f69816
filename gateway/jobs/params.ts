import { z } from 'zod';
import { asJson, limits, type ParamsSchema } from '../contract/params';
import { fail } from '../errors';
import type { Json, RequestParams } from '../pipeline/job';
import { withoutMark } from '../text';
import { known, say, sentenceOf } from '../sentence';

const SHOWN = 200;
/** Polygons of slices need 5; deeper values cannot be handed to a thread. */
const MAX_DEPTH = 64;

/**
 * The client's `params`: JSON text of an object that fits the schema, as it was sent. Absent, empty and `null` (OHIF) mean none.
 * @param mostValues in the thread that answers everybody the default
 * @throws BAD_PARAMS showing what was sent, FIELD_TOO_LARGE, TOO_MANY_POINTS
 */
export function parseParams(
  text: string | undefined,
  schema: ParamsSchema = z.looseObject({}),
  mostValues: number = limits.paramsValues,
): RequestParams {
  if (text === undefined || text.trim() === '') return {};
  refuseMany(text, mostValues);
  const value = parse(text);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw fail('BAD_PARAMS', {
      what: say`params is ${shorten(text)}, expected a JSON object such as {} or {"points": [[x, y, z]]}`,
    });
  }
  if (isDeeper(value, MAX_DEPTH)) {
    throw fail('BAD_PARAMS', { what: say`params has more than ${MAX_DEPTH} levels of brackets: ${shorten(text)}` });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw paramError(parsed.error.issues[0], value);
  return value;
}

/** Many small values take a hundred times as long as their text: they are counted before they are read. Those in texts count too, old clients send lists so. */
function refuseMany(text: string, mostValues: number): void {
  const { paramsKeys } = limits;
  let [values, keys] = [0, 0];
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === ',' || letter === '[' || letter === '{') values++;
    else if (letter === ':') keys++;
  }
  if (values > mostValues) throw fail('FIELD_TOO_LARGE', { what: say`"params"`, limit: `${mostValues} values` });
  if (keys > paramsKeys) throw fail('FIELD_TOO_LARGE', { what: say`"params"`, limit: `${paramsKeys} named values` });
}

function paramError({ path, ...issue }: z.core.$ZodIssue, params: RequestParams): Error {
  const name = String(path[0]);
  if (issue.code === 'custom') return fail('TOO_MANY_POINTS', { name: known(name), ...issue.params });
  const value = params[name];
  if (typeof value === 'string' && asJson(value) === value)
    return fail('BAD_PARAMS', {
      what: say`the parameter "${known(name)}" is a string that is not JSON: ${shorten(value)}`,
    });
  const sent = shorten(JSON.stringify(value));
  return fail('BAD_PARAMS', {
    what: say`the parameter "${known(name)}" must be ${known(expectedOf(name))}, got ${sent}`,
  });
}

function expectedOf(name: string): string {
  if (/poly$/.test(name)) return 'a list of polygons [[[x, y], …], …]';
  if (name === 'vertex_offset') return 'two numbers [dx, dy]';
  return name === 'current_point' ? 'a point [i, j, k]' : 'a list of points [[i, j, k], …] in numbers';
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value === 'string') return isTextDeeper(value, levels);
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner as Json, levels - 1));
}

/** Old clients send a list as a text that holds it. */
function isTextDeeper(text: string, levels: number): boolean {
  let depth = 0;
  for (let at = 0; at < text.length && depth <= levels; at++) {
    if (text[at] === '[' || text[at] === '{') depth++;
    else if (text[at] === ']' || text[at] === '}') depth--;
  }
  return depth > levels;
}

function parse(text: string): Json {
  try {
    return JSON.parse(withoutMark(text)) as Json;
  } catch (error) {
    throw fail(
      'BAD_PARAMS',
      { what: say`params is not JSON (${sentenceOf(error)}): ${shorten(text)}` },
      { cause: error },
    );
  }
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
