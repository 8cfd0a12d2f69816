import { fail, messageOf } from '../errors';
import type { Json, RequestParams } from '../inference/job';

const SHOWN = 200;
/** Polygons of slices need 5; what is deeper cannot be handed to a thread. */
const MAX_DEPTH = 64;

/**
 * The client's `params`: JSON text of an object. Absent, empty and `null` (OHIF) mean none.
 * @throws BAD_PARAMS showing the text
 */
export function parseParams(text: string | undefined): RequestParams {
  if (text === undefined || text.trim() === '') return {};
  const value = parse(text);
  if (value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw fail('BAD_PARAMS', {
      what: `params is ${shorten(text)}, expected a JSON object such as {} or {"points": [[x, y, z]]}`,
    });
  }
  if (isDeeper(value, MAX_DEPTH)) {
    throw fail('BAD_PARAMS', { what: `params has more than ${MAX_DEPTH} levels of brackets: ${shorten(text)}` });
  }
  return value;
}

function isDeeper(value: Json, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner as Json, levels - 1));
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    throw fail('BAD_PARAMS', { what: `params is not JSON (${messageOf(error)}): ${shorten(text)}` }, { cause: error });
  }
}

function shorten(text: string): string {
  return text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text;
}
